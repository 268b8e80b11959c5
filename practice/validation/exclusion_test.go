package validation

import (
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/practice"
)

const attacked = "https://notes.test/search?q=1'+or+'1'='1"

// passes says whether the rules let a request through.
func (h *house) passes(target string) bool {
	h.Helper()
	x := gatetest.Exchange(h.T, "GET", target, nil, "User-Agent", "Mozilla/5.0", "Accept", "*/*")
	v, err := h.service.Practice().Stages[0].Run(h.Context(), x)
	if err != nil {
		h.Fatal(err)
	}
	noted := false
	for _, d := range x.Details {
		noted = noted || d.Name == "validation.excluded" && d.Value == "942100 ARGS:q"
	}
	if !v.Refuses() && strings.HasPrefix(target, attacked) && !noted {
		h.Errorf("the event does not say why %s passed: %+v", target, x.Details)
	}
	return !v.Refuses()
}

func excluding(path string) func(*Config) {
	return func(c *Config) {
		c.Services = map[string]ServiceConfig{"notes": {Mode: Block, Exclusions: []ExclusionConfig{
			{Rule: 942100, Target: "ARGS:q", Path: config.PathPattern(path), Reason: "people look for quotes"},
		}}}
	}
}

func TestTheFileTakesOneRulesEyesOffOneParameter(t *testing.T) {
	each(t, excluding("/search"), func(h *house) {
		for target, want := range map[string]bool{
			attacked: true,
			"https://notes.test/search/all?q=1'+or+'1'='1": false, // another path
			"https://notes.test/search?p=1'+or+'1'='1":     false, // another parameter
			"https://notes.test/search?q=<script>alert(1)": false, // another rule
		} {
			if got := h.passes(target); got != want {
				t.Errorf("%s passes: %v", target, got)
			}
		}
	})
}

func TestAProposalChangesNothingUntilItIsAccepted(t *testing.T) {
	each(t, nil, func(h *house) {
		if r := h.do("propose", form()); !strings.Contains(r.Sentence, "Nothing has changed yet") || r.Undo != nil {
			t.Errorf("it says %+v", r)
		}
		if h.passes(attacked) {
			t.Error("what was only proposed counts")
		}
		id := h.only()
		h.refused("validation.exclusion.twice", "propose", form())
		h.refused("validation.exclusion.reason", "accept", url.Values{"id": {id}})
		r := h.do("accept", url.Values{"id": {id}, "reason": {"they do"}})
		if !h.passes(attacked) {
			t.Error("what was accepted does not count")
		}
		h.refused("validation.exclusion.unknown", "accept", url.Values{"id": {id}, "reason": {"again"}})
		h.refused("validation.exclusion.twice", "allow", form())

		h.start(nil) // as another node, or the next start, has it
		if !h.passes(attacked) {
			t.Error("after a start it does not count")
		}
		h.do("withdraw", r.Undo.Form)
		if h.passes(attacked) {
			t.Error("what was withdrawn counts")
		}
		h.refused("validation.exclusion.unknown", "withdraw", url.Values{"id": {id}})
		if got := strings.Join(h.record.Kinds(), " "); got != "validation.exclusion.proposed validation.exclusion.accepted validation.exclusion.withdrawn" {
			t.Errorf("recorded %s", got)
		}
		for _, e := range h.record.Events() {
			if len(e.Details) != 3 || e.Details[0].Value != "942100 ARGS:q on notes /search" || e.Details[1].Value == "" || e.Details[2].Value != "uid 0" {
				t.Errorf("%s says %+v", e.Kind, e.Details)
			}
		}
		var versions int
		if err := h.db.QueryRow(t.Context(), "SELECT COUNT(*) FROM validation_exclusion WHERE id = $1", id).Scan(&versions); err != nil || versions != 3 {
			t.Errorf("%d versions are kept: %v", versions, err)
		}
	})
}

func TestAnotherNodeHearsOfIt(t *testing.T) {
	each(t, nil, func(h *house) {
		first := h.service
		h.start(nil)
		h.do("allow", form())
		h.service = first
		if h.passes(attacked) {
			t.Fatal("the other node knows before it has asked")
		}
		if err := h.service.Practice().Jobs[0].Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !h.passes(attacked) {
			t.Error("the other node does not hear of it")
		}
	})
}

func TestWhatCannotBeRecordedDoesNotCount(t *testing.T) {
	each(t, nil, func(h *house) {
		h.record.Break(errDisk)
		if _, err := h.action("allow").Do(h.as(practice.RoleAdmin), form()); err == nil || h.passes(attacked) {
			t.Errorf("it was done: %v", err)
		}
	})
}

