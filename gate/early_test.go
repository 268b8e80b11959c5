package gate_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// An application that has made up its mind answers while the client still sends. The library may then read on in a goroutine of
// its own, when the exchange is long over: a step too far there would be the end of the process, not of a request.
func TestAnAnswerBeforeTheBodysEndIsTheEndOfTheUploadAlone(t *testing.T) {
	times := 50
	if testing.Short() {
		times = 10
	}
	eachWay(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	}, func(o *gate.Options) { o.Limits.Body = 1 << 40 }, func(t *testing.T, s *gatetest.Started, c *http.Client) {
		answers := 0
		for range times {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://notes.test/", &pieces{1 << 40})
			if err != nil {
				t.Fatal(err)
			}
			if res, err := c.Do(r); err == nil { // a client that still sends may find the connection gone before it reads the answer
				_, _ = io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				if answers++; res.StatusCode != http.StatusTeapot {
					t.Fatalf("answered %s", res.Status)
				}
			}
			if e := s.Record.Next(t); e.HTTP.Status != http.StatusTeapot {
				t.Fatalf("recorded %d", e.HTTP.Status)
			}
		}
		if answers == 0 {
			t.Error("nobody got the answer")
		}
		if res, err := c.Get("https://notes.test/"); err != nil || res.Body.Close() != nil {
			t.Error(err)
		}
	})
}
