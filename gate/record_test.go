package gate_test

import (
	"net/http"
	"testing"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

func TestTheEventNamesTheHostWithoutItsPort(t *testing.T) {
	for _, tt := range []struct{ name, host, want string }{
		{"a port", "notes.test:8443", "notes.test"},
		{"capitals and the root's dot", "Notes.Test.", "notes.test"},
		{"a host of nobody", "nobody.test:1", "nobody.test"},
		{"no host name", "notes.test:http", "notes.test:http"},
	} {
		for _, phase := range []gate.Phase{gate.Connected, gate.Headed} {
			t.Run(tt.name+", refused when "+phase.String(), func(t *testing.T) {
				s := gatetest.Start(t, "http://unused.test", func(o *gate.Options) { o.Stages = []gate.Stage{stage(phase, refusing)} })
				raw(t, s, "GET / HTTP/1.1\r\nHost: "+tt.host+"\r\nConnection: close\r\n\r\n", 1)
				if e := s.Record.Next(t); e.HTTP.Host != tt.want || e.HTTP.Status < http.StatusBadRequest {
					t.Errorf("recorded host %q, want %q", e.HTTP.Host, tt.want)
				}
			})
		}
	}
}
