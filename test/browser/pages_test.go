package browser

import (
	"fmt"
	"strings"
	"testing"
)

// place is a page that somebody may see.
type place struct {
	name, path string
	outside    bool // needs no session
}

// places are all of the console's pages, and the gate's own.
func places() []place {
	app, login := here.application.String(), here.portal.String()
	return []place{
		{name: "overview", path: "/overview"},
		{name: "practices", path: "/practices"},
		{name: "no check stands so", path: "/practices?status=warn"},
		{name: "a practice", path: "/practices/access"},
		{name: "a practice that is not assessed", path: "/practices/training"},
		{name: "a check", path: "/practices/access/owner-exists"},
		{name: "traffic", path: "/traffic"},
		{name: "events", path: "/events"},
		{name: "refused events", path: "/events?q=verdict:refused"},
		{name: "no event matches", path: "/events?q=verdict:error+service:nobody"},
		{name: "a refused event", path: "/events/" + refusedID},
		{name: "a refused event beside its list", path: "/events?q=verdict:refused&open=" + refusedID},
		{name: "a query that cannot be read", path: "/events?q=verdict:perhaps"},
		{name: "validation", path: "/validation"},
		{name: "a rule", path: "/validation/rules/942100"},
		{name: "letting it pass", path: "/validation/exclusions/new?event=" + refusedID},
		{name: "an exclusion", path: "/validation/exclusions/new"},
		{name: "people", path: "/people"},
		{name: "nobody of that name", path: "/people?name=zzz&state=disabled"},
		{name: "inviting somebody", path: "/people/invite"},
		{name: "a person", path: "/people/" + ownerID},
		{name: "a person who is invited", path: "/people/" + invitedID},
		{name: "a person's roles", path: "/people/" + ownerID + "/roles?service=notes&method=GET&path=%2Fnotes"},
		{name: "a person without a role", path: "/people/" + invitedID + "/roles"},
		{name: "grants", path: "/grants?role=owner"},
		{name: "no grants", path: "/grants?name=zzz"},
		{name: "roles", path: "/roles"},
		{name: "a role", path: "/roles/author"},
		{name: "a role of the console", path: "/roles/owner"},
		{name: "nobody of that id", path: "/people/nobody"},
		{name: "no such page", path: "/nowhere"},
		{name: "no such event", path: "/events/0198c5a0-7d3b-7e41-9f0a-5b1c2d3e4f50"},
		{name: "sign in", path: login + "/login", outside: true},
		{name: "sign in, in German", path: login + "/login?lang=de", outside: true},
		{name: "cannot sign in", path: login + "/recover", outside: true},
		{name: "an invitation that is over", path: login + "/enrol?token=AAAAAAAAAAAAAAAAAAAAAAAAAA", outside: true},
		{name: "an invitation", path: invitation, outside: true},
		{name: "my applications", path: login + "/"},
		{name: "security", path: login + "/security"},
		{name: "nothing on the portal", path: login + "/nowhere"},
		{name: "without a session", path: app + "/notes", outside: true},
		{name: "without a role", path: here.closed.String() + "/notes"},
		{name: "the gate's 403", path: app + "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", outside: true},
		{name: "the gate's 400", path: app + "/a%2fb", outside: true},
	}
}

func (p *tab) goTo(pl place) {
	p.Helper()
	if strings.HasPrefix(pl.path, "https://") {
		p.visit(pl.path)
		return
	}
	p.visit(p.at(pl.path))
}

// each opens every page in a mode, signed in where it needs that.
func each(t *testing.T, m mode, look func(p *tab)) {
	t.Helper()
	inside := open(t, m)
	signed := m
	signed.noScript = false
	inside.look(signed)
	inside.signIn()
	inside.visit("about:blank") // a page whose script runs is not the one to take it away from
	inside.look(m)
	for _, pl := range places() {
		t.Run(pl.name, func(t *testing.T) {
			p := inside
			if pl.outside {
				p = open(t, m)
			}
			p.T = t
			p.goTo(pl)
			look(p)
		})
	}
}

// violation is what axe says.
type violation struct {
	ID, Impact, Help string
	Nodes            []struct{ Target []string }
}

func TestNothingIsInaccessible(t *testing.T) {
	for _, m := range modes {
		t.Run(m.name, func(t *testing.T) {
			each(t, m, func(p *tab) {
				ask[any](p, axe+"; true")
				found := ask[[]violation](p, `axe.run(document, {runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}})
					.then(r => r.violations.map(v => ({ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => ({Target: n.target.map(String)}))})))`)
				for _, v := range found {
					p.Errorf("%s (%s): %s, at %v", v.ID, v.Impact, v.Help, v.Nodes)
				}
				p.quiet()
			})
		})
	}
}

func TestNothingScrollsSideways(t *testing.T) {
	for _, m := range []mode{
		{name: "320 px", width: 320, height: 640},
		{name: "390 px", width: 390, height: 844},
		{name: "1280 px at 200 %", width: 1280, height: 800, zoom: 2},
		{name: "1440 px", width: 1440, height: 900},
	} {
		t.Run(m.name, func(t *testing.T) {
			each(t, m, func(p *tab) {
				wide := ask[[]float64](p, `[document.documentElement.scrollWidth, document.documentElement.clientWidth]`)
				if wide[0] > wide[1] {
					p.Errorf("the page is %.0f px wide in a window of %.0f; widest: %v", wide[0], wide[1], ask[[]string](p,
						fmt.Sprintf(`[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > %f).slice(0, 5).map(e => e.tagName + "." + e.className)`, wide[1])))
				}
			})
		})
	}
}

// budget is how many bytes a page may be, compressed, with all that it loads.
const budget = 60 << 10

func TestPagesAreLight(t *testing.T) {
	each(t, modes[0], func(p *tab) {
		sizes := ask[[]float64](p, `[performance.getEntriesByType("navigation")[0].encodedBodySize,
			performance.getEntriesByType("resource").reduce((n, r) => n + r.encodedBodySize, 0),
			performance.getEntriesByType("resource").filter(r => r.name.endsWith(".js")).reduce((n, r) => n + r.encodedBodySize, 0)]`)
		if sizes[0]+sizes[1] > budget || sizes[2] > 20<<10 {
			p.Errorf("the page is %.0f bytes, what it loads %.0f, script %.0f of it", sizes[0], sizes[1], sizes[2])
		}
		if sizes[0] == 0 {
			p.Error("the page has no size: nothing was measured")
		}
	})
}

func TestEverythingIsThereWithoutScript(t *testing.T) {
	m := modes[0]
	m.noScript = true
	each(t, m, func(p *tab) {
		if n := ask[int](p, `document.querySelector("main, [role=main]").innerText.trim().length`); n < 20 {
			p.Errorf("the page says next to nothing: %d letters", n)
		}
		if shown := ask[[]string](p, `[...document.querySelectorAll(".js")].filter(e => e.offsetParent).map(e => e.outerHTML.slice(0, 80))`); len(shown) > 0 {
			p.Errorf("what only works with script is shown: %v", shown)
		}
		p.quiet()
	})
}
