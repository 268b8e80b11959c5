package access

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzGroupsHeader: whatever groups are called, the upstream reads their names back, and nothing else.
func FuzzGroupsHeader(f *testing.F) {
	f.Add("authors", "R&D, Köln\r\nX-Evil: 1")
	f.Add("50%", "%2C")
	f.Fuzz(func(t *testing.T, a, b string) {
		field := groupsHeader([]string{a, b})
		if strings.ContainsFunc(field, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q is no field's value", field)
		}
		names := strings.Split(field, ",")
		if len(names) != 2 {
			t.Fatalf("%q has %d names", field, len(names))
		}
		for i, want := range []string{a, b} {
			if got, err := url.PathUnescape(names[i]); err != nil || got != want {
				t.Errorf("%q is read as %q, %v", want, got, err)
			}
		}
	})
}
