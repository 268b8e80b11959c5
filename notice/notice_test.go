package notice_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// house is a service on a database, with a clock that is set by hand.
type house struct {
	*testing.T
	db      *store.DB
	secrets *store.Secrets
	now     time.Time
	record  *outboxtest.Record
	box     *outbox.Outbox
	service *notice.Service
}

func newHouse(t *testing.T, db *store.DB, c notice.Config) *house {
	t.Helper()
	h := &house{T: t, db: db, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC), record: new(outboxtest.Record), secrets: db.Secrets(store.NewMasterKey())}
	var err error
	if h.box, err = outbox.New(t.Context(), db, h.record, "a", h.clock, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	h.service = h.node(c)
	return h
}

func (h *house) clock() time.Time { return h.now }

// node is one more service on the same database.
func (h *house) node(c notice.Config) *notice.Service {
	h.Helper()
	s, err := notice.New(notice.Options{Config: c, DB: h.db, Secrets: h.secrets, Box: h.box, Now: h.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		h.Fatal(err)
	}
	return s
}

func mailConfig(s *server) notice.Config {
	return notice.Config{Mail: notice.Mail{Server: s.address, TLS: notice.StartTLS, From: "tenward@example.com", CA: s.ca}}
}

var letter = notice.Message{
	Kind: "authentication.letter.invite", To: "ada@example.com", Subject: "Ihr Konto für Köln", Body: "Open https://login.example.com/enrol?token=SECRET\n", Person: "p1",
	Data: map[string]string{"person": "p1"},
}

func (h *house) put(m notice.Message) error {
	h.Helper()
	return h.box.Do(h.Context(), func(c *outbox.Change) error { return h.service.Put(h.Context(), c, m) })
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) waiting() (messages, secrets int) {
	h.Helper()
	h.must(h.db.QueryRow(h.Context(), "SELECT COUNT(*) FROM notice_message").Scan(&messages))
	h.must(h.db.QueryRow(h.Context(), "SELECT COUNT(*) FROM store_secret WHERE name LIKE 'notice/%'").Scan(&secrets))
	return messages, secrets
}

func (h *house) left(want int) {
	h.Helper()
	if messages, secrets := h.waiting(); messages != want || secrets != want {
		h.Errorf("%d messages and %d texts wait, want %d of each", messages, secrets, want)
	}
}

func TestALetterArrives(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for name, implicit := range map[string]bool{"STARTTLS": false, "implicit TLS": true} {
			s := start(t, "127.0.0.1", implicit)
			c := mailConfig(s)
			if implicit {
				c.Mail.TLS = notice.Implicit
			}
			h := newHouse(t, db, c)
			h.must(h.put(letter))
			h.left(1)
			h.must(h.service.Deliver(t.Context()))
			h.left(0)
			got := s.got()
			if len(got) != 1 {
				t.Fatalf("%s: %d letters arrived", name, len(got))
			}
			for _, want := range []string{"From: <tenward@example.com>", "To: <ada@example.com>", "Auto-Submitted: auto-generated", "token=3DSECRET", "Message-ID: <", "@127.0.0.1>"} {
				if !strings.Contains(strings.ReplaceAll(got[0], "=\r\n", ""), want) {
					t.Errorf("%s: the letter lacks %q:\n%s", name, want, got[0])
				}
			}
			if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.delivered"}) {
				t.Errorf("%s: the record has %v", name, kinds)
			}
		}
	})
}

func TestALetterLeavesWithItsChangeOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		wrong := errors.New("the change fails")
		err := h.box.Do(t.Context(), func(c *outbox.Change) error {
			if err := h.service.Put(t.Context(), c, letter); err != nil {
				return err
			}
			return wrong
		})
		if !errors.Is(err, wrong) {
			t.Fatal(err)
		}
		h.left(0)
	})
}

func TestWhatWaitsIsSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		h.must(h.put(letter))
		var sealed []byte
		h.must(db.QueryRow(t.Context(), "SELECT sealed FROM store_secret WHERE name LIKE 'notice/%'").Scan(&sealed))
		for _, secret := range []string{"SECRET", "ada@"} {
			if strings.Contains(string(sealed), secret) {
				t.Errorf("%s stands in the database", secret)
			}
		}
	})
}

