// Package attack_test sends the whole corpus through a real gate, over TLS, with the rules as they are unless somebody
// writes otherwise.
package attack_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/validation"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// rules is the stage whose refusals count.
const rules = "validation.request"

// newRules are the rules, as the demo has them but for what change does.
func newRules(t *testing.T, change func(*validation.Config)) *validation.Service {
	t.Helper()
	var conf validation.Config
	conf.Defaults()
	change(&conf)
	valid, err := validation.New(conf, []string{"notes"})
	if err != nil {
		t.Fatal(err)
	}
	return valid
}

// send sends the corpus through a gate with these stages.
func send(t *testing.T, stages []gate.Stage) attack.Report {
	t.Helper()
	return sendAll(t, stages, attack.Corpus())
}

// sendAll sends these.
func sendAll(t *testing.T, stages []gate.Stage, entries []attack.Entry) attack.Report {
	t.Helper()
	db := storetest.Memory(t)
	tags, err := attack.OpenTags(t.Context(), db.Secrets(store.NewMasterKey()), cluster.Alone(time.Now), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	// Nothing listens there: a request that went on would be answered with 502.
	s := gatetest.Start(t, "http://127.0.0.1:1", func(o *gate.Options) {
		o.Stages = slices.Concat(audits.New(audits.Config{}, tags, nil).Practice().Stages, stages)
	})
	report, err := attack.Run(t.Context(), attack.Options{
		Targets: []attack.Target{{Service: "notes", Host: "notes.test", Path: "/", Session: "session"}},
		Entries: entries, Tags: tags, Cookie: gate.SessionCookie, Source: netip.MustParseAddr("127.0.0.1"),
		Door: s.Client.Transport, Workers: 4, Rate: 10_000, Timeout: 30 * time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestEveryAttackIsRefusedAndEveryHonestRequestPasses(t *testing.T) {
	attacks, honest := 0, 0
	for _, r := range send(t, newRules(t, func(*validation.Config) {}).Practice().Stages).Results {
		want := attack.WasPassed
		if honest++; r.Entry.Expect == attack.Refused {
			want = attack.WasRefused
			honest--
			attacks++
		}
		if got := r.Answer(rules); got != want {
			t.Errorf("%s (%s): %q by %q with %d and rules %v, %s", r.Entry.ID, r.Entry.What, r.Verdict, r.Stage, r.Status, r.Rules, r.Error)
		}
	}
	if attacks < 100 || honest < 100 {
		t.Errorf("the corpus has %d attacks and %d honest requests, want 100 of each", attacks, honest)
	}
}

// Without the rules every attack that they refuse passes: none counts that something else stops.
func TestWithoutTheRulesTheAttacksPass(t *testing.T) {
	for _, r := range send(t, nil).Results {
		want := attack.WasPassed
		if r.Entry.By == attack.ByGate {
			want = attack.WasRefused
		}
		if got := r.Answer(rules); got != want {
			t.Errorf("%s: %q by %q with %d, %s", r.Entry.ID, got, r.Stage, r.Status, r.Error)
		}
		if r.Status == http.StatusBadGateway {
			t.Errorf("%s reached for the application", r.Entry.ID)
		}
	}
}

func TestTheDocumentsSayHowLargeTheCorpusIs(t *testing.T) {
	for _, file := range []string{"docs/practices/audits.md", "docs/practices/validation.md", "CHANGELOG.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{fmt.Sprintf("%d attacks", len(attack.Attacks())), fmt.Sprintf("%d honest requests", len(attack.Honest()))} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s does not say %q", file, want)
			}
		}
	}
}
