package gate_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

func TestHeldBodiesAreBoundedTogetherAndGivenBack(t *testing.T) {
	inside, carryOn := make(chan struct{}), make(chan struct{})
	up := upstream(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	s := gatetest.Start(t, up, func(o *gate.Options) {
		o.Limits.Held = 4000 // a quarter is one client's
		o.Stages = []gate.Stage{stage(gate.Bodied, func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
			if _, _, err := x.Inspect(900); err != nil {
				return gate.Verdict{}, err
			}
			if x.Path == "/wait" {
				inside <- struct{}{}
				<-carryOn
			}
			return gate.Verdict{}, nil
		})}
	})
	body := strings.Repeat("x", 800)
	first := make(chan int)
	go func() {
		res, _ := do(t, s, "POST", "https://notes.test/wait", strings.NewReader(body))
		first <- res.StatusCode
	}()
	<-inside
	res, text := do(t, s, "POST", "https://notes.test/", strings.NewReader(body))
	if res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") != "5" || !strings.Contains(text, "Too many requests") {
		t.Errorf("beside a held body: %d %s", res.StatusCode, text)
	}
	if e := s.Record.Next(t); e.Verdict != event.Errored {
		t.Errorf("recorded %v", e.Verdict)
	}
	if res, _ := do(t, s, "GET", "https://notes.test/", nil); res.StatusCode != http.StatusOK {
		t.Errorf("a request without a body: %d", res.StatusCode)
	}
	close(carryOn)
	if status := <-first; status != http.StatusOK {
		t.Errorf("the held one: %d", status)
	}
	s.Record.Next(t)
	s.Record.Next(t)
	// Each would be refused for ever if what came before it were still counted.
	for range 5 {
		for deadline := time.Now().Add(30 * time.Second); ; {
			res, text := do(t, s, "POST", "https://notes.test/", strings.NewReader(body))
			s.Record.Next(t)
			if res.StatusCode == http.StatusOK {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("after it: %d %s", res.StatusCode, text)
			}
		}
	}
}
