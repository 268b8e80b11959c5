package gate

import (
	"net/netip"
	"testing"
)

func TestOneClientHasAShareOfWhatIsHeldAndNoMore(t *testing.T) {
	h := held{limit: 400}
	from := func(s string) netip.Prefix { return client(netip.MustParseAddr(s)) }
	for i, c := range []struct {
		name, from string
		n          int64
		want       bool
	}{
		{"a share", "192.0.2.1", 100, true},
		{"a byte more", "192.0.2.1", 1, false},
		{"another client", "192.0.2.2", 100, true},
		{"an IPv6 network", "2001:db8::1", 60, true},
		{"another address of that network", "2001:db8::2", 60, false},
		{"what is left of its share", "2001:db8::3", 40, true},
		{"another network", "2001:db8:1::1", 90, true},
		{"more than is left of all", "192.0.2.3", 11, false},
		{"the rest", "192.0.2.3", 10, true},
	} {
		if got := h.take(from(c.from), c.n); got != c.want {
			t.Errorf("%d, %s: %t", i, c.name, got)
		}
	}
	h.release(from("192.0.2.1"), 100)
	if !h.take(from("192.0.2.1"), 100) {
		t.Error("what was given back cannot be taken")
	}
	for _, c := range []struct {
		from string
		n    int64
	}{{"192.0.2.1", 100}, {"192.0.2.2", 100}, {"2001:db8::9", 100}, {"2001:db8:1::9", 90}, {"192.0.2.3", 10}} {
		h.release(from(c.from), c.n)
	}
	if h.total != 0 || len(h.clients) != 0 {
		t.Errorf("with nobody left %d bytes of %d clients are counted", h.total, len(h.clients))
	}
}
