package authentication

import (
	"strings"
	"testing"
)

func TestBrowsersAreNamedAsTheirOwnersDo(t *testing.T) {
	const webkit = "Mozilla/5.0 (%) AppleWebKit/537.36 (KHTML, like Gecko) "
	on := func(system, rest string) string { return strings.Replace(webkit, "%", system, 1) + rest }
	for _, c := range []struct{ agent, want string }{
		{on("X11; Linux x86_64", "HeadlessChrome/156.0.0.0 Safari/537.36"), "Chrome on Linux"},
		{on("Windows NT 10.0; Win64; x64", "Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0"), "Edge on Windows"},
		{on("Linux; Android 14; SM-S918B", "SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36"), "Samsung Internet on Android"},
		{on("iPhone; CPU iPhone OS 18_1 like Mac OS X", "Version/18.1 Mobile/15E148 Safari/604.1"), "Safari on iPhone"},
		{on("iPad; CPU OS 18_1 like Mac OS X", "CriOS/131.0 Mobile/15E148 Safari/604.1"), "Chrome on iPad"},
		{on("Macintosh; Intel Mac OS X 10_15_7", "Version/18.1 Safari/605.1.15"), "Safari on macOS"},
		{"Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox on Linux"},
		{"curl/8.14.1", "curl"},
		{"some program", "some program"},
		{strings.Repeat("x", 200), strings.Repeat("x", 80)},
		{"", "A program without a name"},
	} {
		if got, err := english.agentName(c.agent); err != nil || got != c.want {
			t.Errorf("%s is %q, want %q: %v", c.agent, got, c.want, err)
		}
	}
	if got, err := german.agentName("Firefox/145.0 Linux"); err != nil || got != "Firefox unter Linux" {
		t.Errorf("in German it is %q: %v", got, err)
	}
}
