package browser

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// hand is how somebody uses a page: fill types into the field that has the focus or is named, send sends its form.
type hand struct {
	name string
	mode mode
	fill func(p *tab, field, text string)
	send func(p *tab, form string)
}

var hands = []hand{
	{
		name: "with a mouse", mode: modes[0],
		fill: func(p *tab, field, text string) {
			ctx, cancel := p.bounded()
			defer cancel()
			p.do(chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(field), text)))
		},
		send: click,
	},
	{
		name: "by keyboard only", mode: modes[0],
		fill: func(p *tab, field, text string) {
			p.tabTo(field)
			p.press(text)
		},
		send: func(p *tab, _ string) { p.press("\r") },
	},
	{
		name: "without script, on a phone", mode: mode{width: 390, height: 844, noScript: true},
		fill: func(p *tab, field, text string) {
			ctx, cancel := p.bounded()
			defer cancel()
			p.do(chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS(field), text)))
		},
		send: click,
	},
}

// click presses a form's button.
func click(p *tab, form string) {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	p.do(chromedp.Do(ctx, chromedp.Click(chromedp.CSS(form+" button"))))
}

// tabTo goes on with Tab until the element has the focus; a field that has it at once needs none.
func (p *tab) tabTo(selector string) {
	p.Helper()
	for range 40 {
		if ask[bool](p, `document.activeElement === document.querySelector("`+selector+`")`) {
			return
		}
		p.press("\t")
	}
	p.Fatalf("%s is not reached by Tab", selector)
}

// there waits until the tab is at an address on one of the hosts.
func (p *tab) there(at *url.URL, path string) {
	p.Helper()
	p.await(`location.origin === "` + at.String() + `" && location.pathname === "` + path + `" && document.readyState === "complete"`)
}

func (p *tab) says(text string) {
	p.Helper()
	if got := ask[string](p, "document.body.innerText"); !strings.Contains(got, text) {
		p.Errorf("the page does not say %q: %s", text, got)
	}
}

func TestFromInvitationToSigningOutEverywhere(t *testing.T) {
	for i, h := range hands {
		t.Run(h.name, func(t *testing.T) {
			account := []string{"mia", "kai", "noa"}[i]
			link, err := here.invite(account, "--as", "Mia Mouse")
			if err != nil {
				t.Fatal(err)
			}
			p := open(t, h.mode)

			p.visit(link)
			h.fill(p, "#password", password)
			h.send(p, "form[action='/enrol/password']")
			p.there(here.portal, "/enrol/factor")
			key := &phone{secret: ask[string](p, `document.querySelector(".secret code").innerText`)}
			if ask[int](p, `document.querySelectorAll("svg.qr").length`) != 1 {
				t.Error("there is no code to scan")
			}
			h.fill(p, "#code", must(t)(key.code()))
			h.send(p, "form[action='/enrol/factor']")
			p.await(`document.querySelectorAll("ul.codes li").length === 10`)

			// Signed in, and refused with a reason; then allowed; all on one sign-in.
			p.visit(here.weak.String() + "/notes")
			p.there(here.weak, "/notes")
			p.says("you have no role yet")
			p.says("Ask the office")
			giveOnPage(t, account, "author")
			p.visit(here.weak.String() + "/notes")
			p.there(here.weak, "/notes")
			if ask[bool](p, `document.body.innerText.includes("no role yet")`) {
				t.Error("with the role it is still refused")
			}
			p.visit(here.application.String() + "/notes")
			p.there(here.application, "/notes")

			// Signed out on the portal, it is over everywhere.
			p.visit(here.portal.String() + "/")
			p.says("Mia Mouse")
			p.tabTo("form[action='/logout'] button")
			p.press("\r")
			p.there(here.portal, "/logout")
			for _, at := range []*url.URL{here.weak, here.application} {
				p.visit(at.String() + "/notes")
				p.there(here.portal, "/login")
			}

			// In again with two steps, to where it was going.
			h.fill(p, "#account", account)
			h.fill(p, "#password", password)
			h.send(p, "form[action='/login']")
			p.there(here.portal, "/login/second")
			h.fill(p, "#code", must(t)(key.code()))
			h.send(p, "form[action='/login/second']")
			p.there(here.application, "/notes")
			p.quiet()
		})
	}
}

