package waf

import (
	"bufio"
	"os"
	"strings"
	"testing"
)

// entry is one line of a corpus.
type entry struct {
	family  string
	name    string
	request *Request
}

var unquote = strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\t`, "\t", `\\`, `\`)

func corpus(t *testing.T, file string) []entry {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	var list []entry
	for s := bufio.NewScanner(f); s.Scan(); {
		if s.Text() == "" || s.Text()[0] == '#' {
			continue
		}
		part := strings.SplitN(s.Text(), " |", 5)
		if len(part) < 4 {
			t.Fatalf("%s: %q has %d parts", file, s.Text(), len(part))
		}
		for i := range part {
			part[i] = strings.TrimSpace(part[i])
		}
		part = append(part, "")
		contentType, extra := part[3], ""
		if rest, ok := strings.CutPrefix(contentType, "@"); ok {
			contentType, extra = "", rest
		}
		r := request(part[1], strings.ReplaceAll(part[2], `\\`, `\`), contentType, unquote.Replace(part[4]))
		if name, value, ok := strings.Cut(extra, ": "); ok {
			r.Headers[name] = []string{value}
		}
		list = append(list, entry{family: part[0], name: s.Text(), request: r})
	}
	return list
}

// families say by which rules an attack of a kind is found: the first three digits of their ids.
var families = map[string]string{
	"sqli": "942", "xss": "941", "lfi": "930", "rfi": "931", "rce": "932", "php": "933", "generic": "934", "java": "944",
	"scanner": "913", "session": "943",
}

func TestAttacksAreFoundByTheirOwnRules(t *testing.T) {
	w := newWAF(t)
	attacks := corpus(t, "attacks.txt")
	if len(attacks) < 60 {
		t.Fatalf("only %d attacks", len(attacks))
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			got := inspect(t, w, a.request)
			if !got.Blocked || got.Status != 403 {
				t.Fatalf("blocked %v with %d by %+v", got.Blocked, got.Status, got.Rules)
			}
			for _, r := range got.Rules {
				if strings.HasPrefix(r.ID, families[a.family]) || a.family == "protocol" && (r.ID[:3] == "920" || r.ID[:3] == "921" || r.ID[:3] == "911") {
					return
				}
			}
			t.Errorf("no rule of %s among %+v", a.family, got.Rules)
		})
	}
}

func TestHonestRequestsAreClean(t *testing.T) {
	w := newWAF(t)
	honest := corpus(t, "honest.txt")
	if len(honest) < 60 {
		t.Fatalf("only %d requests", len(honest))
	}
	for _, h := range honest {
		t.Run(h.name, func(t *testing.T) {
			if got := inspect(t, w, h.request); got.Blocked || got.Score > 0 {
				t.Errorf("status %d, score %d, fault %+v, rules %+v", got.Status, got.Score, got.Fault, got.Rules)
			}
		})
	}
}
