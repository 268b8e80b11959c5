package attack

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

var (
	began = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	here  = Bond{Source: netip.MustParseAddr("192.0.2.1"), Session: "s", Method: "GET", Host: "notes.test", Target: "/"}
)

func tags(t testing.TB, now func() time.Time) *Tags {
	t.Helper()
	made, err := OpenTags(t.Context(), storetest.Memory(t).Secrets(store.NewMasterKey()), cluster.Alone(now), now)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestAllOfATagCounts(t *testing.T) {
	now := func() time.Time { return began }
	made := tags(t, now)
	mark := Mark{event.NewID(began), 7}
	tag := made.Issue(mark, here)
	for i := range len(tag) {
		for _, other := range []byte{tag[i] ^ 1, tag[i] ^ 0x20, '.', '0'} {
			if other == tag[i] {
				continue
			}
			changed := tag[:i] + string(rune(other)) + tag[i+1:]
			if _, err := made.Redeem(t.Context(), changed, here); err == nil {
				t.Fatalf("%q was taken for %q", changed, tag)
			}
		}
	}
	for _, changed := range []string{"", " " + tag, tag + "\n", tag + ".", strings.ToUpper(tag), "v2" + tag[2:], strings.Repeat("v", 1<<16)} {
		if _, err := made.Redeem(t.Context(), changed, here); err == nil {
			t.Errorf("%q was taken for %q", changed, tag)
		}
	}
	if got, err := made.Redeem(t.Context(), tag, here); err != nil || got != mark {
		t.Errorf("none of which spent it: %+v, %v", got, err)
	}
}

func TestPartsOfABondDoNotRunIntoEachOther(t *testing.T) {
	made := tags(t, func() time.Time { return began })
	b := here
	b.Host, b.Target = "notes.test/", ""
	if _, err := made.Redeem(t.Context(), made.Issue(Mark{event.NewID(began), 1}, here), b); err == nil {
		t.Error("a host with the path's slash at its end was taken for both")
	}
}

func TestTagsOfAnotherKeyOrTimeAreRefused(t *testing.T) {
	at := began
	now := func() time.Time { return at }
	made, others := tags(t, now), tags(t, now)
	mark := Mark{event.NewID(began), 1}
	if _, err := made.Redeem(t.Context(), others.Issue(mark, here), here); err != ErrForged { //nolint:errorlint // it is not wrapped
		t.Errorf("another key's: %v", err)
	}
	tag := made.Issue(mark, here)
	for _, c := range []struct {
		name string
		now  time.Time
		want error
	}{
		{"when it is over", began.Add(Life), ErrExpired},
		{"long before it was made, which its mark would not outlast", began.Add(-2 * Life), ErrExpired},
		{"a moment before it is over", began.Add(Life - time.Millisecond), nil},
	} {
		at = c.now
		if _, err := made.Redeem(t.Context(), tag, here); err != c.want { //nolint:errorlint // it is not wrapped
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	made := tags(f, func() time.Time { return began })
	f.Add(made.Issue(Mark{event.NewID(began), 7}, here))
	f.Add("v1.01890a5d-ac96-774b-bcce-b302099a8057.-0.+1." + strings.Repeat("ab", 32))
	f.Add("v1....")
	f.Fuzz(func(t *testing.T, tag string) {
		m, expiry, head, mac, ok := parse(tag)
		if !ok {
			return
		}
		if again := (&Tags{key: made.key, now: func() time.Time { return expiry.Add(-Life) }}).Issue(m, here); !strings.HasPrefix(again, head+".") {
			t.Errorf("%q is read as %q", tag, again)
		}
		if len(mac) != 32 {
			t.Errorf("%q has a code of %d bytes", tag, len(mac))
		}
	})
}
