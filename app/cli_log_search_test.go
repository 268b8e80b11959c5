package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// searched runs `tenward log search` against a socket that answers as the console does.
func searched(t *testing.T, answer http.HandlerFunc, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tw") //nolint:usetesting // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	conf := filepath.Join(dir, "tenward.yaml")
	if err := os.WriteFile(conf, []byte("data: "+dir+"\nservices:\n  notes: {hosts: [notes.example.com], upstream: \"http://127.0.0.1:1\", public: [/]}\nportal: {host: login.example.com}\nconsole: {host: console.example.com}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if answer != nil {
		l, err := new(net.ListenConfig).Listen(t.Context(), "unix", adminSocket(dir))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: answer, ReadHeaderTimeout: time.Minute, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
		done := make(chan error, 1)
		go func() { done <- server.Serve(l) }()
		t.Cleanup(func() {
			if err := errors.Join(server.Close(), <-done); !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		})
	}
	var out, messages bytes.Buffer
	code = Main(append([]string{"log", "search", "-c", conf}, args...), strings.NewReader(""), &out, &messages)
	return code, out.String(), messages.String()
}

// pages answers with so many events, as the console pages them.
func pages(t *testing.T, total int) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		limit, err := strconv.Atoi(q.Get("limit"))
		if err != nil || limit < 1 || limit > 100 {
			t.Errorf("limit is %q", q.Get("limit"))
		}
		from, _ := strconv.Atoi(q.Get("cursor"))
		events, older := []map[string]any{}, ""
		for i := from; i < min(from+limit, total); i++ {
			events = append(events, map[string]any{
				"id": fmt.Sprintf("e%d", i), "time": "2026-11-24T12:00:00.123456Z", "verdict": "refused", "status": 403, "service": "notes",
				"kind": "validation.request.refused", "request": "GET /\x1b[2J", "client": "192.0.2.1", "person": "p1", "rules": []string{"942100"}, "severity": "Medium",
			})
		}
		if from+limit < total {
			older = strconv.Itoa(from + limit)
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"query": q.Get("q"), "events": events, "older": older, "incomplete": []string{"2026-11-23"}}); err != nil {
			t.Error(err)
		}
	}
}

func TestSearchingShowsALineForEachEvent(t *testing.T) {
	code, out, messages := searched(t, pages(t, 1), "verdict:REFUSED", "last:24h")
	want := `2026-11-24 12:00:00.123  refused 403  notes  GET /\x1b[2J  192.0.2.1  p1  validation.request.refused  942100  e0` + "\n"
	if code != exitOK || out != want {
		t.Errorf("code %d\n%swant\n%s%s", code, out, want, messages)
	}
	if !strings.Contains(messages, "2026-11-23") {
		t.Errorf("that a day is incomplete is not said: %s", messages)
	}
}

func TestSearchingFollowsThePages(t *testing.T) {
	tests := []struct {
		name  string
		args  []string
		lines int
		more  bool
	}{
		{"a hundred by itself", nil, 100, true},
		{"as many as wanted", []string{"--limit", "130"}, 130, true},
		{"no more than there are", []string{"--limit", "1000"}, 250, false},
		{"all", []string{"--all"}, 250, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, messages := searched(t, pages(t, 250), append(tt.args, "--json", "verdict:refused")...)
			lines := strings.Split(strings.TrimSpace(out), "\n")
			if code != exitOK || len(lines) != tt.lines || strings.Contains(messages, "There are more") != tt.more {
				t.Fatalf("code %d, %d lines, %s", code, len(lines), messages)
			}
			var last struct{ ID string }
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.ID != "e"+strconv.Itoa(tt.lines-1) {
				t.Errorf("the last line is %q, %v", lines[len(lines)-1], err)
			}
		})
	}
}

func TestWhatIsWrongWithASearchHasItsExitCode(t *testing.T) {
	problemOf := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"code":"x.y","detail":"It is so.","next":"Do this."}`)
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		args   []string
		code   int
		says   string
	}{
		{"an unknown field", nil, []string{"service:notes", "servce:wiki"}, exitUsage, "    service:notes servce:wiki\n                  ^^^^^^^^^^^"},
		{"no limit", nil, []string{"--limit", "0"}, exitUsage, "--limit must be 1 or more"},
		{"nobody answers", nil, []string{"verdict:refused"}, exitNotReachable, "No tenward is running"},
		{"it is refused", problemOf(http.StatusForbidden), nil, exitRefused, "It is so."},
		{"it fails", problemOf(http.StatusInternalServerError), nil, exitFailed, "It is so."},
		{"another version answers", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{"events":[{"id":"e1"}],"older":7}`)
		}, []string{"verdict:refused"}, exitFailed, "of one version"},
		{"one that does not know the question", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"events":[{"id":"e1"}]}`) }, nil, exitFailed, "of one version"},
		{"nothing is found", pages(t, 0), nil, exitOK, "Nothing was found."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, messages := searched(t, tt.answer, tt.args...)
			if code != tt.code || !strings.Contains(messages, tt.says) || out != "" {
				t.Errorf("code %d, want %d\n%s%s", code, tt.code, out, messages)
			}
		})
	}
}
