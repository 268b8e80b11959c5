package waf

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// target reads a target that must be one.
func target(t *testing.T, text string) Target {
	t.Helper()
	got, err := ParseTarget(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return got
}

// look asks the rules about a request with exclusions, and gives what matched as "942100 ARGS:q".
func look(t *testing.T, w *WAF, r *Request, list ...Exclusion) (matched []string, blocked bool) {
	t.Helper()
	r.Exclude = list
	result, err := w.Inspect(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range result.Rules {
		matched = append(matched, m.ID+" "+m.Target)
	}
	return matched, result.Blocked
}

// all are exclusions for all that matched.
func all(t *testing.T, matched []string) []Exclusion {
	t.Helper()
	list := make([]Exclusion, 0, len(matched))
	for _, m := range matched {
		var rule int
		id, where, _ := strings.Cut(m, " ")
		if _, err := fmt.Sscan(id, &rule); err != nil {
			t.Fatal(err)
		}
		list = append(list, Exclusion{rule, target(t, where)})
	}
	return list
}

// upload is a form of one part.
func upload(disposition, value string) *Request {
	return request("POST", "/save", "multipart/form-data; boundary=abc",
		"--abc\r\nContent-Disposition: form-data; "+disposition+"\r\n\r\n"+value+"\r\n--abc--\r\n")
}

const sqli = "1' or '1'='1"

func TestWhatMatchedCanBeExcludedWhereItStands(t *testing.T) {
	w := newWAF(t)
	q := url.QueryEscape(sqli)
	for _, tt := range []struct {
		name     string
		request  func() *Request
		excluded string // a place that must be among what matched
	}{
		{"in the query", func() *Request { return request("GET", "/search?q="+q, "", "") }, "ARGS:q"},
		{"in a name", func() *Request { return request("GET", "/search?"+q+"=1", "", "") }, "ARGS_NAMES:" + sqli},
		{"in a form", func() *Request { return request("POST", "/save", "application/x-www-form-urlencoded", "text="+q) }, "ARGS:text"},
		{"in a document", func() *Request {
			return request("POST", "/save", "application/json", `{"items":[{"text":"`+sqli+`"}]}`)
		}, "ARGS:json.items.0.text"},
		{"in a part of a form", func() *Request { return upload(`name="text"`, sqli) }, "ARGS:text"},
		{"in a text of XML", func() *Request { return request("POST", "/save", "application/xml", "<a>"+sqli+"</a>") }, "REQUEST_XML:/*"},
		{"in a cookie", func() *Request { return withHeader("Cookie", "theme="+sqli) }, "REQUEST_COOKIES:theme"},
		{"in a header", func() *Request { return withHeader("Referer", sqli) }, "REQUEST_HEADERS:referer"},
		{"in the path", func() *Request { return request("GET", "/.env", "", "") }, "REQUEST_FILENAME"},
		{"in the name of an upload", func() *Request { return upload(`name="f"; filename="shell.php"`, "milk") }, "FILES"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			matched, blocked := look(t, w, tt.request())
			if !blocked {
				t.Fatal("nothing refuses it to begin with")
			}
			if !strings.Contains(strings.ToLower(strings.Join(matched, "\n")+"\n"), strings.ToLower(" "+tt.excluded+"\n")) {
				t.Errorf("what matched is %q, without %s", matched, tt.excluded)
			}
			// The record has one place for each rule; the next one shows once that is taken out.
			list := all(t, matched)
			for range 4 {
				if matched, blocked = look(t, w, tt.request(), list...); !blocked {
					return
				}
				list = append(list, all(t, matched)...)
			}
			t.Errorf("it is refused still, for %q", matched)
		})
	}
}

func TestAnExclusionTakesOutNothingElse(t *testing.T) {
	w := newWAF(t)
	q := url.QueryEscape(sqli)
	one := Exclusion{942100, target(t, "ARGS:q")}
	if matched, blocked := look(t, w, request("GET", "/search?q="+q, "", ""), one); blocked {
		t.Fatalf("the excluded one is refused, for %q", matched)
	}
	for _, tt := range []struct {
		name    string
		request *Request
		exclude Exclusion
		by      string // what refuses it
	}{
		{"another parameter", request("GET", "/search?p="+q, "", ""), one, "942100 ARGS:p"},
		{"another parameter beside it", request("GET", "/search?q="+q+"&p="+q, "", ""), one, "942100 ARGS:p"},
		{"a name that differs in case", request("GET", "/search?Q="+q, "", ""), one, "942100 ARGS:Q"},
		{"a name that differs in case beside it", request("GET", "/search?q=milk&Q="+q, "", ""), one, "942100 ARGS:Q"},
		{"a name that differs in case, in the body", request("POST", "/search?q=milk", "application/x-www-form-urlencoded", "Q="+q), one, "942100 ARGS:Q"},
		{"another rule", request("GET", "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", "", ""), one, "941100 ARGS:q"},
		{"the same name as a cookie", withHeader("Cookie", "q="+sqli), one, "942100 REQUEST_COOKIES:q"},
		{"the name itself", request("GET", "/search?"+q+"=1", "", ""), one, "942100 ARGS_NAMES:" + sqli},
		{"a field deeper in a document", request("POST", "/save", "application/json", `{"q":"`+sqli+`"}`), one, "942100 ARGS:json.q"},
		{"the empty name", request("GET", "/search?="+q, "", ""), one, "942100 ARGS"},
		{"a place in a list where a name is meant", request("POST", "/save", "application/json", `{"items":[{"text":"`+sqli+`"}]}`),
			Exclusion{942100, target(t, "ARGS:json.*.*.text")}, "942100 ARGS:json.items.0.text"},
		{"the other values in the query", request("POST", "/search?q="+q, "application/x-www-form-urlencoded", "q=milk"),
			Exclusion{942100, target(t, "ARGS_POST:q")}, "942100 ARGS:q"},
		{"the attributes of a document", request("POST", "/save", "application/xml", `<a b="`+sqli+`"/>`),
			Exclusion{942100, target(t, "XML://@*")}, "942100 REQUEST_XML:/*"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			matched, blocked := look(t, w, tt.request, tt.exclude)
			if !blocked || !strings.Contains(strings.Join(matched, "\n")+"\n", tt.by+"\n") {
				t.Errorf("blocked %v by %q, want %s", blocked, matched, tt.by)
			}
		})
	}
}

