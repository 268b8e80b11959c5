package app

import (
	"testing"

	"github.com/tenward/tenward/config"
)

func TestAPortThatWasPassedIsTakenOnlyWhereTheFileWantsIt(t *testing.T) {
	for _, tt := range []struct {
		open   string
		wanted config.Listen
		want   bool
	}{
		{"127.0.0.1:8443", "127.0.0.1:8443", true},
		{"127.0.0.1:8443", "127.0.0.1:0", true},
		{"[::]:443", ":443", true},
		{"0.0.0.0:443", ":443", true},
		{"[::]:443", "0.0.0.0:443", true},
		{"127.0.0.1:8443", "127.0.0.1:9443", false},
		{"127.0.0.1:443", ":443", false},
		{"[::]:443", "127.0.0.1:443", false},
		{"127.0.0.1:8443", "127.0.0.2:0", false},
		{"nowhere", ":443", false},
	} {
		if got := isAt(tt.open, tt.wanted); got != tt.want {
			t.Errorf("%s for %s: %t", tt.open, tt.wanted, got)
		}
	}
}
