package browser

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestEventsShowAsTheyHappen(t *testing.T) {
	p := open(t, modes[0])
	p.signIn()
	p.await(`document.querySelector(".live.on") !== null`)
	if _, status, err := here.get("/search?q=" + "%3Cscript%3Enew-and-live%3C/script%3E"); err != nil || status != http.StatusForbidden {
		t.Fatalf("%d, %v", status, err)
	}
	p.await(`document.querySelector("#live-rows").innerText.includes("new-and-live")`)
	if n := ask[int](p, `performance.getEntriesByType("navigation").length`); n != 1 || ask[string](p, "location.pathname") != "/traffic" {
		t.Error("the page was loaded again")
	}
	p.quiet()
}

func TestWhatAttackersSendIsShownAndNeverRuns(t *testing.T) {
	p := open(t, modes[0])
	p.signIn()
	for _, path := range []string{"/traffic", "/events", "/events/" + refusedID} {
		p.visit(p.at(path))
		if title := ask[string](p, "document.title"); strings.Contains(title, "owned") {
			t.Errorf("%s: the attack ran", path)
		}
	}
	if !ask[bool](p, `document.body.innerText.includes("<img src=x onerror=")`) {
		t.Error("the event does not show what was sent")
	}
	p.quiet()
}

func TestAnInjectedScriptDoesNotRun(t *testing.T) {
	for _, pl := range places() {
		t.Run(pl.name, func(t *testing.T) {
			p := open(t, modes[0])
			if !pl.outside {
				p.signIn()
			}
			p.goTo(pl)
			// The markup of somebody who found a hole in the page itself.
			ask[any](p, `(() => { const s = document.createElement("script"); s.append("window.owned = 1"); document.body.append(s);
				const i = document.createElement("img"); try { i.setAttribute("onerror", "window.owned = 1") } catch { /* Trusted Types */ }
				i.src = "data:,x"; document.body.append(i); return true })()`)
			p.await(`new Promise(done => setTimeout(() => done(true), 50))`)
			if ask[bool](p, "window.owned === 1") {
				t.Error("it ran")
			}
		})
	}
}

func TestAllIsReachedByKeys(t *testing.T) {
	p := open(t, modes[0])
	p.signIn()
	p.press("\t")
	if got := ask[string](p, "document.activeElement.innerText"); got != "Skip to content" {
		t.Errorf("the first stop is %q", got)
	}
	p.press("\r")
	p.await(`document.activeElement.id === "main"`)
	p.visit(p.at("/events?q=verdict:refused"))
	seen := map[string]bool{}
	for first, steps := "", 0; ; steps++ { // once around the page
		if steps > 400 {
			t.Fatalf("the way around the page does not come back to %s", first)
		}
		p.press("\t")
		where := ask[string](p, `(() => { const e = document.activeElement; return e.tagName + " " + (e.getAttribute("href") || e.id || e.innerText || e.name || "") })()`)
		if where == first {
			break
		}
		if first == "" {
			first = where
		}
		seen[where] = true
		if outline := ask[bool](p, `(() => { const e = document.activeElement;
			return e === document.body || [getComputedStyle(e), getComputedStyle(e, "::after"), getComputedStyle(e.closest("tr, form") || e)]
				.some(s => s.outlineStyle !== "none" && s.outlineWidth !== "0px" || s.boxShadow !== "none") })()`); !outline {
			t.Errorf("%s has the focus and does not show it", where)
		}
	}
	for _, want := range []string{"A /traffic", "INPUT q", "A /events?q=verdict%3Arefused&open=0"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(seen)), func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("%s is not reached by Tab; reached: %v", want, seen)
		}
	}
	p.visit(p.at("/traffic"))
	p.press("g")
	p.press("e")
	p.awaitPath("/events")
	p.quiet()
}

func TestTheThemeIsRememberedWithoutScript(t *testing.T) {
	p := open(t, modes[0])
	p.signIn()
	p.look(mode{width: 1440, height: 900, noScript: true})
	p.visit(p.at("/traffic"))
	before := ask[string](p, "getComputedStyle(document.body).backgroundColor")
	ctx, cancel := p.bounded()
	defer cancel()
	p.do(chromedp.Do(ctx, chromedp.Click(chromedp.CSS("form[action='/theme'] button"))))
	p.await(`document.documentElement.dataset.theme === "dark" && document.readyState === "complete"`)
	if after := ask[string](p, "getComputedStyle(document.body).backgroundColor"); after == before {
		t.Errorf("the page is %s before and after", before)
	}
}

// A session has eight live pages at most; the ninth says what to do.
func TestOneLivePageTooManySaysSo(t *testing.T) {
	p := open(t, modes[0])
	p.signIn()
	p.visit(p.at("/settings"))
	ask[any](p, `window.held = [...Array(8)].map(() => new EventSource("/traffic/live")); true`)
	p.await(`held.every(s => s.readyState === EventSource.OPEN)`)
	ninth := p.beside()
	ninth.visit(p.at("/traffic"))
	ninth.await(`document.querySelector(".live.off")?.innerText === "Not live: close another tab"`)
}
