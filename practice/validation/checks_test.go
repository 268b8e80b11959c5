package validation

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/problem"
)

// What else the checks say about the service notes, each time in front of a real gate with the real rules.
func TestWhatTheChecksSay(t *testing.T) {
	says := func(sentence func(x *gate.Exchange, v *gate.Verdict) string) practicetest.World {
		return refusing(func(x *gate.Exchange, v *gate.Verdict) {
			v.Why = problem.New("test", sentence(x, v), "Do something else.")
		})
	}
	both := with(func(c *Config) {
		c.Directives = `SecRuleUpdateTargetByTag "OWASP_CRS" "!ARGS:q"`
		exclude(c, 942100, "ARGS:q", "/**")
	})
	for _, tt := range []struct {
		name  string
		check string
		world practicetest.World
		want  practice.Status
		says  string // within the sentence
	}{
		{"a whole family is gone", "places-read", directives(`SecRuleRemoveByTag "attack-sqli"`), practice.Fail, "a field of the query"},
		{"no rule looks into documents", "places-read", directives(`SecRuleUpdateTargetByTag "OWASP_CRS" "!XML:/*"`), practice.Fail, "in a text of an XML document."},
		{"no rule looks at names of files", "places-read", directives(`SecRuleUpdateTargetByTag "OWASP_CRS" "!FILES"` + "\n" + `SecRuleUpdateTargetByTag "OWASP_CRS" "!MULTIPART_FILENAME"`), practice.Fail, "the name of an uploaded file"},
		{"the service is only watched", "places-read", watched, practice.Warn, "only watched"},
		{"there are no rules", "places-read", open, practice.Fail, "the path"},
		{"somebody else refuses", "places-read", refusing(func(_ *gate.Exchange, v *gate.Verdict) { v.Status = 303; v.Location = "/" }), practice.Unknown, "judged by nobody"},

		{"others find what one does not look for", "exclusions-narrow", excluded(941100, "ARGS:q", "/search"), practice.Pass, "All 16 attacks"},
		{"only one finds it", "exclusions-narrow", excluded(942100, "ARGS:q", "/notes/*/edit"), practice.Warn, "2 of 16"},
		{"in a cookie", "exclusions-narrow", excluded(942100, "REQUEST_COOKIES:basket", "/**"), practice.Warn, "1 of 8"},
		{"in a list of a document", "exclusions-narrow", excluded(942100, "ARGS:json.items.*.text", "/**"), practice.Warn, "1 of 8"},
		{"in the browser's name", "exclusions-narrow", excluded(944150, "REQUEST_HEADERS:User-Agent", "/**"), practice.Warn, "1 of 5"},
		{"in the name of a file", "exclusions-narrow", excluded(933110, "FILES", "/**"), practice.Warn, "1 of 7"},
		{"one name", "exclusions-narrow", excluded(942100, "ARGS_NAMES:q", "/**"), practice.Pass, "one word"},
		{"together with a directive nothing is left", "exclusions-narrow", both, practice.Fail, "14 of 16 attacks there are not found any more, none in a field of a form."},
		{"a directive that nobody would call an exclusion", "exclusions-narrow", directives(`SecRuleRemoveByTag "attack-sqli"`), practice.Warn, "2 of 8"},
		{"the service is only watched, which is not the question", "exclusions-narrow", watched, practice.Pass, "All 8"},

		{"it repeats the attack", "refusals-explained", says(func(_ *gate.Exchange, v *gate.Verdict) string { return "You sent " + v.Rules[0].Match }), practice.Fail, "repeats the text"},
		{"it names the parameter", "refusals-explained", says(func(_ *gate.Exchange, v *gate.Verdict) string { return "Look at " + v.Rules[0].Target }), practice.Fail, "names the parameter"},
		{"it says what was looked for", "refusals-explained", says(func(_ *gate.Exchange, v *gate.Verdict) string { return v.Rules[0].Message }), practice.Fail, "names rule 941"},
		{"the record does not have it", "refusals-explained", forgetful, practice.Fail, "the record has none"},
		{"the record does not say why", "refusals-explained", refusing(func(_ *gate.Exchange, v *gate.Verdict) { v.Rules = nil }), practice.Fail, "does not say which rule"},
		{"the service is only watched", "refusals-explained", watched, practice.Pass, "only watched"},

		{"uploads may pass, and that is recorded", "long-bodies-refused", uploading, practice.Pass, "the record says so"},
		{"nothing is recorded of it", "long-bodies-refused", noted(uploadsPass, func(x *gate.Exchange) {
			x.Details = slices.DeleteFunc(x.Details, func(d event.Detail) bool { return d.Name == beyondDetail })
		}), practice.Fail, "the record does not say so"},
		{"the service is only watched", "long-bodies-refused", watched, practice.Warn, "only watched"},
		{"the gate takes less than the rules look at", "long-bodies-refused", with(func(c *Config) { c.Body.Inspect = maxInspect }), practice.Pass, "64MiB"},
	} {
		t.Run(tt.check+": "+tt.name, func(t *testing.T) {
			all := tt.world(t).Checks
			i := slices.IndexFunc(all, func(c practice.Check) bool { return c.ID == "validation/"+tt.check })
			findings, err := all[i].Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			worst := practice.Finding{Status: practice.Pass}
			for _, f := range findings {
				if strings.Contains(f.Subject, "notes") && (worst.Sentence == "" || worse(f.Status, worst.Status) || f.Status == worst.Status && strings.Contains(f.Sentence, tt.says)) {
					worst = f
				}
			}
			if worst.Status != tt.want || !strings.Contains(worst.Sentence, tt.says) {
				t.Errorf("it says %s: %+v, want %s with %q", worst.Status, findings, tt.want, tt.says)
			}
		})
	}
}

