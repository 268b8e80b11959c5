package app

import (
	"testing"

	"github.com/tenward/tenward/config"
)

func TestTheSampleApplicationMakesRoomForAPortThatAFlagWants(t *testing.T) {
	const upstream = "127.0.0.1:17017"
	for _, c := range []struct {
		name           string
		https, console config.Listen
		want           string
	}{
		{"nobody wants it", "127.0.0.1:8443", "127.0.0.1:9443", upstream},
		{"--port", upstream, "127.0.0.1:9443", "127.0.0.1:0"},
		{"--console-port", "127.0.0.1:8443", upstream, "127.0.0.1:0"},
	} {
		if got := behind(&Config{Listen: Listen{HTTPS: c.https}, Console: Console{Listen: c.console}}, upstream); got != c.want {
			t.Errorf("%s: it listens on %s, want %s", c.name, got, c.want)
		}
	}
}
