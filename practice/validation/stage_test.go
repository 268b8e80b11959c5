package validation

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

func service(t *testing.T, change func(*Config)) *Service {
	t.Helper()
	var cfg Config
	cfg.Defaults()
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg, []string{"notes", "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func uploads(c *Config) {
	c.Body.Inspect = 1000
	c.Services = map[string]ServiceConfig{"notes": {Mode: Block, Routes: []Route{
		{Path: "/upload/keep", Beyond: Refuse}, {Path: "/upload/**", Beyond: Pass},
	}}}
}

// failing is a client that stops.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestRequests(t *testing.T) {
	const form = "application/x-www-form-urlencoded"
	long := "note=" + strings.Repeat("milk+", 250)
	for _, tt := range []struct {
		name         string
		change       func(*Config)
		method, path string
		body         io.Reader
		contentType  string
		status       int
		kind         string
		rule         string
	}{
		{name: "an honest search", method: "GET", path: "/search?q=milk"},
		{name: "SQL injection", method: "GET", path: "/search?q=1'+or+'1'='1", status: 403, kind: "validation.request.refused", rule: "942100"},
		{name: "cross-site scripting", method: "GET", path: "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", status: 403, kind: "validation.request.refused", rule: "941100"},
		{name: "an attack in a form", method: "POST", path: "/save", body: strings.NewReader("q=vbscript:x"), contentType: form, status: 403, kind: "validation.request.refused", rule: "941220"},
		{name: "an honest form", method: "POST", path: "/save", body: strings.NewReader("q=milk"), contentType: form},
		{name: "a chunked form", method: "POST", path: "/save", body: struct{ io.Reader }{strings.NewReader("q=milk")}, contentType: form},
		{name: "a document that is none", method: "POST", path: "/save", body: strings.NewReader("q=milk"), contentType: "application/json", status: 400, kind: "validation.body.refused"},
		{name: "too many fields", method: "GET", path: "/search?" + strings.Repeat("a&", 1001), status: 400, kind: "validation.request.refused"},
		{name: "a body that announces its length", change: uploads, method: "POST", path: "/save", body: strings.NewReader(long), contentType: form, status: 413, kind: "validation.body.refused"},
		{name: "a body that does not", change: uploads, method: "POST", path: "/save", body: struct{ io.Reader }{strings.NewReader(long)}, contentType: form, status: 413, kind: "validation.body.refused"},
		{name: "a body of exactly the limit", change: func(c *Config) { c.Body.Inspect = 6 }, method: "POST", path: "/save", body: strings.NewReader("q=milk"), contentType: form},
		{name: "a body of one byte more", change: func(c *Config) { c.Body.Inspect = 5 }, method: "POST", path: "/save", body: struct{ io.Reader }{strings.NewReader("q=milk")}, contentType: form, status: 413, kind: "validation.body.refused"},
		{name: "a long body on a route that lets it pass", change: uploads, method: "POST", path: "/upload/a", body: strings.NewReader(long), contentType: form},
		{name: "an attack at its beginning", change: uploads, method: "POST", path: "/upload/a", body: strings.NewReader("q=vbscript:x&" + long), contentType: form, status: 403, kind: "validation.request.refused", rule: "941220"},
		{name: "the first route that fits counts", change: uploads, method: "POST", path: "/upload/keep", body: strings.NewReader(long), contentType: form, status: 413, kind: "validation.body.refused"},
		{name: "a client that stops", method: "POST", path: "/save", body: failing{io.ErrUnexpectedEOF}, contentType: form, status: 400, kind: "validation.body.refused"},
		{name: "a client that is too slow", method: "POST", path: "/save", body: failing{os.ErrDeadlineExceeded}, contentType: form, status: 408, kind: "validation.body.refused"},
		{name: "a client that sends more than the gate takes", method: "POST", path: "/save", body: failing{&http.MaxBytesError{Limit: 1}}, contentType: form, status: 413, kind: "validation.body.refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stage := service(t, tt.change).Practice().Stages[0]
			headers := []string{"User-Agent", "Mozilla/5.0", "Accept", "*/*"}
			if tt.contentType != "" {
				headers = append(headers, "Content-Type", tt.contentType)
			}
			x := gatetest.Exchange(t, tt.method, "https://notes.test"+tt.path, tt.body, headers...)
			v, err := stage.Run(context.Background(), x)
			if err != nil {
				t.Fatal(err)
			}
			if v.Status != tt.status || v.Kind != tt.kind {
				t.Fatalf("got %d %q, want %d %q; rules %+v", v.Status, v.Kind, tt.status, tt.kind, v.Rules)
			}
			if v.Refuses() && (v.Why == nil || v.Why.Next == "") {
				t.Error("the person is not told what to do")
			}
			if tt.rule != "" && (len(v.Rules) == 0 || v.Rules[0].ID != tt.rule) {
				t.Errorf("rules %+v, want %s first", v.Rules, tt.rule)
			}
		})
	}
}

func TestPassingBeyondIsRecorded(t *testing.T) {
	s := service(t, uploads)
	x := gatetest.Exchange(t, "POST", "https://notes.test/upload/a", strings.NewReader("q="+strings.Repeat("milk+", 400)),
		"Content-Type", "application/x-www-form-urlencoded", "User-Agent", "Mozilla/5.0", "Accept", "*/*")
	if v, err := s.request(context.Background(), x); err != nil || v.Refuses() {
		t.Fatal(v, err)
	}
	if want := (event.Detail{Name: "validation.beyond", Value: "1kB"}); len(x.Details) != 1 || x.Details[0] != want {
		t.Errorf("details %+v, want %+v", x.Details, want)
	}
}