func TestAnyPlaceInAList(t *testing.T) {
	w := newWAF(t)
	wide, ok := target(t, "ARGS:json.items.0.text").InAnyPlace()
	if !ok || wide.String() != "ARGS:json.items.*.text" {
		t.Fatalf("it widens to %q", wide)
	}
	for _, place := range []string{`{"items":[{"text":"` + sqli + `"}]}`, `{"items":[{},{},{"text":"` + sqli + `"}]}`} {
		if matched, blocked := look(t, w, request("POST", "/save", "application/json", place), Exclusion{942100, wide}); blocked {
			t.Errorf("%s is refused, for %q", place, matched)
		}
	}
	if _, ok := target(t, "ARGS:json.items.text").InAnyPlace(); ok {
		t.Error("where there is no list, nothing widens")
	}
}

func TestWhatCannotBeReadIsNeverExcluded(t *testing.T) {
	w := newWAF(t)
	every := make([]Exclusion, 0, len(places)*len(w.Rules()))
	for word, p := range places {
		if p.kind == lone {
			for _, r := range w.Rules() {
				every = append(every, Exclusion{r.ID, target(t, word)})
			}
		}
	}
	for _, r := range []*Request{
		request("POST", "/save", "application/json", `{"a":`),
		request("POST", "/save", "application/xml", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`),
		request("GET", "/?"+strings.Repeat("a&", maxFields+1), "", ""),
		upload(`name="a`, "milk"),
	} {
		if _, blocked := look(t, w, r, every...); !blocked {
			t.Errorf("%s %.40s is let through", r.Method, r.Body)
		}
	}
	for id := firstOwn; id < firstOwn+10; id++ {
		if d, ok := w.Rule(id); ok {
			t.Errorf("Tenward's own rule %d is among those that can be excluded: %+v", id, d)
		}
	}
	for _, id := range []int{901001, 949110, 949111, 980170} {
		if _, ok := w.Rule(id); ok {
			t.Errorf("the rule %d, which keeps the score, is among those that can be excluded", id)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct{ text, want, refused string }{
		{text: "ARGS:q", want: "ARGS:q"},
		{text: "ARGS:a:b", want: "ARGS:a:b"},
		{text: "REQUEST_HEADERS:User-Agent", want: "REQUEST_HEADERS:user-agent"},
		{text: "REQUEST_FILENAME", want: "REQUEST_FILENAME"},
		{text: "XML:/*", want: "XML:/*"},
		{text: "REQUEST_XML:/*", want: "XML:/*"},
		{text: "ARGS:" + strings.Repeat("a", maxTargetName), want: "ARGS:" + strings.Repeat("a", maxTargetName)},
		{text: "ARGS:" + strings.Repeat("a", maxTargetName+1), refused: "longer than 200 bytes"},
		{text: "ARGS", refused: "all of ARGS would be meant"},
		{text: "ARGS:", refused: "all of ARGS would be meant"},
		{text: "REQUEST_URI:a", refused: "no names"},
		{text: "args:q", refused: "no place"},
		{text: "TX:blocking_inbound_anomaly_score", refused: "no place"},
		{text: "REQBODY_ERROR", refused: "no place"},
		{text: "ARGUMENTS_LIMIT_REACHED", refused: "no place"},
		{text: "ARGS_COMBINED_SIZE", refused: "no place"},
		{text: "XML:a", refused: "only XML:/*"},
		{text: "ARGS:a\nb", refused: "cannot be shown"},
		{text: "ARGS:a\xff", refused: "cannot be shown"},
		{text: "ARGS:a\u202eb", refused: "cannot be shown"},
		{text: "", refused: "no place"},
	} {
		got, err := ParseTarget(tt.text)
		switch {
		case tt.refused == "" && (err != nil || got.String() != tt.want):
			t.Errorf("%q is read as %q, %v; want %q", tt.text, got, err, tt.want)
		case tt.refused != "" && (err == nil || !strings.Contains(err.Error(), tt.refused)):
			t.Errorf("%q says %v, want %s", tt.text, err, tt.refused)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"ARGS:q", "REQUEST_HEADERS:Referer", "XML:/*", "ARGS:json.a.*.b", "REQUEST_URI", "TX:x", "ARGS:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTarget(s)
		if err != nil {
			return
		}
		again, err := ParseTarget(got.String())
		if err != nil || again != got || !got.Covers(got) {
			t.Errorf("%q is read as %+v, and its text %q as %+v, %v", s, got, got, again, err)
		}
		if wide, ok := got.InAnyPlace(); ok && !wide.Covers(got) {
			t.Errorf("%q widens to %q, which does not have it", got, wide)
		}
	})
}

func TestTheCatalogueHasWhatLooksForSomething(t *testing.T) {
	w := newWAF(t)
	d, ok := w.Rule(942100)
	if want := (Description{942100, "Attack: sqli", "SQL Injection Attack Detected via libinjection", "critical", 1, 5}); !ok || d != want {
		t.Errorf("942100 is %+v, want %+v", d, want)
	}
	if n := len(w.Rules()); n < 150 || n > 400 {
		t.Errorf("there are %d rules", n)
	}
	for _, r := range w.Rules() {
		if r.Paranoia > 1 || r.Looks == "" || r.Group == "" {
			t.Errorf("at paranoia level 1: %+v", r)
		}
	}
	mine, err := New(Options{Directives: `SecRule ARGS:q "@rx x" "id:100,phase:2,deny,msg:'An x'"`})
	if err != nil {
		t.Fatal(err)
	}
	if d, ok := mine.Rule(100); !ok || d.Group != "Your own" || d.Looks != "An x" {
		t.Errorf("one's own rule is %+v, %v", d, ok)
	}
}
