package monitoring

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// trace is a request that was sent to the gate, and what the record has of it.
type trace struct {
	mark string       // a word in its path that no other request has
	e    *event.Event // nil: it did not come within the time
	raw  []byte       // as it is recorded
}

// send asks the gate for a page that does not exist, and waits for the record to have it.
func (s *Service) send(ctx context.Context, dress func(*http.Request)) (*trace, error) {
	o := &s.outside
	t := &trace{mark: "check-" + strings.ToLower(rand.Text())}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.Page+"/"+t.mark, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask the gate: %w", err)
	}
	if dress != nil {
		dress(r)
	}
	watching, done := context.WithCancel(ctx)
	defer done()
	tail := o.Record.Tail(watching) // from before it is asked
	answer, err := o.Ask(r)
	if err != nil {
		return nil, fmt.Errorf("ask the gate: %w", err)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, fmt.Errorf("ask the gate: %w", err)
	}
	if err := s.await(ctx, t, tail); err != nil || t.e == nil {
		return t, err
	}
	if _, t.raw, err = o.Record.Find(ctx, t.e.UID); errors.Is(err, event.ErrNoEvent) {
		t.e = nil
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return t, nil
}

// await follows the record until it has the request, or the time is over.
func (s *Service) await(ctx context.Context, t *trace, tail <-chan []*event.Event) error {
	late := time.NewTimer(s.outside.Wait)
	defer late.Stop()
	for {
		select {
		case batch, ok := <-tail:
			if !ok {
				return errors.Join(errors.New("the record cannot be followed"), context.Cause(ctx))
			}
			for _, e := range batch {
				if e.HTTP != nil && strings.HasSuffix(e.HTTP.Path, "/"+t.mark) {
					t.e = e
					return nil
				}
			}
		case <-late.C:
			return nil
		}
	}
}

const subject = "gate"

// missing is the finding where the record does not have the request.
func (s *Service) missing() practice.Finding {
	return practice.Found(practice.Fail, subject, "A request was answered, and %s later the record has no event of it.", s.outside.Wait)
}

func (s *Service) recorded(ctx context.Context) ([]practice.Finding, error) {
	t, err := s.send(ctx, nil)
	if err != nil {
		return nil, err
	}
	if t.e == nil {
		return []practice.Finding{s.missing()}, nil
	}
	f := practice.Found(practice.Pass, subject, "A request was answered, and the record has it as event %s.", t.e.UID)
	f.Proof = t.raw
	return []practice.Finding{f}, nil
}

func (s *Service) searchable(ctx context.Context) ([]practice.Finding, error) {
	t, err := s.send(ctx, nil)
	if err != nil {
		return nil, err
	}
	if t.e == nil {
		return nil, errors.New("the request is not in the record, so nothing can be searched for")
	}
	ctx, cancel := context.WithTimeout(ctx, s.outside.Wait)
	defer cancel()
	again := time.NewTicker(s.outside.Wait / 50)
	defer again.Stop()
	for {
		n, err := s.outside.Count(ctx, "id:"+t.e.UID.String())
		switch {
		case n == 1:
			return []practice.Finding{practice.Found(practice.Pass, "index", "Event %s, of a moment ago, was found.", t.e.UID)}, nil
		case err != nil && ctx.Err() == nil:
			return nil, fmt.Errorf("search for event %s: %w", t.e.UID, err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return []practice.Finding{practice.Found(practice.Fail, "index", "Event %s is in the record, and was not found within %s.", t.e.UID, s.outside.Wait)}, nil
		}
	}
}

// redacted sends a secret wherever clients put them, each time another, and looks for them in what was recorded.
func (s *Service) redacted(ctx context.Context) ([]practice.Finding, error) {
	secrets := map[string]string{}
	secret := func(where string) string {
		secrets[where] = rand.Text()
		return secrets[where]
	}
	t, err := s.send(ctx, func(r *http.Request) {
		q := url.Values{}
		for _, name := range append([]string{"password", "access_token", "api_key"}, s.cfg.Redact...) {
			q.Set(name, secret("the parameter "+name))
		}
		r.URL.RawQuery = q.Encode()
		r.Header.Set("Authorization", "Bearer "+secret("the field Authorization"))
		r.Header.Set("Cookie", "sid="+secret("a cookie"))
		r.Header.Set("Referer", s.outside.Page+"/?token="+secret("the parameter token of the field Referer"))
	})
	if err != nil {
		return nil, err
	}
	if t.e == nil {
		return nil, errors.New("the request is not in the record, so nothing can be said of it")
	}
	var findings []practice.Finding
	for where, text := range secrets {
		if bytes.Contains(t.raw, []byte(text)) { // Go's random texts have nothing that JSON would escape
			findings = append(findings, practice.Found(practice.Fail, where, "A secret in %s stands in the record, in event %s.", where, t.e.UID))
		}
	}
	if findings == nil {
		f := practice.Found(practice.Pass, subject, "%d secrets were sent, in parameters, header fields and a cookie, and none is in the record.", len(secrets))
		f.Proof = t.raw
		findings = append(findings, f)
	}
	return findings, nil
}

// sealed sends a browser's name that nobody else has. The record must be able to say it, and must not show it.
func (s *Service) sealed(ctx context.Context) ([]practice.Finding, error) {
	agent := "tenward-check/" + rand.Text()
	t, err := s.send(ctx, func(r *http.Request) { r.Header.Set("User-Agent", agent) })
	switch {
	case err != nil:
		return nil, err
	case t.e == nil:
		return nil, errors.New("the request is not in the record, so nothing can be said of it")
	case t.e.HTTP.UserAgent != agent:
		return nil, fmt.Errorf("event %s does not say which program asked, so that nothing can be said of how it is sealed", t.e.UID)
	}
	fields := map[string]string{"the program's name": agent}
	if at := t.e.Source.Addr(); at.IsValid() {
		fields["the client's address"] = `"` + at.Unmap().String() + `"`
	}
	for name, text := range fields {
		if bytes.Contains(t.raw, []byte(text)) {
			return []practice.Finding{practice.Found(practice.Fail, subject, "In the record %s can be read by whoever gets at the file, as in event %s.", name, t.e.UID)}, nil
		}
	}
	f := practice.Found(practice.Pass, subject, "The client's address and program can be read with their key, and not without it.")
	f.Proof = t.raw
	return []practice.Finding{f}, nil
}
