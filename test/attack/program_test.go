package attack_test

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/test/node"
)

const configuration = `
data: {{data}}
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.example.test}
console: {host: console.example.test, listen: "127.0.0.1:0"}
services:
  notes: {hosts: [notes.example.test], upstream: "UPSTREAM", public: ["/search"]}
  wiki: {hosts: [wiki.example.test], path: /wiki, upstream: "UPSTREAM"}
access: {roles: [{name: author, allow: [{service: notes}]}], services: {notes: {headers: true, assertion: true}}}
validation: {services: {wiki: {mode: observe}}}
audits: {first: 1s}
`

// recorded is what the test reads of an event.
type recorded struct {
	Unmapped struct {
		Tenward struct {
			Kind, Verdict, Stage, Service string
			Details                       []struct{ Name, Value string }
		}
	}
}

// run is the run that it is of; empty for none.
func (r *recorded) run() string {
	for _, d := range r.Unmapped.Tenward.Details {
		if d.Name == gate.RunDetail {
			return d.Value
		}
	}
	return ""
}

// The real program attacks its own services soon after its start: past its own sign-in and roles, in front of an
// application that nobody connects to.
func TestTheProgramAttacksItselfAndNoApplication(t *testing.T) {
	program, err := node.Build(filepath.Join("..", ".."), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int64
	app := httptest.NewUnstartedServer(http.NotFoundHandler())
	app.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	app.Start()
	defer app.Close()
	n := node.Start(t, program, strings.ReplaceAll(configuration, "UPSTREAM", app.URL))
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(2 * time.Minute); strings.Count(n.Said(), "attacked a service of our own") < 2; {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("it does not attack itself:\n%s", n.Said())
		}
	}
	if people := n.Command(t, "person", "list"); !strings.Contains(people, "tenward-attack") {
		t.Errorf("nobody can see the account:\n%s", people)
	}
	if out, err := n.Try(t, "person", "reset", "tenward-attack"); err == nil {
		t.Errorf("somebody can become the account: %s", out)
	}
	// The checks have asked too by then, each as often as it was told to, and no application either. wiki is only watched.
	answered := func(status map[string]practice.Status) bool {
		return status["validation/attacks-refused"] == practice.Fail && !slices.Contains(slices.Collect(maps.Values(status)), practice.Unknown)
	}
	for id, want := range map[string]practice.Status{
		"attacks-refused": practice.Fail, "honest-requests-pass": practice.Pass, "every-family-refuses": practice.Pass, "places-read": practice.Warn, "exclusions-narrow": practice.Pass,
		"refusals-explained": practice.Pass, "long-bodies-refused": practice.Warn, "two-readings-refused": practice.Pass,
	} {
		if got := await(t, n, time.Time{}, answered)["validation/"+id]; got != want {
			t.Errorf("validation/%s says %s, want %s", id, got, want)
		}
	}
	n.Stop(t)
	if got := connections.Load(); got != 0 {
		t.Errorf("the application saw %d connections", got)
	}

	type outcome struct{ service, verdict, stage string }
	got, kinds := map[outcome]int{}, map[string]int{}
	all, corpus := events(t, filepath.Join(n.Data, "record")), map[string]bool{}
	for _, e := range all {
		if e.Unmapped.Tenward.Kind == "audits.run.ended" {
			corpus[e.run()] = true
		}
	}
	for _, e := range all {
		one := e.Unmapped.Tenward
		kinds[one.Kind]++
		if strings.HasPrefix(one.Kind, "audits.") || !corpus[e.run()] {
			continue
		}
		got[outcome{one.Service, one.Verdict, one.Stage}]++
	}
	byRules, byGate, honest := 0, 0, len(attack.Honest())
	for _, e := range attack.Attacks() {
		if e.By == attack.ByRules {
			byRules++
		} else {
			byGate++
		}
	}
	want := map[outcome]int{
		{"notes", "passed", ""}: honest, {"notes", "refused", rules}: byRules,
		{"wiki", "passed", ""}: honest, {"wiki", "observed", rules}: byRules,
		{"", "refused", "gate"}: 2 * byGate, // before it is known for which service
	}
	for o, n := range want {
		if got[o] != n {
			t.Errorf("%+v: %d times, want %d", o, got[o], n)
		}
		delete(got, o)
	}
	for o, n := range got {
		t.Errorf("%+v: %d times", o, n)
	}
	for kind, n := range map[string]int{"audits.account.made": 1, "audits.run.began": 2, "audits.run.ended": 2, "access.role.granted": 1} {
		if kinds[kind] != n {
			t.Errorf("%s stands %d times on the record, want %d", kind, kinds[kind], n)
		}
	}

	// A start knows what was tried before it. Nobody tries again: the account may not.
	n.Run(t)
	n.Command(t, "person", "disable", "tenward-attack")
	n.Stop(t)
	began := time.Now()
	n.Run(t)
	await(t, n, began, func(status map[string]practice.Status) bool {
		return status["validation/places-read"] == practice.Unknown && status["validation/attacks-refused"] == practice.Fail &&
			status["validation/honest-requests-pass"] == practice.Pass && status["validation/every-family-refuses"] == practice.Pass
	})
}

// await gives what the checks of validation say as soon as all of them were asked after that time, and what they say is
// what is waited for.
func await(t *testing.T, n *node.Node, after time.Time, wanted func(map[string]practice.Status) bool) map[string]practice.Status {
	t.Helper()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(2 * time.Minute); ; {
		var now struct {
			At        time.Time
			Practices []struct {
				Slug   string
				Checks []struct {
					ID     string
					Status practice.Status
					Age    *int64 // whole seconds
				}
			}
		}
		if err := json.Unmarshal([]byte(n.Command(t, "status", "--json")), &now); err != nil {
			t.Fatal(err)
		}
		status, asked := map[string]practice.Status{}, true
		for _, p := range now.Practices {
			for _, c := range p.Checks {
				if p.Slug == "validation" {
					status[c.ID], asked = c.Status, asked && c.Age != nil && now.At.Add(-time.Duration(*c.Age+1)*time.Second).After(after)
				}
			}
		}
		if asked && wanted(status) {
			return status
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("the checks say %v:\n%s", status, n.Said())
		}
	}
}

// events are all that stand on a record.
func events(t *testing.T, folder string) []recorded {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.seg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no record in %s: %v", folder, err)
	}
	var all []recorded
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := segment.NewReader(f)
		for err == nil {
			var frame segment.Frame
			if frame, err = r.Next(); err == nil {
				var e recorded
				if err = json.Unmarshal(frame.Payload, &e); err == nil {
					all = append(all, e)
				}
			}
		}
		if closed := f.Close(); !errors.Is(err, io.EOF) || closed != nil {
			t.Fatal(err, closed)
		}
	}
	return all
}