// must gives the value of what must not fail.
func must(t *testing.T) func(string, error) string {
	return func(value string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// victim is the owner, signed in on the portal, the console and the weak application.
func victim(t *testing.T) *tab {
	t.Helper()
	must(t)(here.command("person", "grant", "olga", "author"))
	p := open(t, modes[0])
	p.signIn()
	p.visit(here.weak.String() + "/notes")
	p.there(here.weak, "/notes")
	return p
}

func TestScriptInAnApplicationReachesNeitherPortalNorConsole(t *testing.T) {
	p := victim(t)
	// The application's own hole: script from the query runs on its origin, where the rules only watch.
	p.visit(here.weak.String() + "/search?q=" + url.QueryEscape(`<script>window.owned=1</script>`))
	if !ask[bool](p, "window.owned === 1") {
		t.Fatal("the hole is not open: nothing is tried here")
	}
	for name, origin := range map[string]string{"portal": here.portal.String() + "/security", "console": p.at("/events"), "other application": here.application.String() + "/notes"} {
		if got := ask[string](p, `fetch("`+origin+`", {credentials: "include"}).then(r => "read " + r.status, e => "refused")`); got != "refused" {
			t.Errorf("script reads the %s: %s", name, got)
		}
		if got := ask[string](p, `fetch("`+origin+`", {credentials: "include", mode: "no-cors"}).then(r => r.type + " " + r.status, e => "refused")`); got != "opaque 0" && got != "refused" {
			t.Errorf("script sees something of the %s: %s", name, got)
		}
		if got := ask[string](p, `new Promise(done => { const f = document.createElement("iframe"); f.src = "`+origin+`";
			f.onload = () => { try { done("read " + f.contentDocument.body.innerText.length) } catch { done("refused") } }; document.body.append(f) })`); got != "refused" && got != "read 0" {
			t.Errorf("script frames the %s: %s", name, got)
		}
		if got := ask[string](p, `new Promise(done => { const w = window.open("`+origin+`"); setTimeout(() => { try { done(w && w.document ? "read " + w.location.href : "refused") } catch { done("refused") } }, 1500) })`); got != "refused" && got != "read about:blank" {
			t.Errorf("script opens the %s: %s", name, got)
		}
	}
	// What changes something is refused, though a sibling is of the same site and the cookies come along.
	for _, target := range []string{here.portal.String() + "/logout", here.portal.String() + "/security/others", p.at("/.tenward/logout"), here.application.String() + "/.tenward/logout"} {
		ask[string](p, `fetch("`+target+`", {method: "POST", credentials: "include", mode: "no-cors", body: new URLSearchParams({session: "x"})}).then(() => "sent", () => "refused")`)
	}
	// A form's page, too: the answer is a refusal, and the session stands.
	ask[bool](p, `(() => { const f = document.createElement("form"); f.method = "post"; f.action = "`+here.portal.String()+`/logout"; document.body.append(f); f.submit(); return true })()`)
	p.there(here.portal, "/logout")
	p.says("Another site asked for this in your name")
	for _, at := range []string{here.portal.String() + "/security", p.at("/events"), here.application.String() + "/notes"} {
		u, _ := url.Parse(at)
		p.visit(at)
		p.there(&url.URL{Scheme: u.Scheme, Host: u.Host}, u.Path)
	}
}

func TestCookiesAreOutOfReachOfScriptAndSiblings(t *testing.T) {
	p := victim(t)
	before := sessionCookies(p)
	if len(before) != 5 { // sessions of the portal, the console and the application that was visited, and what the last two asked with
		t.Fatalf("cookies: %v", slices.Sorted(maps.Keys(before)))
	}
	p.visit(here.weak.String() + "/search?q=" + url.QueryEscape(`<script>window.owned=1</script>`))
	if got := ask[string](p, "document.cookie"); strings.Contains(got, "tenward") {
		t.Errorf("script reads %s", got)
	}
	for _, cookie := range []string{
		"__Host-Http-tenward=tossed; Domain=example.test; Path=/; Secure",
		"__Host-Http-tenward=tossed; Path=/login; Secure",
		"__Host-Http-tenward=tossed; Path=/; Secure",
		"__Host-Http-tenward-verifier=tossed; Domain=example.test; Path=/; Secure",
		"__Host-Http-tenward-enrol=tossed; Domain=example.test; Path=/; Secure",
		"__Host-Http-tenward-device=tossed; Domain=example.test; Path=/; Secure",
		"__HOST-TENWARD=tossed; Domain=example.test; Path=/; Secure",
	} {
		ask[bool](p, `(() => { document.cookie = "`+cookie+`"; return true })()`)
	}
	after := sessionCookies(p)
	for at, value := range before {
		if after[at] != value {
			t.Errorf("the cookie of %s was changed", at)
		}
	}
	stranger := open(t, modes[0]) // whose session would be the attacker's
	stranger.visit(here.weak.String() + "/search?q=" + url.QueryEscape(`<script>window.owned=1</script>`))
	for _, name := range []string{"", "-verifier", "-enrol", "-device"} {
		ask[bool](stranger, `(() => { document.cookie = "__Host-Http-tenward`+name+`=tossed; Path=/; Secure"; return true })()`)
	}
	ask[bool](stranger, `(() => { document.cookie = "planted=1; Path=/; Secure"; return true })()`)
	if ask[string](stranger, "document.cookie") != "planted=1" {
		t.Fatal("script cannot set any cookie: nothing is tried here")
	}
	for name, value := range sessionCookies(stranger) { // the gate gives a stranger a verifier
		if value == "tossed" {
			t.Errorf("script gave a stranger the cookie %s", name)
		}
	}
	// What a sibling may set (a cookie of another name) is none of Tenward's.
	ask[bool](p, `(() => { document.cookie = "tenward=tossed; Domain=example.test; Path=/; Secure"; return true })()`)
	p.visit(here.portal.String() + "/security")
	p.there(here.portal, "/security")
	p.says("Olga Owner")
}

// sessionCookies are the values of all our cookies, by host and name; each must be out of script's reach.
func sessionCookies(p *tab) map[string]string {
	p.Helper()
	all, err := chromedp.Call(p.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{
		here.portal.String(), "https://" + here.console.Host, here.application.String(), here.weak.String(),
	}})
	p.do(err)
	found := map[string]string{}
	for _, c := range all.Cookies {
		if !strings.Contains(strings.ToLower(c.Name), "tenward") || c.Name == "tenward" {
			continue
		}
		found[c.Domain+" "+c.Name] = c.Value
		if !c.Secure || c.Path != "/" || strings.HasPrefix(c.Domain, ".") || !c.HTTPOnly && strings.HasPrefix(c.Name, "__Host-Http-tenward") {
			p.Errorf("the cookie %s of %s: %+v", c.Name, c.Domain, c)
		}
	}
	return found
}

func TestAStrangerIsSentToThePortalAndBack(t *testing.T) {
	p := open(t, modes[0])
	p.visit(here.application.String() + "/notes?page=1")
	p.there(here.portal, "/login")
	p.says(here.application.Host)
	if _, status, err := here.get("/notes"); err != nil || status != http.StatusUnauthorized {
		t.Errorf("a program: %d %v", status, err)
	}
	p.quiet()
}
