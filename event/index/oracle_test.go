package index

import (
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tenward/tenward/event"
)

// condition is one word of a query and, said a second time and another way, what it means.
type condition struct {
	word string
	is   func(*event.Event) bool
}

func request(e *event.Event) event.HTTP {
	if e.HTTP == nil {
		return event.HTTP{}
	}
	return *e.HTTP
}

func person(e *event.Event) string {
	if e.User == nil {
		return ""
	}
	return e.User.UID
}

func like(pattern string) func(string) bool {
	parts := strings.Split(pattern, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$").MatchString
}

func ruled(id string) func(*event.Event) bool {
	return func(e *event.Event) bool {
		return slices.ContainsFunc(e.Rules, func(r event.Rule) bool { return r.ID == id })
	}
}

func within(prefix string) func(*event.Event) bool {
	p := netip.MustParsePrefix(prefix)
	return func(e *event.Event) bool { return p.Contains(e.Source.Addr()) }
}

// said is whether the words of a phrase stand behind each other somewhere in the text of an event.
func saying(phrase string, prefix bool) func(*event.Event) bool {
	cutUp := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	}
	want := cutUp(phrase)
	return func(e *event.Event) bool {
		texts := []string{request(e).Path, request(e).Query, e.Kind + " " + e.Message}
		if e.User != nil {
			texts = append(texts, e.User.Account)
		}
		texts = append(texts, request(e).UserAgent)
		for _, r := range e.Rules {
			texts = append(texts, r.ID+" "+r.Message)
		}
		for _, d := range e.Details {
			texts = append(texts, d.Name+" "+d.Value)
		}
		for _, text := range texts {
			have := cutUp(text)
			for i := range have {
				if i+len(want) > len(have) {
					break
				}
				part := slices.Clone(have[i : i+len(want)])
				if last := len(part) - 1; prefix && strings.HasPrefix(part[last], want[last]) {
					part[last] = want[last]
				}
				if slices.Equal(part, want) {
					return true
				}
			}
		}
		return false
	}
}

var conditions = []condition{
	{`service:notes`, func(e *event.Event) bool { return e.Service == "notes" }},
	{`service:notes*`, func(e *event.Event) bool { return strings.HasPrefix(e.Service, "notes") }},
	{`service:*`, func(e *event.Event) bool { return e.Service != "" }},
	{`service:nobody`, func(*event.Event) bool { return false }},
	{`verdict:refused`, func(e *event.Event) bool { return e.Verdict == event.Refused }},
	{`verdict:none`, func(e *event.Event) bool { return e.Verdict == event.None }},
	{`status:4xx`, func(e *event.Event) bool { return request(e).Status/100 == 4 }},
	{`status:404`, func(e *event.Event) bool { return request(e).Status == 404 }},
	{`status:<400`, func(e *event.Event) bool { return request(e).Status < 400 && request(e).Status > 0 }},
	{`status:*`, func(e *event.Event) bool { return request(e).Status != 0 }},
	{`kind:authentication.*`, func(e *event.Event) bool { return strings.HasPrefix(e.Kind, "authentication.") }},
	{`kind:*.refused`, func(e *event.Event) bool { return strings.HasSuffix(e.Kind, ".refused") }},
	{`severity:>=medium`, func(e *event.Event) bool { return e.Severity >= event.Medium }},
	{`stage:validation.request`, func(e *event.Event) bool { return e.Stage == "validation.request" }},
	{`rule:942100`, ruled("942100")},
	{`rule:94*`, func(e *event.Event) bool { return ruled("942100")(e) || ruled("941110")(e) }},
	{`rule:*`, func(e *event.Event) bool { return len(e.Rules) > 0 }},
	{`client:192.0.2.3`, within("192.0.2.3/32")},
	{`client:192.0.2.0/24`, within("192.0.2.0/24")},
	{`client:192.0.2.0/29`, within("192.0.2.0/29")},
	{`client:2001:db8::/47`, within("2001:db8::/47")},
	{`client:0.0.0.0/0`, within("0.0.0.0/0")},
	{`client:*`, func(e *event.Event) bool { return e.Source.IsValid() }},
	{`person:p1`, func(e *event.Event) bool { return person(e) == "p1" }},
	{`person:*`, func(e *event.Event) bool { return person(e) != "" }},
	{`method:post`, func(e *event.Event) bool { return request(e).Method == http.MethodPost }},
	{`host:wiki*`, func(e *event.Event) bool { return strings.HasPrefix(request(e).Host, "wiki") }},
	{`path:/login`, func(e *event.Event) bool { return request(e).Path == "/login" }},
	{`path:/api/*`, func(e *event.Event) bool { return like("/api/*")(request(e).Path) }},
	{`path:/a*s`, func(e *event.Event) bool { return like("/a*s")(request(e).Path) }},
	{`path:"/a[b]?c*"`, func(e *event.Event) bool { return request(e).Path == "/a[b]?c*" }},
	{`path:/a[b]?*`, func(e *event.Event) bool { return like("/a[b]?*")(request(e).Path) }},
	{`path:/api/n*7`, func(e *event.Event) bool { return request(e).Path == "/api/notes/7" }},
	{`path:/Gr*`, func(e *event.Event) bool { return request(e).Path == "/Grüße" }},
	{`path:/Grüß*`, func(e *event.Event) bool { return request(e).Path == "/Grüße" }},
	{`path:*api*`, func(e *event.Event) bool { return strings.Contains(request(e).Path, "api") }},
	{`path:/api/%2e`, func(e *event.Event) bool { return request(e).Path == "/api/%2e" }},
	{`route:/api/notes/{id}`, func(e *event.Event) bool { return request(e).Path == "/api/notes/7" }},
	{`route:/api/*`, func(e *event.Event) bool { return like("/api/*")(request(e).Path) }},
	{`route:*`, func(e *event.Event) bool { return e.HTTP != nil }},
	{`run:*`, func(e *event.Event) bool { return e.Detail("run") != "" }},
	{`run:r1`, func(e *event.Event) bool { return e.Detail("run") == "r1" }},
	{`class:authentication`, func(e *event.Event) bool { return e.Class == event.Authentication }},
	{`class:4002`, func(e *event.Event) bool { return e.Class == event.HTTPActivity }},
	{`node:a`, func(e *event.Event) bool { return e.Node == "a" }},
	{`latency:>500ms`, func(e *event.Event) bool { return request(e).Duration > 500*time.Millisecond }},
	{`seq:<=500`, func(e *event.Event) bool { return e.Seq <= 500 }},
	{`last:3h`, func(e *event.Event) bool { return !e.Time.Before(noon.Add(-3 * time.Hour)) }},
	{`to:2026-11-24T09:13:31Z`, func(e *event.Event) bool { return e.Time.Before(busy.Add(31 * time.Second)) }},
	{`from:2026-11-24T09:13:31Z`, func(e *event.Event) bool { return !e.Time.Before(busy.Add(31 * time.Second)) }},
	{`from:2026-11-23`, func(e *event.Event) bool { return !e.Time.Before(noon.Add(-36 * time.Hour)) }},
	{`hello`, saying("hello", false)},
	{`API`, saying("api", false)},
	{`"SQL injection"`, saying("sql injection", false)},
	{`"injection SQL"`, saying("injection sql", false)},
	{`"nobody\" OR \"hello"`, saying("nobody or hello", false)},
	{`fire*`, saying("fire", true)},
	{`acctp1`, saying("acctp1", false)},
	{`"request refused"`, saying("request refused", false)},
	{`score`, saying("score", false)},
	{`grüße`, saying("grüße", false)},
	{`nobody`, saying("nobody", false)},
}
