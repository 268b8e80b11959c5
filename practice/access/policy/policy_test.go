package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cedar-policy/cedar-go"

	"github.com/tenward/tenward/config"
)

func paths(list ...string) []config.PathPattern {
	var all []config.PathPattern
	for _, p := range list {
		var one config.PathPattern
		if err := one.UnmarshalText([]byte(p)); err != nil {
			panic(err)
		}
		all = append(all, one)
	}
	return all
}

func TestDecide(t *testing.T) {
	set := New([]Rule{
		{Role: "reader", Service: "notes", Methods: []string{"GET"}, Paths: paths("/**")},
		{Role: "editor", Service: "notes", Methods: []string{"GET", "POST"}, Paths: paths("/notes", "/notes/*/edit")},
		{Role: "clerk", Service: Any, Methods: []string{Any}, Paths: paths("/forms/**")},
		{Role: "guest", Service: "notes", Methods: []string{Any}, Paths: paths("/admin/**", "/Reports/**", "/exact", "/closed/"), Deny: true},
	})
	tests := []struct {
		name    string
		roles   string
		request string
		allowed bool
		by      string
	}{
		{"no role, no way", "", "notes GET /", false, ""},
		{"a role that nobody has defined", "king", "notes GET /", false, ""},
		{"a reader reads", "reader", "notes GET /anything/at/all", true, "reader"},
		{"HEAD is a part of GET", "reader", "notes HEAD /x", true, "reader"},
		{"a reader does not write", "reader", "notes POST /x", false, ""},
		{"not on another service", "reader", "wiki GET /x", false, ""},
		{"an editor writes at the place", "editor", "notes POST /notes", true, "editor"},
		{"not below it", "editor", "notes POST /notes/1", false, ""},
		{"nor beside it", "editor", "notes POST /notesx", false, ""},
		{"a star is one segment", "editor", "notes POST /notes/1/edit", true, "editor"},
		{"not none", "editor", "notes POST /notes//edit", false, ""},
		{"not two", "editor", "notes POST /notes/1/2/edit", false, ""},
		{"a star in the request is no star", "editor", "notes POST /notes/*/edit", true, "editor"},
		{"two stars take the place itself", "clerk", "wiki DELETE /forms", true, "clerk"},
		{"and the slash", "clerk", "wiki DELETE /forms/", true, "clerk"},
		{"every service, every method", "clerk", "notes BREW /forms/a/b", true, "clerk"},
		{"two roles add up", "editor reader", "notes GET /elsewhere", true, "reader"},
		{"what forbids outweighs", "guest reader", "notes GET /admin/users", false, "guest"},
		{"also the place itself", "guest reader", "notes GET /admin", false, "guest"},
		{"in any case of letters", "guest reader", "notes GET /ADMIN/users", false, "guest"},
		{"with a parameter", "guest reader", "notes GET /admin;v=1/users", false, "guest"},
		{"with a parameter in an empty segment", "guest reader", "notes GET /;x/admin", false, "guest"},
		{"with a dot that Windows drops", "guest reader", "notes GET /admin./users", false, "guest"},
		{"with spaces that Windows drops", "guest reader", "notes GET /admin. /users", false, "guest"},
		{"with a dot at its end", "guest reader", "notes GET /admin.", false, "guest"},
		{"when the pattern has capitals", "guest reader", "notes GET /reports/1", false, "guest"},
		{"one place, with a slash at its end", "guest reader", "notes GET /exact/", false, "guest"},
		{"one place, with an empty segment", "guest reader", "notes GET //exact", false, "guest"},
		{"a pattern with a slash at its end", "guest reader", "notes GET /closed", false, "guest"},
		{"one place is not what is below it", "guest reader", "notes GET /exact/x", true, "reader"},
		{"it forbids nothing beside it", "guest reader", "notes GET /administration", true, "reader"},
		{"what forbids permits nothing", "guest", "notes GET /", false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			part := strings.SplitN(tt.request, " ", 3)
			got := set.Decide(strings.Fields(tt.roles), Request{part[0], part[1], part[2]})
			if want := (Decision{tt.allowed, tt.by}); got != want {
				t.Errorf("%q asks %s: %+v, want %+v", tt.roles, tt.request, got, want)
			}
		})
	}
}

// exhaustive asks Cedar with all policies, and finds the routes of a request by trying every pattern.
func (s *Set) exhaustive(roles []string, r Request) Decision {
	var all candidates
	for i := range s.all {
		one := &s.all[i]
		all.list = append(all.list, one)
		path, pattern := r.Path, one.path
		if one.rule.Deny {
			path, pattern = folded(path), config.PathPattern(folded(string(pattern)))
		}
		if (one.rule.Service == r.Service || one.rule.Service == Any) && pattern.Match(path) {
			all.routes = append(all.routes, one.route)
		}
	}
	d, _ := all.decide(roles, r)
	return d
}

