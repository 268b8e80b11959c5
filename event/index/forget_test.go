package index

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// telling is an event whose personal fields are words that stand nowhere else.
func telling(at time.Time, subject, agent, address string) *event.Event {
	e := &event.Event{
		UID: event.NewID(at), Time: at, Class: event.HTTPActivity, Kind: "gate.request.passed", Verdict: event.Passed, Service: "notes", Seq: 1, Node: "a",
		Source: netip.AddrPortFrom(netip.MustParseAddr(address), 1),
		HTTP:   &event.HTTP{Method: "GET", Path: "/shared/page", UserAgent: agent, Status: 200},
	}
	if subject != "" {
		e.User, e.Subject = &event.User{UID: subject, Name: "Nametold", Account: agent + "account", Email: agent + "@example.com"}, subject
	}
	return e
}

// holds says which files of a folder have some bytes in them.
func holds(t *testing.T, dir string, what []byte) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytes.ToLower(raw), bytes.ToLower(what)) {
			files = append(files, e.Name())
		}
	}
	return files
}

func raw(address string) []byte {
	b := netip.MustParseAddr(address).As16()
	return b[:]
}

func TestForgettingAPersonLeavesNoByteBehind(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	var events []*event.Event
	for i := range 300 {
		at := noon.Add(-time.Duration(i) * 10 * time.Minute)
		events = append(events, telling(at, "p1", "zebraagent", "2001:db8::77"), telling(at, "p2", "yakagent", "2001:db8::88"), telling(at, "", "xenopsagent", "2001:db8::99"))
	}
	feed(t, x, events...)
	for _, word := range []string{"zebraagent", "zebraagentaccount", "client:2001:db8::77"} {
		if n := count(t, x, parse(t, word)); n != 300 {
			t.Fatalf("%s finds %d rows before, want 300", word, n)
		}
	}
	if len(holds(t, dir, []byte("zebraagent"))) == 0 || len(holds(t, dir, raw("2001:db8::77"))) == 0 {
		t.Fatal("what is to be forgotten does not stand in the files in clear: looking for it proves nothing")
	}
	if len(holds(t, dir, []byte("Nametold"))) > 0 || len(holds(t, dir, []byte("example.com"))) > 0 {
		t.Error("a name or an e-mail address stands in the index")
	}
	if err := x.Forget(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	for _, what := range [][]byte{[]byte("zebra"), raw("2001:db8::77")} {
		if files := holds(t, dir, what); len(files) > 0 {
			t.Errorf("%q still stands in %s", what, strings.Join(files, ", "))
		}
	}
	for word, want := range map[string]int64{
		"zebraagent": 0, "client:2001:db8::77": 0, "person:p1": 300, "person:p1 shared": 300, "yakagent": 300, "client:2001:db8::88": 300, "xenopsagent": 300, "shared page": 900,
	} {
		if n := count(t, x, parse(t, word)); n != want {
			t.Errorf("%s finds %d rows afterwards, want %d", word, n, want)
		}
	}
}

func TestForgettingADayTakesItsAnonymousOnly(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	yesterday := noon.Add(-24 * time.Hour)
	feed(t, x, telling(noon, "", "zebraagent", "2001:db8::77"), telling(noon, "p1", "yakagent", "2001:db8::88"), telling(yesterday, "", "zebraagent", "2001:db8::77"))
	if err := x.ForgetDay(t.Context(), DayOf(noon)); err != nil {
		t.Fatal(err)
	}
	if files := holds(t, dir, []byte("zebra")); len(files) == 0 || strings.Contains(strings.Join(files, " "), DayOf(noon).String()) {
		t.Errorf("it stands in %v, want yesterday's file only", files)
	}
	for word, want := range map[string]int64{"zebraagent": 1, "yakagent": 1, "client:*": 2} {
		if n := count(t, x, parse(t, word)); n != want {
			t.Errorf("%s finds %d rows, want %d", word, n, want)
		}
	}
}

func TestWhatWasReadBeforeTheKeyWasErasedComesInForgotten(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	if err := x.Forget(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	feed(t, x, telling(noon.Add(-time.Second), "p1", "zebraagent", "2001:db8::77"), telling(noon.Add(time.Microsecond), "p1", "yakagent", "2001:db8::88"))
	now, err := Parse("zebraagent", noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	later, err := Parse("yakagent", noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if n, m := count(t, x, now), count(t, x, later); n != 0 || m != 1 {
		t.Errorf("%d of before and %d of after are found, want 0 and 1", n, m)
	}
}

func TestErasedFieldsAreNoWords(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	e := telling(noon, "p1", event.Erased, "2001:db8::77")
	e.User.Account, e.Source = event.Erased, netip.AddrPort{}
	feed(t, x, e)
	if n := count(t, x, parse(t, "erased")); n != 0 {
		t.Errorf("%d rows say erased", n)
	}
	if n := count(t, x, parse(t, "-client:*")); n != 1 {
		t.Errorf("%d rows have no address, want 1", n)
	}
}

func TestForgettingEmptiesWhatWasSetAside(t *testing.T) {
	dir := t.TempDir()
	x := open(t, dir, Options{})
	path := asidePath(dir, DayOf(noon))
	if err := os.WriteFile(path, []byte("zebraagent"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := x.Forget(t.Context(), "p1"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 0 {
		t.Errorf("the file that was set aside has %v bytes, %v", info, err)
	}
	if err := x.Forget(t.Context(), ""); err == nil {
		t.Error("forgetting nobody is no error")
	}
}
