package notice_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// program is told by webhook.
type program struct {
	*httptest.Server

	mu     sync.Mutex
	status int
	calls  []call
}

type call struct {
	header http.Header
	body   string
}

func listen(t *testing.T) *program {
	t.Helper()
	p := &program{status: http.StatusNoContent}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost {
			t.Errorf("%s: %v", r.Method, err)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls = append(p.calls, call{r.Header.Clone(), string(body)})
		w.WriteHeader(p.status)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *program) says(status int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status = status
}

func (p *program) got() []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

var hookKey = []byte("0123456789abcdef0123456789abcdef")

// hooked configures one webhook, as the file does.
func hooked(t *testing.T, address string) notice.Config {
	t.Helper()
	t.Setenv("HOOK", "whsec_"+base64.StdEncoding.EncodeToString(hookKey))
	var c struct {
		Notice notice.Config `yaml:"notice"`
	}
	if _, err := config.Parse("tenward.yaml", []byte("notice: {webhooks: [{name: chat, url: \""+address+"\", secret: \"${env:HOOK}\"}]}"), &c, config.Options{}); err != nil {
		t.Fatal(err)
	}
	return c.Notice
}

// signature is what a receiver computes.
func signature(c call) string {
	mac := hmac.New(sha256.New, hookKey)
	mac.Write([]byte(c.header.Get("Webhook-Id") + "." + c.header.Get("Webhook-Timestamp") + "." + c.body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestAWebhookIsSignedAndKnowsNoLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := listen(t)
		h := newHouse(t, db, hooked(t, p.URL))
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
		got := p.got()
		if len(got) != 1 {
			t.Fatalf("it was told %d times", len(got))
		}
		for _, secret := range []string{"SECRET", "ada@", "Konto"} {
			if strings.Contains(got[0].body, secret) {
				t.Errorf("the program is told %s", got[0].body)
			}
		}
		var told struct {
			Type      string
			Timestamp time.Time
			Data      map[string]string
		}
		if err := json.Unmarshal([]byte(got[0].body), &told); err != nil || told.Type != letter.Kind || !told.Timestamp.Equal(h.now) || told.Data["person"] != "p1" {
			t.Errorf("%s: %v", got[0].body, err)
		}
		if all := h.record.Events(); len(all) != 1 || all[0].User == nil || all[0].User.UID != "p1" || all[0].User.Email != "" {
			t.Errorf("the record has %+v of what went to no mailbox", all)
		}
		if s := got[0].header.Get("Webhook-Signature"); s != signature(got[0]) || got[0].header.Get("Webhook-Timestamp") != "1795424400" {
			t.Errorf("signed %s at %s", s, got[0].header.Get("Webhook-Timestamp"))
		}
	})
}

func TestAWebhookThatFailsIsToldTheSameAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := listen(t)
		h := newHouse(t, db, hooked(t, p.URL))
		p.says(http.StatusInternalServerError)
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(1)
		p.says(http.StatusOK)
		h.now = h.now.Add(time.Minute)
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
		got := p.got()
		if len(got) != 2 || got[0].body != got[1].body || got[0].header.Get("Webhook-Id") != got[1].header.Get("Webhook-Id") {
			t.Fatalf("it was told %+v", got)
		}
		if second := got[1].header; second.Get("Webhook-Timestamp") != "1795424460" || second.Get("Webhook-Signature") != signature(got[1]) {
			t.Errorf("the second time it was signed %s at %s", second.Get("Webhook-Signature"), second.Get("Webhook-Timestamp"))
		}
	})
}

func TestAWebhookThatIsGoneIsNotToldAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := listen(t)
		h := newHouse(t, db, hooked(t, p.URL))
		p.says(http.StatusGone)
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
		if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.failed"}) {
			t.Errorf("the record has %v", kinds)
		}
	})
}

func TestAWebhooksRedirectIsNotFollowed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		elsewhere := listen(t)
		for _, status := range []int{http.StatusMovedPermanently, http.StatusTemporaryRedirect} {
			hook := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
			t.Cleanup(hook.Close)
			h := newHouse(t, db, hooked(t, hook.URL))
			h.must(h.put(letter))
			h.must(h.service.Deliver(t.Context()))
			if len(elsewhere.got()) != 0 {
				t.Errorf("%d: the message went elsewhere", status)
			}
			if kinds := h.record.Kinds(); len(kinds) != 0 {
				t.Errorf("%d: the record has %v", status, kinds)
			}
		}
	})
}

func TestAWebhooksAddressIsNotLogged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := listen(t)
		p.Close()
		h := newHouse(t, db, hooked(t, p.URL+"/services/SECRET"))
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		if log := h.log.String(); !strings.Contains(log, "refused") || strings.Contains(log, "SECRET") {
			t.Errorf("the operator reads %s", log)
		}
	})
}

func TestAWebhookOverTLSIsVerified(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		told := false
		hook := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told = true })) // its certificate is nobody's
		t.Cleanup(hook.Close)
		h := newHouse(t, db, hooked(t, hook.URL))
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(1)
		if told || !strings.Contains(h.log.String(), "certificate") {
			t.Errorf("told: %t; the operator reads %s", told, h.log.String())
		}
	})
}