func uploadsPass(c *Config) {
	c.Services = map[string]ServiceConfig{"notes": {Mode: Block, Routes: []Route{{Path: "/upload/**", Beyond: Pass}}}}
}

func worse(a, b practice.Status) bool {
	order := []practice.Status{practice.Pass, practice.Warn, practice.Unknown, practice.Fail}
	return slices.Index(order, a) > slices.Index(order, b)
}

// An exclusion whose path leads to no request of its service counts for nothing, and the operator is told.
func TestAnExclusionThatMeansNothing(t *testing.T) {
	for _, tt := range []struct {
		begins  string
		pattern config.PathPattern
		want    string
	}{
		{"/", "/**", "/tw"},
		{"/", "/notes/*/edit", "/notes/tw/edit"},
		{"/", "/a b/**", "/a%20b/tw"},
		{"/shop", "/**", "/tw"},
		{"/shop", "/shop/cart/**", "/cart/tw"},
		{"/shop", "/*/cart", ""},
		{"/shop", "/notes/**", ""},
		{"/shop", "/shopping", ""},
	} {
		if got, ok := within(tt.begins, tt.pattern); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s below %s is %q", tt.pattern, tt.begins, got)
		}
	}
}

// Each spelling that the naive gate takes is named, with what came back.
func TestTheProofOfTwoReadings(t *testing.T) {
	all := naive(t).Checks
	i := slices.IndexFunc(all, func(c practice.Check) bool { return c.ID == "validation/two-readings-refused" })
	findings, err := all[i].Run(t.Context())
	if err != nil || len(findings) != 1 {
		t.Fatalf("%+v, %v", findings, err)
	}
	var proof []answered
	if err := json.Unmarshal(findings[0].Proof, &proof); err != nil || len(proof) != len(twoWays) {
		t.Fatalf("%s: %v", findings[0].Proof, err)
	}
	for i, got := range proof {
		if got.NotClear == "" || !strings.Contains(findings[0].Sentence, twoWays[i].name) {
			t.Errorf("%s was taken by a gate that takes everything: %+v", twoWays[i].name, got)
		}
	}
}

// What came back is judged by what may follow, not by the status alone.
func TestWhatIsUnclear(t *testing.T) {
	framed, answerable, headed := &spelled{rest: second}, &spelled{rest: second, ends: true}, &spelled{}
	for _, tt := range []struct {
		name  string
		asked *spelled
		got   answered
		clear bool
	}{
		{"refused, and the connection ended", framed, answered{Answers: []int{400}, Ended: true}, true},
		{"the connection ended without a word", framed, answered{Ended: true}, true},
		{"refused, and the connection stayed", framed, answered{Answers: []int{400}}, false},
		{"answered, and the connection ended", framed, answered{Answers: []int{404}, Ended: true}, false},
		{"answered, where the end is all that matters", answerable, answered{Answers: []int{404}, Ended: true}, true},
		{"and what followed was answered too", answerable, answered{Answers: []int{404, 404}, Ended: true}, false},
		{"not answered", headed, answered{}, false},
		{"refused, with nothing behind it", headed, answered{Answers: []int{400}}, true},
		{"passed on", headed, answered{Answers: []int{404}}, false},
	} {
		if got := tt.asked.unclear(tt.got); (got == "") != tt.clear {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
}

// A report that cannot be read is no report of nobody.
func TestAReportThatCannotBeRead(t *testing.T) {
	s := service(t, nil)
	s.TriedBy(unreadable{})
	for _, c := range s.corpusChecks() {
		if findings, err := c.Run(t.Context()); err == nil {
			t.Errorf("%s says %+v", c.ID, findings)
		}
	}
}

// Every place that an exclusion can name holds attacks, or is a name and holds nothing but itself.
func TestWhereExclusionsAreTried(t *testing.T) {
	for target, want := range map[string][]attack.Place{
		"ARGS:q": {attack.InQuery, attack.InForm}, "ARGS:json.a.b": {attack.InJSON}, "ARGS_GET:q": {attack.InQuery}, "ARGS_POST:q": {attack.InForm},
		"ARGS_POST:json.a": {attack.InJSON}, "REQUEST_COOKIES:c": {attack.InCookie}, "REQUEST_HEADERS:referer": {attack.InReferrer}, "REQUEST_HEADERS:x-a": {attack.InHeader},
		"XML:/*": {attack.InXML}, "MULTIPART_FILENAME:file": {attack.InFileName}, "REQUEST_BASENAME": {attack.InPath}, "REQUEST_URI": {attack.InPath, attack.InQuery},
		"REQUEST_BODY": {attack.InForm}, "QUERY_STRING": {attack.InQuery}, "ARGS_NAMES:q": nil, "REQUEST_METHOD": nil,
	} {
		if got, _ := placesOf(target); !slices.Equal(got, want) {
			t.Errorf("%s is tried in %q, want %q", target, got, want)
		}
	}
}
