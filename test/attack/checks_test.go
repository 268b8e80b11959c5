package attack_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/validation"
)

// last is one report about one service.
type last struct{ report *attack.Report }

func (l last) Report(context.Context, string) (*attack.Report, error) { return l.report, nil }

// From outside: what somebody writes into the configuration turns the checks red, and they name what got through.
func TestTheChecksSeeRulesThatDoNotHold(t *testing.T) {
	for _, tt := range []struct {
		name            string
		change          func(*validation.Config)
		attacks, honest practice.Status
		failing         string // an id that the one which is not well must name
	}{
		{name: "as it comes", change: func(*validation.Config) {}, attacks: practice.Pass, honest: practice.Pass},
		{
			name: "without the rules about SQL", change: func(c *validation.Config) { c.Directives = `SecRuleRemoveByTag "attack-sqli"` },
			attacks: practice.Fail, honest: practice.Pass, failing: "sql.tautology",
		},
		{
			name: "with one field taken out of all rules", change: func(c *validation.Config) { c.Directives = `SecRuleUpdateTargetByTag "OWASP_CRS" "!ARGS:q"` },
			attacks: practice.Fail, honest: practice.Pass, failing: "xss.script",
		},
		{
			name: "only watched", change: func(c *validation.Config) {
				c.Services = map[string]validation.ServiceConfig{"notes": {Mode: validation.Observe}}
			},
			attacks: practice.Fail, honest: practice.Pass, failing: "sql.tautology",
		},
		{name: "at the strictest", change: func(c *validation.Config) { c.Paranoia = 4 }, attacks: practice.Pass, honest: practice.Fail, failing: "name.obrien"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			valid := newRules(t, tt.change)
			report := send(t, valid.Practice().Stages)
			valid.TriedBy(last{&report})
			failing := map[practice.Status]string{}
			for _, c := range valid.Practice().Checks {
				var want practice.Status
				switch c.ID {
				case "validation/attacks-refused":
					want = tt.attacks
				case "validation/honest-requests-pass":
					want = tt.honest
				default:
					continue
				}
				findings, err := c.Run(t.Context())
				if err != nil || len(findings) != 1 {
					t.Fatalf("%s: %v, %v", c.ID, findings, err)
				}
				if findings[0].Status != want {
					t.Errorf("%s: %s (%s), want %s: %s", c.ID, findings[0].Status, findings[0].Sentence, want, findings[0].Proof)
				}
				failing[want] = string(findings[0].Proof)
			}
			if tt.failing == "" {
				return
			}
			var proof struct{ Failing []string }
			if err := json.Unmarshal([]byte(failing[practice.Fail]), &proof); err != nil || !slices.Contains(proof.Failing, tt.failing) {
				t.Errorf("the proof does not name %s: %v", tt.failing, proof.Failing)
			}
		})
	}
}

// A family of rules that is gone is named, also where others find most of what it would have found.
func TestTheChecksSeeThatAFamilyIsGone(t *testing.T) {
	for _, tt := range []struct {
		name, directive string
		want            practice.Status
		failing         []string
	}{
		{"as it comes", "", practice.Pass, nil},
		{"scanners are left alone", `SecRuleRemoveByTag "attack-reputation-scanner"`, practice.Fail, []string{"913"}},
		{"Java and PHP are not used here", `SecRuleRemoveByTag "language-java"` + "\n" + `SecRuleRemoveByTag "language-php"`, practice.Fail, []string{"933", "944"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			valid := newRules(t, func(c *validation.Config) { c.Directives = tt.directive })
			report := send(t, valid.Practice().Stages)
			valid.TriedBy(last{&report})
			all := valid.Practice().Checks
			i := slices.IndexFunc(all, func(c practice.Check) bool { return c.ID == "validation/every-family-refuses" })
			findings, err := all[i].Run(t.Context())
			if err != nil || len(findings) != 1 || findings[0].Status != tt.want {
				t.Fatalf("%+v, %v, want %s", findings, err, tt.want)
			}
			var proof struct{ Failing []string }
			if err := json.Unmarshal(findings[0].Proof, &proof); err != nil || !slices.Equal(proof.Failing, tt.failing) {
				t.Errorf("the proof names %q, want %q: %v", proof.Failing, tt.failing, err)
			}
		})
	}
}
