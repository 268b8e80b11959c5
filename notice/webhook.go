package notice

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// hook tells one program, as Standard Webhooks has it.
type hook struct {
	url    string
	key    []byte
	now    func() time.Time
	client *http.Client
}

func newHook(w *Webhook, now func() time.Time) (*hook, error) {
	key, err := w.key()
	if err != nil {
		return nil, err
	}
	return &hook{url: w.URL.String(), key: key, now: now, client: &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, DisableKeepAlives: true, MaxResponseHeaderBytes: maxAnswer,
		},
		// Where a redirect leads has not been configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// maxAnswer is how much of an answer is read: nobody looks at it.
const maxAnswer = 64 << 10

// deliver tells the program once. The id and the body are the same at each attempt; the time and the signature are not.
func (h *hook) deliver(ctx context.Context, id string, put time.Time, m *Message) error {
	body, err := json.Marshal(struct {
		Type      string            `json:"type"`
		Timestamp time.Time         `json:"timestamp"`
		Data      map[string]string `json:"data"`
	}{m.Kind, put.UTC(), m.Data})
	if err != nil {
		return fmt.Errorf("write webhook: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call webhook: %w", err)
	}
	stamp := strconv.FormatInt(h.now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Tenward")
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", stamp)
	r.Header.Set("Webhook-Signature", "v1,"+h.sign(id, stamp, body))
	answer, err := h.client.Do(r)
	if why := (*url.Error)(nil); errors.As(err, &why) {
		err = why.Err // without the address: many of them are secrets themselves
	}
	if err != nil {
		return fmt.Errorf("call webhook: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return nil
	case answer.StatusCode == http.StatusGone:
		return fmt.Errorf("call webhook: %w: it is gone", errGiveUp)
	default:
		return fmt.Errorf("call webhook: it answered %d", answer.StatusCode)
	}
}

func (h *hook) sign(id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, h.key)
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
