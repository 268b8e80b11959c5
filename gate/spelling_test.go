package gate_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

func TestAPathArrivesAsItIsSpelled(t *testing.T) {
	var got string
	up := upstream(t, func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI })
	s := gatetest.Start(t, up, nil)
	for sent, want := range map[string]string{
		"/a(1)!":              "/a(1)!",
		"/it's*":              "/it's*",
		"/a(%28)b":            "/a(%28)b",
		"/plain/path.html":    "/plain/path.html",
		"/%61(%C3%A9)":        "/a(%C3%A9)",
		`/a%2Fb"`:             "",
		"/a%2fb|":             "",
		"/\xc3\xa9%2Fx":       "",
		`/public%2F..%2Fx"`:   "",
		"/a%5Cb^":             "",
		"/caf\xc3\xa9":        "/caf%C3%A9",
		"/x;a=1/b,c=2&d@e:f$": "/x;a=1/b,c=2&d@e:f$",
	} {
		got = ""
		answers := raw(t, s, "GET "+sent+" HTTP/1.1\r\nHost: notes.test\r\nConnection: close\r\n\r\n", 1)
		s.Record.Next(t)
		if status := answers[0].StatusCode; got != want || (status == http.StatusBadRequest) != (want == "") {
			t.Errorf("%s is answered %d and arrives as %q, want %q", sent, status, got, want)
		}
	}
}

// mine is a pattern that fails as a mistake of ours would.
type mine struct{}

func (mine) Match(string) bool { panic("a mistake") }

func TestAMistakeOfOursIsSaidToTheClient(t *testing.T) {
	bothWays(t, upstream(t, func(http.ResponseWriter, *http.Request) {}), func(o *gate.Options) { o.Services[0].Public = []gate.Pattern{mine{}} }, func(t *testing.T, s *gatetest.Started) {
		res, body := do(t, s, "GET", "https://notes.test/", nil)
		if res.StatusCode != http.StatusServiceUnavailable || !strings.Contains(body, "Something went wrong inside Tenward") {
			t.Errorf("%s %q", res.Status, body)
		}
		if e := s.Record.Next(t); e.Verdict != event.Errored || e.HTTP.Status != http.StatusServiceUnavailable {
			t.Errorf("recorded %s, %d", e.Verdict, e.HTTP.Status)
		}
	})
}

func TestTrailersAreFieldsToo(t *testing.T) {
	up := upstream(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Tenward-Event, X-Sum")
		_, _ = io.WriteString(w, "x")
		w.Header().Set("Tenward-Event", "fake")
		w.Header().Set("X-Sum", "1")
		w.Header().Set(http.TrailerPrefix+"Set-Cookie", "__Host-Http-tenward=x; Path=/; Secure")
		w.Header().Set(http.TrailerPrefix+"Tenward-Late", "fake")
	})
	bothWays(t, up, nil, func(t *testing.T, s *gatetest.Started) {
		res, _ := do(t, s, "GET", "https://notes.test/", nil)
		if res.Trailer.Get("X-Sum") != "1" || len(res.Trailer) != 1 {
			t.Errorf("trailers %v", res.Trailer)
		}
	})
}

func TestATLSNameKnowsNoCase(t *testing.T) {
	s := gatetest.Start(t, upstream(t, func(http.ResponseWriter, *http.Request) {}), nil)
	c, err := tls.Dial("tcp", s.Addr, &tls.Config{RootCAs: s.Roots, ServerName: "Notes.Test", MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: Notes.Test\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _ = res.Body.Close(); res.StatusCode != http.StatusOK {
		t.Errorf("answered %s", res.Status)
	}
}

// whole is a configuration that has services and nothing else.
type whole struct {
	Services map[string]*gate.ServiceConfig `yaml:"services"`
}

func (w *whole) Validate(r *config.Report) { gate.ValidateServices(w.Services, r.At("services")) }

func TestTwoSpellingsOfOnePrefixAreOnePlace(t *testing.T) {
	const text = `services: {a: {hosts: [h.test], path: /api, upstream: "http://127.0.0.1:1"}, b: {hosts: [h.test], path: /api/, upstream: "http://127.0.0.1:2"}}`
	_, err := config.Parse("tenward.yaml", []byte(text), new(whole), config.Options{})
	if err == nil || !strings.Contains(err.Error(), "is service a's already") {
		t.Errorf("complains %v", err)
	}
}