func TestMailIsNeverSentInTheClearOrToAnImpostor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		good := start(t, "127.0.0.1", false)
		for name, s := range map[string]*server{
			"an offer of TLS that was taken out": start(t, "", false),
			"a certificate for another name":     start(t, "mail.example.org", false),
			"a certificate of another authority": {address: start(t, "127.0.0.1", false).address, ca: good.ca},
		} {
			if s.ca == "" {
				s.ca = good.ca
			}
			h := newHouse(t, db, mailConfig(s))
			h.must(h.put(letter))
			h.must(h.service.Deliver(t.Context()))
			if n := len(s.got()); n != 0 {
				t.Errorf("%s: %d letters were sent", name, n)
			}
			h.left(1) // it waits for the server to be mended
			if _, err := db.Exec(t.Context(), "DELETE FROM notice_message"); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(t.Context(), "DELETE FROM store_secret WHERE name LIKE 'notice/%'"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestWhoSignsInAtTheServer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		t.Setenv("MAIL_PASSWORD", "pass word")
		var c struct {
			Notice notice.Config `yaml:"notice"`
		}
		text := "notice: {mail: {server: \"" + s.address + "\", from: tenward@example.com, user: tenward, password: \"${env:MAIL_PASSWORD}\", ca: " + s.ca + "}}"
		if _, err := config.Parse("tenward.yaml", []byte(text), &c, config.Options{}); err != nil {
			t.Fatal(err)
		}
		h := newHouse(t, db, c.Notice)
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		if s.user != "tenward:pass word" {
			t.Errorf("%q has signed in", s.user)
		}
		h.left(0)
	})
}

func TestATemporaryRefusalIsTriedAgainForADay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		s.says(&smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later, please"})
		h.must(h.put(letter))
		began := h.now
		tries := 0
		for ; tries < 50; tries++ {
			h.must(h.service.Deliver(t.Context()))
			if n, _ := h.waiting(); n == 0 {
				break
			}
			h.must(h.service.Deliver(t.Context())) // nothing is due before its time
			var next int64
			h.must(db.QueryRow(t.Context(), "SELECT next_at FROM notice_message").Scan(&next))
			h.now = time.UnixMicro(next)
		}
		if took := h.now.Sub(began); tries != 10 || took < 23*time.Hour || took > 25*time.Hour {
			t.Errorf("given up after %d more tries and %s", tries, took)
		}
		h.left(0)
		if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.failed"}) {
			t.Errorf("the record has %v", kinds)
		}
	})
}

func TestAServerThatComesBackGetsTheLetter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		s.says(&smtp.SMTPError{Code: 451, Message: "later"})
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		s.says(nil)
		h.now = h.now.Add(time.Minute)
		h.must(h.service.Deliver(t.Context()))
		if n := len(s.got()); n != 1 {
			t.Errorf("%d letters arrived", n)
		}
		h.left(0)
	})
}

func TestARefusalForGoodIsGivenUpAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		s.says(&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "nobody of that name: ada@example.com"})
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
		if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.failed"}) {
			t.Errorf("the record has %v", kinds)
		}
	})
}

func TestACrashAfterSendingSendsAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		h.must(h.put(letter))
		h.record.Break(errors.New("the process dies between sending and writing that down"))
		if err := h.service.Deliver(t.Context()); err == nil {
			t.Fatal("nothing has died")
		}
		h.record.Break(nil)
		h.must(h.service.Deliver(t.Context()))
		if n := len(s.got()); n != 1 {
			t.Fatalf("%d letters before the lease is over", n)
		}
		h.now = h.now.Add(5 * time.Minute)
		h.must(h.service.Deliver(t.Context()))
		got := s.got()
		if len(got) != 2 || id(got[0]) != id(got[1]) || id(got[0]) == "" {
			t.Errorf("%d letters, with the ids %q", len(got), []string{id(got[0]), id(got[len(got)-1])})
		}
		h.left(0)
	})
}

// id is a letter's Message-ID, by which a mailbox knows one that comes twice.
func id(text string) string {
	for line := range strings.SplitSeq(text, "\r\n") {
		if v, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			return v
		}
	}
	return ""
}

func TestTwoNodesSendEachLetterOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		h := newHouse(t, db, mailConfig(s))
		const n = 30
		for range n {
			h.must(h.put(letter))
		}
		other := h.node(mailConfig(s))
		var both sync.WaitGroup
		for _, node := range []*notice.Service{h.service, other} {
			both.Go(func() {
				if err := node.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if got := len(s.got()); got != n {
			t.Errorf("%d letters arrived, want %d", got, n)
		}
		h.left(0)
	})
}

func TestAWebhookIsSignedAndKnowsNoLink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var header http.Header
		var body []byte
		status := http.StatusNoContent
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			header = r.Header.Clone()
			body, _ = io.ReadAll(r.Body)
			w.WriteHeader(status)
		}))
		t.Cleanup(hook.Close)
		key := make([]byte, 32)
		t.Setenv("HOOK", "whsec_"+base64.StdEncoding.EncodeToString(key))
		h := newHouse(t, db, hooked(t, hook.URL))
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
		if strings.Contains(string(body), "SECRET") || strings.Contains(string(body), "ada@") {
			t.Errorf("the program is told %s", body)
		}
		var told struct {
			Type      string
			Timestamp time.Time
			Data      map[string]string
		}
		if err := json.Unmarshal(body, &told); err != nil || told.Type != letter.Kind || !told.Timestamp.Equal(h.now) || told.Data["person"] != "p1" {
			t.Errorf("%s: %v", body, err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(header.Get("Webhook-Id") + "." + header.Get("Webhook-Timestamp") + "." + string(body)))
		if got := header.Get("Webhook-Signature"); got != "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)) || header.Get("Webhook-Timestamp") != "1795424400" {
			t.Errorf("signed %s at %s", got, header.Get("Webhook-Timestamp"))
		}

		status = http.StatusInternalServerError
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(1)
		status = http.StatusGone
		h.now = h.now.Add(time.Minute)
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
	})
}