func TestWhereBothSpeakTheFileWins(t *testing.T) {
	each(t, excluding("/elsewhere"), func(h *house) {
		effect, err := h.action("allow").Effect(h.as(practice.RoleAdmin), form())
		if err != nil || !strings.Contains(effect, "for /elsewhere: it wins") {
			t.Errorf("the effect is %q, %v", effect, err)
		}
		h.do("allow", form())
		if h.passes(attacked) {
			t.Error("the console's word counts though the file speaks of the same")
		}
		if page := h.page(practice.RoleAdmin, "/validation", nil); !strings.Contains(page, "The file wins") {
			t.Errorf("the page does not say so:\n%s", page)
		}
		h.start(nil)
		if !h.passes(attacked) {
			t.Error("without the file's the console's does not count")
		}
	})
}

func TestWhatCannotBeExcluded(t *testing.T) {
	each(t, nil, func(h *house) {
		for code, change := range map[string][2]string{
			"validation.exclusion.rule":    {"rule", "949110"}, // it keeps the score
			"validation.exclusion.service": {"service", "shopp"},
			"validation.exclusion.target":  {"target", "TX:blocking_inbound_anomaly_score"},
			"validation.exclusion.path":    {"path", "/a/../b"},
			"validation.exclusion.reason":  {"reason", strings.Repeat("x", maxReason+1)},
		} {
			h.refused(code, "propose", form(change[0], change[1]))
			if code != "validation.exclusion.reason" {
				if _, err := h.action("propose").Effect(h.as(practice.RoleAuditor), form(change[0], change[1])); err == nil {
					t.Errorf("%s has an effect", code)
				}
			}
		}
		for _, rule := range []string{"", "x", "7700001", "-1", "99999999999999999999"} {
			h.refused("validation.exclusion.rule", "propose", form("rule", rule))
		}
		h.refused("validation.exclusion.reason", "propose", form("reason", "two\nlines"))
		for i := range maxProposals {
			h.do("propose", form("target", "ARGS:p"+strconv.Itoa(i)))
		}
		h.refused("validation.exclusion.many", "propose", form())
	})
}

// A service or a rule can go while an exclusion of it is kept. It must not keep the rest from counting.
func TestAnExclusionOfWhatHasGoneCountsNothing(t *testing.T) {
	each(t, nil, func(h *house) {
		if _, err := h.db.Exec(t.Context(), `INSERT INTO validation_exclusion (id, version, state, service, rule, target, path, reason, set_by, created_at)
			VALUES ('x', 1, 'accepted', 'gone', 942100, 'ARGS:q', '/**', 'r', 'b', 1), ('y', 1, 'accepted', 'notes', 1, 'ARGS:q', '/**', 'r', 'b', 1)`); err != nil {
			t.Fatal(err)
		}
		h.do("allow", form())
		h.start(nil)
		if !h.passes(attacked) {
			t.Error("what is good does not count")
		}
		h.only()
	})
}

func TestTheConfigurationSaysWhatIsWrongWithAnExclusion(t *testing.T) {
	for name, c := range map[string]ExclusionConfig{
		"rule":   {Rule: 949110, Target: "ARGS:q", Path: "/**", Reason: "r"},
		"target": {Rule: 942100, Target: "ARGS", Path: "/**", Reason: "r"},
		"path":   {Rule: 942100, Target: "ARGS:q", Reason: "r"},
		"reason": {Rule: 942100, Target: "ARGS:q", Path: "/**", Reason: " "},
	} {
		text := "body: {inspect: 1MiB}\nparanoia: 1\nservices:\n  notes:\n    exclusions:\n      - {rule: " + strconv.Itoa(c.Rule) + ", target: '" + c.Target + "', path: '" + string(c.Path) + "', reason: '" + c.Reason + "'}\n"
		if c.Path == "" {
			text = strings.Replace(text, ", path: ''", "", 1)
		}
		var cfg Config
		_, err := config.Parse("tenward.yaml", []byte(text), &cfg, config.Options{})
		if err == nil || !strings.Contains(err.Error(), "services.notes.exclusions[0]."+name) {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

func TestAllowThisIsOfferedForWhatRulesRefused(t *testing.T) {
	each(t, nil, func(h *house) {
		of := h.service.Practice().Remedies[0].For
		id := h.came("notes", "/search", sqli("ARGS:q", "1' or"))
		if got := of(h.events[0]); got != "/validation/exclusions/new?event="+id {
			t.Errorf("it leads to %q", got)
		}
		for name, change := range map[string]func(*event.Event){
			"what passed":              func(e *event.Event) { e.Verdict = event.Passed },
			"what another refused":     func(e *event.Event) { e.Stage = "access.decision" },
			"what no rule matched":     func(e *event.Event) { e.Rules = nil },
			"a rule of Tenward's own":  func(e *event.Event) { e.Rules = []event.Rule{{ID: "7700001", Target: "ARGS:q"}} },
			"a place without a name":   func(e *event.Event) { e.Rules = []event.Rule{sqli("ARGS", "x")} },
			"a service that is no one": func(e *event.Event) { e.Service = "" },
		} {
			e := *h.events[0]
			change(&e)
			if got := of(&e); got != "" {
				t.Errorf("%s leads to %q", name, got)
			}
		}
	})
}
