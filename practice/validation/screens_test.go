package validation

import (
	"flag"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/problem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestValidationAsItLooks(t *testing.T) {
	each(t, nil, func(h *house) {
		look := func(name, role, path string, query url.Values) {
			h.Helper()
			practicetest.Golden(h.T, name, h.page(role, path, query), *update)
		}
		rule := url.Values{"rule": {"942100"}}
		look("validation-none", practice.RoleAuditor, "/validation", nil)
		look("rule-none", practice.RoleAuditor, "/validation/rules/{rule}", rule)
		look("exclude-none", practice.RoleAuditor, "/validation/exclusions/new", nil)

		one := h.came("notes", "/notes/7", sqli("ARGS:q", "1' or <b>"))
		look("exclude-one", practice.RoleAdmin, "/validation/exclusions/new", url.Values{"event": {one}})
		h.do("propose", form())
		look("validation-one", practice.RoleAuditor, "/validation", nil)
		look("rule-one", practice.RoleAdmin, "/validation/rules/{rule}", rule)

		several := h.came("shop", "/<b>", sqli("ARGS:json.items.3.text", "x"), sqli("ARGS_NAMES", "y"),
			event.Rule{ID: "941100", Message: "XSS Attack Detected via libinjection", Target: "REQUEST_HEADERS:Referer", Match: "<script>"},
			event.Rule{ID: "123456", Message: "A rule that has gone", Target: "ARGS:q", Match: "z"})
		look("exclude-many", practice.RoleAuditor, "/validation/exclusions/new", url.Values{"event": {several}})
		h.do("accept", url.Values{"id": {h.only()}, "reason": {"they do"}})
		h.do("allow", form("service", "shop", "path", "/**", "target", "ARGS:o'brien"))
		h.do("propose", form("rule", "941100", "service", "shop", "path", "/cart/**"))
		look("validation-many", practice.RoleAdmin, "/validation", nil)
		look("rule-many", practice.RoleAuditor, "/validation/rules/{rule}", rule)

		if strings.Contains(h.page(practice.RoleAuditor, "/validation", nil), "/actions/") {
			t.Error("an auditor is offered to decide")
		}
		if strings.Contains(h.page(practice.RoleAuditor, "/validation/exclusions/new", url.Values{"event": {one}}), "exclusion.allow") {
			t.Error("an auditor is offered to let something pass")
		}
	})
}

func TestNumbersOfTheListAreTheRowsBehindThem(t *testing.T) {
	each(t, nil, func(h *house) {
		for i := range 30 {
			h.came("notes", "/n", event.Rule{ID: strconv.Itoa(942100 + i), Message: "m", Target: "ARGS:q"})
		}
		h.came("shop", "/n", sqli("ARGS:q", "x"))
		got, err := h.service.loadOverview(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		o := got.(*overview)
		if len(o.Rules) != 20 || o.Others != 10 || o.Rules[0].ID != "942100" || o.Rules[0].Count != 2 {
			t.Errorf("%d rules and %d more; first %+v", len(o.Rules), o.Others, o.Rules[0])
		}
	})
}

func TestWhatThePagesCannotBeAsked(t *testing.T) {
	each(t, nil, func(h *house) {
		for _, tt := range []struct{ path, field, value string }{
			{"/validation/rules/{rule}", "rule", "949110"}, {"/validation/rules/{rule}", "rule", "<b>"},
			{"/validation/exclusions/new", "event", "<b>"}, {"/validation/exclusions/new", "event", "0198c5a0-7d3b-7e41-9f0a-5b1c2d3e4f50"},
		} {
			for _, p := range h.service.Practice().Pages {
				if p.Path != tt.path {
					continue
				}
				if _, err := p.Load(h.as(practice.RoleAdmin), url.Values{tt.field: {tt.value}}); !strings.HasSuffix(problem.Of(err).Code, ".unknown") {
					t.Errorf("%s of %s says %v", tt.path, tt.value, err)
				}
			}
		}
	})
}
