package door_test

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/console/openapi/openapitest"
)

const (
	api         = "/api/v1"
	description = api + "/openapi.json"
)

// client asks over the admin socket, and holds each answer against the description.
type client struct {
	*testing.T
	http.Client
	spec *openapitest.Spec
	met  map[string]bool // the operations that something was asked of
}

// local asks on the node's own machine.
func (h *house) local(t *testing.T) *client {
	t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(h.Data, "admin.sock"))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	c := &client{T: t, Client: http.Client{Transport: transport, Timeout: time.Minute}, met: map[string]bool{}}
	c.spec = openapitest.Read(t, c.send(http.MethodGet, description, nil).body)
	return c
}

type reply struct {
	status int
	kind   string
	body   []byte
}

func (c *client) send(method, address string, form url.Values) reply {
	c.Helper()
	r := request(c.T, method, "http://admin"+address, nil, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := c.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.Fatal(err)
	}
	return reply{answer.StatusCode, answer.Header.Get("Content-Type"), body}
}

// get asks for what the description has at path; values are put in its place, and what is left of them behind it.
func (c *client) get(path string, want int, values url.Values, into any) {
	c.Helper()
	at := path
	rest := url.Values{}
	for name := range values {
		if hole := "{" + name + "}"; strings.Contains(at, hole) {
			at = strings.ReplaceAll(at, hole, url.PathEscape(values.Get(name)))
		} else {
			rest[name] = values[name]
		}
	}
	c.holds(http.MethodGet, path, c.send(http.MethodGet, at+"?"+rest.Encode(), nil), want, into)
}

// act has an action done.
func (c *client) act(name string, want int, form url.Values) (done struct{ Once string }) {
	c.Helper()
	path := api + "/actions/" + name
	c.holds(http.MethodPost, path, c.send(http.MethodPost, path, form), want, &done)
	return done
}

