package browser

import (
	"strings"
	"testing"
)

// seek goes on with Tab until what has the focus is this; names of it are compared as people read them.
func (p *tab) seek(selector, text string) {
	p.Helper()
	for range 80 {
		if ask[bool](p, `document.activeElement.matches("`+selector+`") && (document.activeElement.innerText || "").includes("`+text+`")`) {
			return
		}
		p.press("\t")
	}
	p.Fatalf("%s %q is not reached by Tab", selector, text)
}

// byKeys opens the page People as the owner does who has no mouse, and from there somebody's own.
func byKeys(t *testing.T, account string) *tab {
	t.Helper()
	p := open(t, modes[0])
	p.signIn()
	p.press("g")
	p.press("u")
	p.awaitPath("/people")
	p.seek(".find input[type=search]", "")
	p.press(account)
	p.press("\r")
	p.await(`location.search.includes("name=` + account + `") && document.readyState === "complete"`)
	p.seek("th a", "")
	p.press("\r")
	p.await(`/^\/people\/[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === "complete"`)
	p.says(account)
	return p
}

// confirm gives the reason that a page asks for, and goes on.
func (p *tab) confirm(why string, says ...string) {
	p.Helper()
	p.await(`document.activeElement.id === "reason"`)
	for _, text := range says {
		p.says(text)
	}
	p.press(why)
	p.press("\r")
	p.await(`document.querySelector(".flash") !== null && document.readyState === "complete"`)
}

// giveOnPage has the owner give somebody a role, by keyboard alone.
func giveOnPage(t *testing.T, account, role string) {
	t.Helper()
	p := byKeys(t, account)
	p.seek(".tabs a", "Roles")
	p.press("\r")
	p.await(`location.pathname.endsWith("/roles") && document.readyState === "complete"`)
	p.tabTo("#give-role")
	p.press(role)
	p.tabTo("#give-until")
	p.press("8")
	p.seek("#give-form button", "Give the role")
	p.press("\r")
	p.confirm("they begin on Monday", "gets the role "+role+" until", "2 lines of the file")
	p.says("has the role " + role + " until")
	p.quiet()
}

func TestAnOwnerShutsSomebodyOutAndTakesItBackByKeyboard(t *testing.T) {
	must(t)(here.invite("tom", "--as", "Tom Tailor"))
	p := byKeys(t, "tom")
	p.seek("button", "Disable")
	p.press("\r")
	p.confirm("he has left", "Tom Tailor (tom) cannot sign in any more", "No session ends now")
	p.says("Tom Tailor is disabled")
	p.seek(".flash button", "Take it back")
	p.press("\r")
	p.await(`document.querySelector(".flash") !== null && !document.body.innerText.includes("Tom Tailor is disabled") && document.readyState === "complete"`)
	p.says("Tom Tailor is not disabled any more")
	p.quiet()
}

func TestAnOwnerDoesNotShutThemselvesOut(t *testing.T) {
	p := byKeys(t, "olga")
	p.says("which is you")
	if ask[bool](p, `[...document.querySelectorAll("button")].some(b => b.innerText === "Disable")`) {
		t.Error("the page offers to disable oneself")
	}
	p.seek(".tabs a", "Roles")
	p.press("\r")
	p.await(`location.pathname.endsWith("/roles") && document.readyState === "complete"`)
	p.seek("td button[aria-label*=owner]", "Take away")
	p.press("\r")
	p.await(`document.body.innerText.includes("you would shut yourself out") || document.body.innerText.includes("would shut yourself out")`)
	p.quiet()
}

func TestAnInvitationIsShownOnceAndWorks(t *testing.T) {
	p := open(t, modes[0])
	p.signIn()
	p.visit(p.at("/people/invite"))
	p.tabTo("#account")
	p.press("uma")
	p.tabTo("#name")
	p.press("Uma Usher")
	p.press("\r")
	p.await(`document.querySelector(".cmd") !== null`)
	link := ask[string](p, `document.querySelector(".cmd").innerText`)
	if !strings.HasPrefix(link, here.portal.String()+"/enrol?token=") {
		t.Fatalf("the link is %q", link)
	}
	p.quiet()
	guest := open(t, modes[0])
	guest.visit(link)
	guest.says("Uma Usher")
	p.visit(p.at("/people?name=uma"))
	p.says("Uma Usher")
	if strings.Contains(ask[string](p, "document.documentElement.outerHTML"), strings.TrimPrefix(link, here.portal.String())) {
		t.Error("the link is shown again")
	}
}