func TestAWebhooksRedirectIsNotFollowed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		followed := false
		elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
		t.Cleanup(elsewhere.Close)
		hook := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
		t.Cleanup(hook.Close)
		t.Setenv("HOOK", "a secret that is long enough to sign with")
		h := newHouse(t, db, hooked(t, hook.URL))
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		if followed {
			t.Error("the message went elsewhere")
		}
		h.left(1)
	})
}

func hooked(t *testing.T, address string) notice.Config {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Notice notice.Config `yaml:"notice"`
	}
	if _, err := config.Parse("tenward.yaml", []byte("notice: {webhooks: [{name: chat, url: \""+u.String()+"\", secret: \"${env:HOOK}\"}]}"), &c, config.Options{}); err != nil {
		t.Fatal(err)
	}
	return c.Notice
}

func TestWhatCannotBeSentIsRefusedBeforeItIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		for name, m := range map[string]notice.Message{
			"a line break in the address": {To: "a@example.com\r\nBcc: b@example.com"},
			"a line break in the subject": {To: "a@example.com", Subject: "x\nBcc: b@example.com"},
			"a text without end":          {To: "a@example.com", Body: strings.Repeat("x", 64<<10+1)},
		} {
			if err := h.put(m); err == nil {
				t.Errorf("%s was kept", name)
			}
		}
		h.left(0)
	})
}

func TestTooManyThatWaitDropTheNextAndSaySo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		_, err := db.Exec(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
			INSERT INTO notice_message (id, channel, kind, attempts, created_at, next_at) SELECT 'x' || i, 'mail', 'k', 0, 0, 9000000000000000 FROM n`)
		h.must(err)
		h.must(h.put(letter))
		if kinds := h.record.Kinds(); !slices.Equal(kinds, []string{"notice.message.dropped"}) {
			t.Errorf("the record has %v", kinds)
		}
	})
}

func TestRunDeliversAtOnceWhatACommitBrings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		arrived := make(chan struct{}, 1)
		s.took = func() { arrived <- struct{}{} }
		h := newHouse(t, db, mailConfig(s))
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { h.service.Run(ctx) })
		h.must(h.put(letter))
		select {
		case <-arrived:
		case <-time.After(time.Minute):
			t.Error("it never arrived")
		}
		stop()
		running.Wait()
	})
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	t.Setenv("SHORT", "too short")
	t.Setenv("LONG", strings.Repeat("x", 32))
	for _, c := range []struct{ name, text, complaint string }{
		{"a server without a port", `mail: {server: smtp.example.com, from: a@example.com}`, "no address with a port"},
		{"no sender", `mail: {server: "smtp.example.com:587"}`, "is no mail address"},
		{"a sender without a server", `mail: {from: a@example.com}`, "there is no mail server"},
		{"no encryption", `mail: {server: "smtp.example.com:25", from: a@example.com, tls: none}`, "none of the words"},
		{"a user without a password", `mail: {server: "smtp.example.com:587", from: a@example.com, user: a}`, "belong together"},
		{"a webhook in the clear", `webhooks: [{name: a, url: "http://hooks.example.com/", secret: "${env:LONG}"}]`, "do not leave this machine unencrypted"},
		{"a webhook by a name for this machine", `webhooks: [{name: a, url: "http://localhost/", secret: "${env:LONG}"}]`, "do not leave this machine unencrypted"},
		{"a short secret", `webhooks: [{name: a, url: "https://hooks.example.com/", secret: "${env:SHORT}"}]`, "the secret has 9 bytes"},
		{"no secret", `webhooks: [{name: a, url: "https://hooks.example.com/"}]`, "no secret to sign with"},
		{"two of one name", `webhooks: [{name: a, url: "https://h.example.com/", secret: "${env:LONG}"}, {name: a, url: "https://h.example.com/", secret: "${env:LONG}"}]`, "two webhooks a"},
		{"all is well", `mail: {server: "smtp.example.com:587", from: a@example.com}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all struct {
				Notice notice.Config `yaml:"notice"`
			}
			_, err := config.Parse("tenward.yaml", []byte("notice: {"+c.text+"}"), &all, config.Options{})
			switch {
			case c.complaint == "" && err != nil:
				t.Error(err)
			case c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)):
				t.Errorf("complains %v, want %s", err, c.complaint)
			}
		})
	}
}
