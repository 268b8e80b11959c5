package attack

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var (
	entryID = regexp.MustCompile(`^[a-z]+(-[a-z]+)*\.[a-z0-9]+(-[a-z0-9]+)*$`)
	cwe     = regexp.MustCompile(`^CWE-[0-9]{2,4}$`)
)

func TestEveryEntrySaysWhatItIsAndCanBeSentAsItStands(t *testing.T) {
	ids, requests := map[string]bool{}, map[string]string{}
	for _, e := range Corpus() {
		if !entryID.MatchString(e.ID) || ids[e.ID] {
			t.Errorf("%q is no id, or another's", e.ID)
		}
		ids[e.ID] = true
		if e.What == "" || e.Why == "" || e.Kind == "" || !cwe.MatchString(e.CWE) {
			t.Errorf("%s does not say what it is, of what kind and why", e.ID)
		}
		if attack := e.Expect == Refused; !attack && e.Expect != Passed || attack != (e.By == ByRules || e.By == ByGate) {
			t.Errorf("%s: what ought to become of it is %q by %q", e.ID, e.Expect, e.By)
		}
		u, err := url.ParseRequestURI(e.Request.Target)
		if err != nil || u.RequestURI() != e.Request.Target {
			t.Errorf("%s asks for %q, which is sent as another: %v", e.ID, e.Request.Target, err)
		}
		if e.Request.Method == "" || e.Request.Body != "" && e.Request.Header.Get("Content-Type") == "" {
			t.Errorf("%s has no method, or a body that does not say what it is", e.ID)
		}
		for name := range e.Request.Header {
			if name != http.CanonicalHeaderKey(name) || strings.HasPrefix(name, "Tenward-") {
				t.Errorf("%s has the field %s", e.ID, name)
			}
		}
		if same := strings.Join([]string{e.Request.Method, e.Request.Host, e.Request.Target, e.Request.Body, flat(e.Request.Header)}, "\n"); requests[same] != "" {
			t.Errorf("%s sends what %s does", e.ID, requests[same])
		} else {
			requests[same] = e.ID
		}
	}
}

func flat(h http.Header) string {
	var b strings.Builder
	if err := h.Write(&b); err != nil {
		return err.Error()
	}
	return b.String()
}