func TestMatchesAreShort(t *testing.T) {
	s := service(t, nil)
	x := gatetest.Exchange(t, "POST", "https://notes.test/save", strings.NewReader("q=vbscript:"+strings.Repeat("x", 5000)),
		"Content-Type", "application/x-www-form-urlencoded", "User-Agent", "Mozilla/5.0", "Accept", "*/*")
	v, err := s.request(context.Background(), x)
	if err != nil || !v.Refuses() {
		t.Fatal(v, err)
	}
	for _, r := range v.Rules {
		if len(r.Match) > event.MaxMatch || len(r.Target) > event.MaxMatch {
			t.Errorf("rule %s keeps %d bytes", r.ID, len(r.Match))
		}
		if r.ID == "949110" {
			t.Error("the rule that keeps the score is shown")
		}
	}
}

func TestModeIsOfTheService(t *testing.T) {
	stage := service(t, func(c *Config) {
		c.Services = map[string]ServiceConfig{"notes": {Mode: Observe}, "shop": {Mode: Block}}
	}).Practice().Stages[0]
	if stage.Phase != gate.Bodied || !stage.Observe("notes") || stage.Observe("shop") || stage.Observe("another") {
		t.Error("only notes is observed")
	}
}

func TestARequestThatNobodyWaitsForGetsNoAnswer(t *testing.T) {
	s := service(t, nil)
	ctx, cancel := context.WithCancelCause(context.Background())
	gone := errors.New("gone")
	cancel(gone)
	if _, err := s.request(ctx, gatetest.Exchange(t, "GET", "https://notes.test/", nil)); !errors.Is(err, gone) {
		t.Errorf("error %v, want that it is gone", err)
	}
}

func TestConfig(t *testing.T) {
	type file struct {
		Validation Config `yaml:"validation"`
	}
	for _, tt := range []struct{ name, text, want string }{
		{"the defaults", "", ""},
		{"all of it", "validation:\n  body: {inspect: 2MiB}\n  paranoia: 2\n  directives: |\n    SecRuleRemoveById 942100\n  services:\n    notes: {mode: observe, routes: [{path: /upload/**, beyond: pass}]}\n", ""},
		{"a mode that is none", "validation: {services: {notes: {mode: blok}}}\n", "validation.services.notes.mode"},
		{"a word that is none", "validation: {services: {notes: {routes: [{path: /a, beyond: maybe}]}}}\n", "validation.services.notes.routes[0].beyond"},
		{"a route without a path", "validation: {services: {notes: {routes: [{beyond: pass}]}}}\n", "validation.services.notes.routes[0]"},
		{"a paranoia level that is none", "validation: {paranoia: 5}\n", "validation.paranoia"},
		{"no inspection at all", "validation: {body: {inspect: 0B}}\n", "validation.body.inspect"},
		{"as much as may be looked at", "validation: {body: {inspect: 64MiB}}\n", ""},
		{"a byte more", "validation: {body: {inspect: 67108865B}}\n", "validation.body.inspect"},
		{"more than memory should hold", "validation: {body: {inspect: 1GiB}}\n", "validation.body.inspect"},
		{"a directive that is refused beside a paranoia that is none", "validation:\n  paranoia: 9\n  directives: SecRxPreFilter On\n", "secrxprefilter"},
		{"a directive that is refused", "validation:\n  directives: |\n    # mine\n    secrxPREfilter \\\n      On\n", "line 2 of the text: secrxPREfilter"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var f file
			_, err := config.Parse("tenward.yaml", []byte(tt.text), &f, config.Options{})
			switch {
			case tt.want == "" && err != nil:
				t.Fatal(err)
			case tt.want != "" && (err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(tt.want))):
				t.Fatalf("error %v, want %s", err, tt.want)
			case tt.name == "the defaults" && (f.Validation.Body.Inspect != 1<<20 || f.Validation.Paranoia != 1):
				t.Fatalf("got %+v", f.Validation)
			}
		})
	}
}

func TestUnknownServicesAreNamedWithTheNearest(t *testing.T) {
	var cfg Config
	cfg.Defaults()
	cfg.Services = map[string]ServiceConfig{"notse": {}}
	_, err := New(cfg, []string{"notes", "shop"})
	if err == nil || !strings.Contains(err.Error(), "validation.services.notse") || !strings.Contains(err.Error(), `"notes"`) {
		t.Errorf("error %v", err)
	}
}

func TestAClientThatWaitsToBeAskedForItsBodyIsHonest(t *testing.T) {
	s := service(t, nil)
	x := gatetest.Exchange(t, "POST", "https://notes.test/save", strings.NewReader("text=milk"),
		"Content-Type", "application/x-www-form-urlencoded", "Expect", "100-continue", "User-Agent", "curl/8", "Accept", "*/*")
	if v, err := s.request(t.Context(), x); err != nil || v.Refuses() {
		t.Errorf("refused: %+v, %v", v.Rules, err)
	}
	if x.Request.Header.Get("Expect") == "" {
		t.Error("the request itself was changed")
	}
}

func TestWhatCannotBeReadIsNamedInTheEvent(t *testing.T) {
	x := gatetest.Exchange(t, "POST", "https://notes.test/save", strings.NewReader(`{"text":`), "Content-Type", "application/json")
	v, err := service(t, nil).request(t.Context(), x)
	if err != nil || v.Status != http.StatusBadRequest || v.Kind != "validation.body.refused" || v.Why.Code != "validation.body.json" {
		t.Fatalf("refused with %d %s, %+v, %v", v.Status, v.Kind, v.Why, err)
	}
	if want := (event.Detail{Name: "validation.fault", Value: "body.json"}); len(x.Details) != 1 || x.Details[0] != want {
		t.Errorf("noted %+v, want %+v", x.Details, want)
	}
}
