package authentication_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/problem"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// page is what somebody of a role of the console sees.
func (h *house) page(role, path string, query url.Values) string {
	h.Helper()
	return practicetest.Shown(h.T, h.as("uid 0", role), h.service.Practice(), path, query)
}

// data is what programs get of a page.
func (h *house) data(path string, query url.Values, into any) error {
	h.Helper()
	for _, p := range h.service.Practice().Pages {
		if p.Path != path {
			continue
		}
		v, err := p.Load(h.as("uid 0", practice.RoleOwner), query)
		if err != nil {
			return err
		}
		text, err := json.Marshal(v)
		if err != nil {
			h.Fatal(err)
		}
		return json.Unmarshal(text, into)
	}
	h.Fatalf("there is no page %s", path)
	return nil
}

// crowd is n people who were invited, named p000 and so on.
func (h *house) crowd(n int) {
	h.Helper()
	h.do(func(c *outbox.Change) error {
		for i := range n {
			p := &identity.Person{Kind: identity.Human, Account: fmt.Sprintf("p%03d", i), State: identity.Invited}
			if err := identity.Add(h.Context(), c, p); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestTheListOfPeopleAsItLooks(t *testing.T) {
	each(t, func(h *house) {
		practicetest.Golden(t, "people-none", h.page(practice.RoleOwner, "/people", nil), *update)
		h.enrol("ada")
		practicetest.Golden(t, "people-one", h.page(practice.RoleAuditor, "/people", nil), *update)
		practicetest.Golden(t, "people-no-match", h.page(practice.RoleAuditor, "/people", url.Values{"name": {`<script>`}}), *update)
		h.crowd(60)
		h.enrol("zoe")
		h.exec("DELETE FROM authentication_totp WHERE person_id = (SELECT id FROM identity_person WHERE account = $1)", "zoe")
		h.acts("authentication.person.disable", account("p007"))
		practicetest.Golden(t, "people-many", h.page(practice.RoleAdmin, "/people", nil), *update)
	})
}

func TestAPersonAsTheyLook(t *testing.T) {
	each(t, func(h *house) {
		h.crowd(1)
		bare, err := h.people.FindAccount(t.Context(), "p000")
		if err != nil {
			t.Fatal(err)
		}
		practicetest.Golden(t, "person-none", h.page(practice.RoleAuditor, "/people/{id}", url.Values{"id": {string(bare.ID)}}), *update)
		ada := h.enrol("ada")
		of := url.Values{"id": {string(ada.ID)}}
		practicetest.Golden(t, "person-one", h.page(practice.RoleAuditor, "/people/{id}", of), *update)
		h.exec("UPDATE identity_person SET name = $1 WHERE account = 'ada'", `<img src=x onerror=alert(1)>`)
		for range 2 {
			_, _ = h.service.Password(t.Context(), "ada", "wrong", here)
			if _, err := h.service.Password(t.Context(), "ada", password, here); err != nil {
				t.Fatal(err)
			}
			h.now = h.now.Add(60 * 1e9)
		}
		h.acts("authentication.person.reset", account("ada"))
		practicetest.Golden(t, "person-many", h.page(practice.RoleAdmin, "/people/{id}", of), *update)
		for _, secret := range []string{ada.secret, ada.codes[0], ada.got.Token, password, "$argon2"} {
			if strings.Contains(h.page(practice.RoleOwner, "/people/{id}", of), secret) {
				t.Errorf("the page shows %s", secret)
			}
		}
		if err := h.data("/people/{id}", url.Values{"id": {"nobody"}}, nil); problem.Of(err).Code != "authentication.person.unknown" {
			t.Errorf("of nobody: %v", err)
		}
	})
}

func TestOnlyAnOwnerIsOfferedRolesToGive(t *testing.T) {
	each(t, func(h *house) {
		practicetest.Golden(t, "invite-many", h.page(practice.RoleOwner, "/people/invite", nil), *update)
		practicetest.Golden(t, "invite-none", h.page(practice.RoleAdmin, "/people/invite", nil), *update)
		h.names = h.names[:1]
		practicetest.Golden(t, "invite-one", h.page(practice.RoleOwner, "/people/invite", nil), *update)
	})
}

// listed is a page of the list, as programs get it.
type listed struct {
	People []struct {
		Account, Name string
		SecondFactor  bool `json:"second_factor"`
	}
	Matched int
	Next    string
}

// all reads a list page by page.
func (h *house) all(query url.Values) (accounts []string, matched int) {
	h.Helper()
	for range 10 {
		var page listed
		if err := h.data("/people", query, &page); err != nil {
			h.Fatal(err)
		}
		if len(page.People) > 50 {
			h.Errorf("a page has %d rows", len(page.People))
		}
		for _, p := range page.People {
			accounts = append(accounts, p.Account)
		}
		if page.Next == "" {
			return accounts, page.Matched
		}
		query.Set("after", page.Next)
	}
	h.Fatal("the list has no end")
	return nil, 0
}

func TestTheListIsReadPageByPageAndThoseWhoNeedSomebodyStandFirst(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		h.crowd(120)
		h.enrol("zoe")
		h.exec("DELETE FROM authentication_totp WHERE person_id = (SELECT id FROM identity_person WHERE account = $1)", "zoe")
		h.acts("authentication.person.disable", account("p007"))
		accounts, matched := h.all(url.Values{})
		if len(accounts) != 122 || matched != 122 {
			t.Fatalf("%d rows, %d said", len(accounts), matched)
		}
		if accounts[0] != "zoe" || accounts[1] != "p007" || accounts[2] != "p000" || accounts[121] != "ada" {
			t.Errorf("the order is %v", accounts)
		}
		seen := map[string]bool{}
		for _, a := range accounts {
			if seen[a] {
				t.Errorf("%s stands there twice", a)
			}
			seen[a] = true
		}
	})
}

func TestEveryNumberOfTheListIsTheRowsBehindIt(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		h.crowd(3)
		h.exec("UPDATE identity_person SET name = $1 WHERE account = 'p001'", `100%_\ Ada`)
		h.acts("authentication.person.disable", account("p002"))
		number := regexp.MustCompile(`<li><a href="(/people[^"]*)"[^>]*>[^<]*<span class="num">(\d+)</span>`)
		found := 0
		for _, path := range []string{"", "name=ada", "name=ADA&state=active", "name=%25", "name=_", `name=%5C`, "factor=none", "state=disabled&factor=none"} {
			query, err := url.ParseQuery(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range number.FindAllStringSubmatch(h.page(practice.RoleAuditor, "/people", query), -1) {
				link, err := url.Parse(strings.ReplaceAll(m[1], "&amp;", "&"))
				if err != nil {
					t.Fatal(err)
				}
				accounts, matched := h.all(link.Query())
				if said, _ := strconv.Atoi(m[2]); said != len(accounts) || said != matched {
					t.Errorf("%s says %d for %s, which has %d rows and says %d", path, said, link, len(accounts), matched)
				}
				found++
			}
		}
		if found != 8*7 {
			t.Errorf("%d numbers were followed", found)
		}
		for name, want := range map[string]int{"%": 1, "_": 1, `\`: 1, "ada": 2, "P00": 3, "nobody": 0} {
			if accounts, _ := h.all(url.Values{"name": {name}}); len(accounts) != want {
				t.Errorf("%q finds %v", name, accounts)
			}
		}
	})
}

func TestWhatTheListCannotBeAsked(t *testing.T) {
	each(t, func(h *house) {
		for _, query := range []string{"state=king", "factor=eye", "after=x", "after=9.ada", "after=1", "after=-1.ada", "after=1.a%20b", "name=" + strings.Repeat("a", 201)} {
			v, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			h.wants(h.data("/people", v, new(listed)), "authentication.list.malformed")
		}
	})
}