func TestTheIndexChangesNoDecision(t *testing.T) {
	random := rand.New(rand.NewPCG(2026, 11))
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	pattern := func() string {
		var b strings.Builder
		for range random.IntN(3) {
			b.WriteString("/" + pick("a", "b", "A", "*"))
		}
		return b.String() + pick("", "/", "/**", "/c")
	}
	allowed := 0
	const rounds = 3000
	for round := range rounds {
		var rules []Rule
		for range 1 + random.IntN(8) {
			p := pattern()
			if p == "" {
				p = "/"
			}
			rules = append(rules, Rule{
				Role: pick("r", "s", "t"), Service: pick("notes", "wiki", Any), Methods: []string{pick("GET", "POST", Any)},
				Paths: paths(p), Deny: random.IntN(4) == 0,
			})
		}
		set := New(rules)
		roles := []string{pick("r", "s"), "t"}[:1+random.IntN(2)]
		request := Request{pick("notes", "wiki"), pick("GET", "POST", "HEAD"), strings.ReplaceAll(pattern(), "**", pick("a", "b;x", "")) + pick("", "/d")}
		if request.Path == "" {
			request.Path = "/"
		}
		fast, slow := set.Decide(roles, request), set.exhaustive(roles, request)
		if fast.Allowed != slow.Allowed {
			t.Fatalf("round %d: %v ask %+v: the index says %v, all policies %v\n%s", round, roles, request, fast, slow, set.Text())
		}
		if fast.Allowed {
			allowed++
		}
	}
	if allowed < rounds/20 || allowed > rounds*19/20 {
		t.Errorf("%d of %d were allowed: the rounds do not try both sides", allowed, rounds)
	}
}

func TestWhetherRolesSpeakOfAService(t *testing.T) {
	set := New([]Rule{
		{Role: "reader", Service: "notes", Methods: []string{"GET"}, Paths: paths("/**")},
		{Role: "clerk", Service: Any, Methods: []string{Any}, Paths: paths("/forms/**")},
		{Role: "guest", Service: "wiki", Methods: []string{Any}, Paths: paths("/**"), Deny: true},
	})
	for _, c := range []struct {
		role, service string
		want          bool
	}{
		{"reader", "notes", true},
		{"reader", "wiki", false},
		{"clerk", "notes", true},
		{"clerk", "wiki", true},
		{"guest", "wiki", false}, // what forbids opens nothing
		{"nobody", "notes", false},
	} {
		if got := set.Speaks([]string{"other", c.role}, c.service); got != c.want {
			t.Errorf("%s of %s: %v", c.role, c.service, got)
		}
	}
}

func TestTextIsCedar(t *testing.T) {
	set := New([]Rule{
		{Role: "editor", Service: "notes", Methods: []string{"GET"}, Paths: paths("/a/*", "/b")},
		{Role: "guest", Service: "notes", Methods: []string{Any}, Paths: paths("/admin/**"), Deny: true},
	})
	read, err := cedar.NewPolicyListFromBytes("rules", []byte(set.Text()))
	if err != nil {
		t.Fatal(err)
	}
	if len(read) != 3 || read[2].Effect() != cedar.Forbid {
		t.Errorf("Cedar reads %d policies", len(read))
	}
}

func many(n int) (*Set, []string) {
	var rules []Rule
	for i := range n {
		rules = append(rules, Rule{Role: fmt.Sprint("r", i), Service: "notes", Methods: []string{"GET", "POST"}, Paths: paths("/**", fmt.Sprintf("/area%d/*", i))})
	}
	return New(rules), []string{"r1", "r5"}
}

func BenchmarkDecide(b *testing.B) {
	for _, n := range []int{10, 1000} {
		b.Run(fmt.Sprint(n, " roles"), func(b *testing.B) {
			set, roles := many(n)
			if !slices.Contains(roles, "r1") {
				b.Fatal("no roles")
			}
			b.ReportAllocs()
			for b.Loop() {
				if !set.Decide(roles, Request{"notes", "POST", "/area5/x"}).Allowed {
					b.Fatal("denied")
				}
			}
		})
	}
}

// FuzzIndex holds the index against Cedar over all policies, for any path and pattern.
func FuzzIndex(f *testing.F) {
	f.Add("/a/**", "/a/b", "/admin/**", "/ADMIN;x/y", "GET")
	f.Add("/*", "/", "/", "//", "HEAD")
	f.Add("/a/*/c", "/a/b;v=1/c", "/a", "/a/", "POST")
	f.Fuzz(func(t *testing.T, allow, path, deny, other, method string) {
		var rules []Rule
		for i, p := range []string{allow, deny} {
			var pattern config.PathPattern
			if pattern.UnmarshalText([]byte(p)) != nil {
				return
			}
			rules = append(rules, Rule{Role: "r", Service: "notes", Methods: []string{[]string{"GET", Any}[i]}, Paths: []config.PathPattern{pattern}, Deny: i == 1})
		}
		set := New(rules)
		for _, p := range []string{path, other} {
			if !strings.HasPrefix(p, "/") {
				continue
			}
			q := Request{"notes", method, p}
			if fast, slow := set.Decide([]string{"r"}, q), set.exhaustive([]string{"r"}, q); fast.Allowed != slow.Allowed {
				t.Fatalf("%+v: the index says %v, all policies %v\n%s", q, fast, slow, set.Text())
			}
		}
	})
}