func (c *client) holds(method, path string, a reply, want int, into any) {
	c.Helper()
	c.met[method+" "+path] = true
	c.spec.Holds(c.T, method, path, a.status, a.kind, a.body)
	if a.status != want {
		c.Errorf("%s %s: %d, want %d: %s", method, path, a.status, want, a.body)
	}
	if into != nil {
		if err := json.Unmarshal(a.body, into); err != nil {
			c.Errorf("%s %s: %v", method, path, err)
		}
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

// TestTheAPIIsWhatItWas shows each change of what programs rely on: a name that goes, or a member that is there no more,
// breaks them.
func TestTheAPIIsWhatItWas(t *testing.T) {
	got, file := newHouse(t).local(t).spec.Outline(), filepath.Join("testdata", "api.txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the API is another (rewrite testdata/api.txt with -update and look at it); it is now:\n%s", got)
	}
}

// rows are those of a list, as far as other questions need them.
type rows []struct{ ID string }

func TestEveryAnswerOfTheProgramIsAsItIsDescribed(t *testing.T) {
	h := newHouse(t)
	c := h.local(t)
	for _, o := range c.spec.Operations() {
		if path, action := strings.CutPrefix(o, "POST "); action && c.spec.Demands(path) {
			if a := c.send(http.MethodPost, path, url.Values{}); a.status < 400 || a.status >= 500 {
				t.Errorf("%s is told nothing, and answers %d: %s", path, a.status, a.body)
			}
		}
	}
	c.act("evidence.check.run", http.StatusOK, url.Values{"check": {"access/roles-held"}}) // nobody holds one yet
	c.get(api+"/status", http.StatusOK, nil, nil)
	h.person(t, "ada", "owner")
	bea := h.Visit(t)
	bea.Enrol(c.act("authentication.person.invite", http.StatusOK, url.Values{"account": {"bea"}, "group": {"authors"}}).Once, password)
	c.act("authentication.person.invite", http.StatusOK, url.Values{
		"account": {"cyd"}, "name": {"Cyd"}, "email": {"cyd@example.test"}, "locale": {"de"}, "role": {"author"}, "group": {"authors", "readers"}, "reason": {"new here"},
	})
	c.act("access.role.grant", http.StatusOK, url.Values{"account": {"bea"}, "role": {"author"}, "until": {"8h"}, "reason": {"the quarter's report"}})
	c.act("access.role.grant", http.StatusOK, url.Values{"group": {"readers"}, "role": {"reader-of-all"}})
	c.act("access.role.grant", http.StatusOK, url.Values{"account": {"bea"}, "role": {"reader"}})
	c.act("access.role.grant", http.StatusNotFound, url.Values{"account": {"nobody"}, "role": {"author"}})
	c.act("access.role.grant", http.StatusBadRequest, url.Values{"acount": {"bea"}, "role": {"author"}})
	c.act("access.role.revoke", http.StatusOK, url.Values{"account": {"bea"}, "role": {"reader"}, "reason": {"it was the wrong one"}})
	if a := bea.Get(bea.URL(notes, "/notes?q="+url.QueryEscape("1' OR '1'='1"))); a.StatusCode != http.StatusOK {
		t.Fatalf("an attack where it is only observed: %s", a.Status)
	}
	attack := c.indexed("rule:942100")
	c.validation(attack)
	bea.Get(bea.URL(notes, "/long?"+strings.Repeat("x", 300)+"="+url.QueryEscape("1' OR '1'='1"))) // which no exclusion can name
	c.get(api+"/validation/exclusions/new", http.StatusOK, url.Values{"event": {c.indexed("verdict:observed path:/long")}}, nil)
	bea.Post(bea.URL(login, "/logout"), nil)
	bea.SignIn(login, "bea", password, "")
	c.indexed("kind:authentication.login.*")
	c.checks()
	c.record(attack)
	c.views()
	c.people()
	c.act("console.settings.load", http.StatusOK, nil)
	c.get(api+"/process", http.StatusOK, nil, nil)
	const replacing = "POST " + api + "/process/replace" // which would end this process; reload's own story has it

	for _, o := range c.spec.Operations() {
		if !c.met[o] && o != replacing {
			t.Errorf("%s: nobody has asked", o)
		}
	}
	// What would take more rows than a page has, or another program; the console's own tests have the rest. Whether a check
	// could not be asked yet, in the first second of a record, is nobody's to say.
	beyond := []string{"access.grants.next", "app.said.sentence", "authentication.people.next"}
	unmet := slices.DeleteFunc(c.spec.Unmet("console", "evidence"), func(member string) bool { return member == "app.statusCheck.problem" })
	if !slices.Equal(unmet, beyond) {
		t.Errorf("no answer had anything in %q, want %q", unmet, beyond)
	}
}

// validation asks about rules, and what they do not look at.
func (c *client) validation(attack string) {
	c.Helper()
	form := url.Values{"service": {"notes"}, "rule": {"942100"}, "target": {"ARGS:q"}, "path": {"/notes"}, "reason": {"people search for such things"}}
	c.act("validation.exclusion.propose", http.StatusOK, form)
	form.Set("path", "/notes/**")
	c.act("validation.exclusion.allow", http.StatusOK, form)
	c.act("validation.exclusion.allow", http.StatusConflict, form)
	var all struct{ Exclusions rows }
	c.get(api+"/validation", http.StatusOK, nil, &all)
	if len(all.Exclusions) != 2 {
		c.Fatalf("%d exclusions", len(all.Exclusions))
	}
	c.get(api+"/validation/rules/{rule}", http.StatusOK, url.Values{"rule": {"942100"}}, nil)
	c.get(api+"/validation/exclusions/new", http.StatusOK, url.Values{"event": {attack}}, nil)
	c.get(api+"/validation/exclusions/new", http.StatusOK, nil, nil)
	for _, one := range all.Exclusions {
		if a := c.act("validation.exclusion.withdraw", http.StatusOK, url.Values{"id": {one.ID}}); a.Once != "" {
			c.Errorf("withdrawing gives a secret: %q", a.Once)
		}
	}
	c.act("validation.exclusion.accept", http.StatusNotFound, url.Values{"id": {all.Exclusions[0].ID}, "reason": {"after all"}})
}

// checks asks how everything stands.
func (c *client) checks() {
	c.Helper()
	c.act("evidence.check.run", http.StatusOK, url.Values{"check": {"encryption/old-versions-refused"}})
	c.get(api+"/status", http.StatusOK, nil, nil)
	c.get(api+"/overview", http.StatusOK, nil, nil)
	c.get(api+"/practices", http.StatusOK, url.Values{"status": {"pass"}}, nil)
	c.get(api+"/practices", http.StatusBadRequest, url.Values{"status": {"perhaps"}}, nil)
	for _, slug := range []string{"encryption", "firewall"} { // one is built, one is not
		c.get(api+"/practices/{slug}", http.StatusOK, url.Values{"slug": {slug}}, nil)
	}
	c.get(api+"/practices/{slug}/{check}", http.StatusOK, url.Values{"slug": {"encryption"}, "check": {"old-versions-refused"}}, nil)
}

// record asks what happened, and how the services are.
func (c *client) record(attack string) {
	c.Helper()
	var page struct{ Older string }
	c.get(api+"/events", http.StatusOK, url.Values{"limit": {"1"}}, &page)
	c.get(api+"/events", http.StatusOK, url.Values{"limit": {"1"}, "cursor": {page.Older}}, nil)
	c.get(api+"/events", http.StatusOK, url.Values{"q": {"service:notes"}, "open": {attack}}, nil)
	c.get(api+"/events", http.StatusBadRequest, url.Values{"query": {"service:notes"}}, nil)
	c.get(api+"/events/{id}", http.StatusOK, url.Values{"id": {attack}}, nil)
	c.get(api+"/events/{id}", http.StatusNotFound, url.Values{"id": {"nothing"}}, nil)
	c.get(api+"/traffic", http.StatusOK, nil, nil)
	c.get(api+"/services", http.StatusOK, nil, nil)
	c.get(api+"/services/{name}", http.StatusOK, url.Values{"name": {"wiki"}}, nil)
	c.get(api+"/settings", http.StatusOK, nil, nil)
	c.get(description, http.StatusOK, nil, nil)
}

// views keeps queries under names, and lets them go.
func (c *client) views() {
	c.Helper()
	c.act("console.view.save", http.StatusOK, url.Values{"name": {"Refused"}, "q": {"verdict:refused"}})
	c.act("console.view.share", http.StatusOK, url.Values{"name": {"Passed"}, "q": {"verdict:passed"}})
	var list struct{ Views []struct{ ID, Name string } }
	c.get(api+"/events", http.StatusOK, nil, &list)
	for _, v := range list.Views {
		if v.Name == "Refused" {
			of := url.Values{"view": {v.ID}}
			c.act("console.view.choose", http.StatusOK, of)
			c.act("console.view.rename", http.StatusOK, url.Values{"view": {v.ID}, "name": {"Sent away"}})
			c.act("console.view.remove", http.StatusOK, of)
		}
	}
}

// people asks who there is and what they may do, and ends what bea has.
func (c *client) people() {
	c.Helper()
	c.get(api+"/people/invite", http.StatusOK, nil, nil)
	c.get(api+"/grants", http.StatusOK, nil, nil)
	c.get(api+"/grants", http.StatusOK, url.Values{"ending": {"yes"}}, nil)
	trial := url.Values{"service": {"notes"}, "method": {"GET"}, "path": {"/notes/7"}}
	c.get(api+"/roles", http.StatusOK, trial, nil)
	trial.Set("name", "author")
	c.get(api+"/roles/{name}", http.StatusOK, trial, nil)
	for _, role := range []string{"owner", "reader-of-all"} {
		c.get(api+"/roles/{name}", http.StatusOK, url.Values{"name": {role}}, nil)
	}
	c.get(api+"/people", http.StatusOK, nil, nil)
	for _, account := range []string{"cyd", "bea"} {
		var found struct{ People rows }
		c.get(api+"/people", http.StatusOK, url.Values{"name": {account}}, &found)
		if len(found.People) != 1 {
			c.Fatalf("%d people are %s", len(found.People), account)
		}
		of := url.Values{"id": {found.People[0].ID}}
		var one struct{ Sessions rows }
		c.get(api+"/people/{id}", http.StatusOK, of, &one)
		for name, value := range (url.Values{"service": {"wiki"}, "method": {"GET"}, "path": {"/admin/x"}}) {
			of[name] = value
		}
		c.get(api+"/people/{id}/roles", http.StatusOK, of, nil)
		if len(one.Sessions) > 0 {
			c.act("authentication.session.end", http.StatusOK, url.Values{"account": {account}, "session": {one.Sessions[0].ID}})
		}
	}
	for _, action := range []string{"sessions.end", "person.reset", "person.disable", "person.enable"} {
		c.act("authentication."+action, http.StatusOK, url.Values{"account": {"bea"}, "reason": {"she has left"}})
	}
}

// indexed waits until a query finds an event, and gives its id.
func (c *client) indexed(query string) string {
	c.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		var found struct{ Events rows }
		c.get(api+"/events", http.StatusOK, url.Values{"q": {query}}, &found)
		if len(found.Events) > 0 {
			return found.Events[0].ID
		}
	}
	c.Fatalf("%s finds nothing", query)
	return ""
}
