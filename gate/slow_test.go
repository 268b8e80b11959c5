package gate_test

import (
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// bothWays runs a test with both protocols towards the client.
func bothWays(t *testing.T, up string, change func(*gate.Options), test func(t *testing.T, s *gatetest.Started)) {
	t.Helper()
	for _, protocol := range []string{"HTTP/2", "HTTP/1.1"} {
		t.Run(protocol, func(t *testing.T) {
			s := gatetest.Start(t, up, change)
			s.Client.Transport.(*http.Transport).ForceAttemptHTTP2 = protocol == "HTTP/2"
			test(t, s)
		})
	}
}

func TestAnApplicationMayThinkLongerThanAClientMayTakeToRead(t *testing.T) {
	for name, length := range map[string]string{"an event stream": "", "an answer of known length": "8"} {
		t.Run(name, func(t *testing.T) {
			up := upstream(t, func(w http.ResponseWriter, r *http.Request) {
				if length != "" {
					w.Header().Set("Content-Length", length)
				}
				for _, piece := range []string{"", "half", "half"} {
					if _, err := io.WriteString(w, piece); err != nil {
						return
					}
					w.(http.Flusher).Flush()
					if r.Context().Err() == nil {
						<-time.After(400 * time.Millisecond) // the application thinks
					}
				}
			})
			bothWays(t, up, only(func(l *gate.Limits) { l.Write = 150 * time.Millisecond }), func(t *testing.T, s *gatetest.Started) {
				res, err := s.Client.Get("https://notes.test/")
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = res.Body.Close() }()
				if body, err := io.ReadAll(res.Body); string(body) != "halfhalf" || err != nil {
					t.Errorf("%q, %v", body, err)
				}
			})
		})
	}
}

func TestAClientThatLeavesIsNoFailureOfTheApplication(t *testing.T) {
	bothWays(t, endless(t), nil, func(t *testing.T, s *gatetest.Started) {
		res, err := s.Client.Get("https://notes.test/")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(res.Body, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if e := s.Record.Next(t); e.Verdict != event.Passed || !slices.Contains(e.Details, event.Detail{Name: "broken", Value: "client"}) {
			t.Errorf("recorded %s %s %v", e.Verdict, e.Kind, e.Details)
		}
	})
}
