package attack_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/practice/validation"
)

// The rules as they come find each attack in each place that it is said to be looked for, and without them none is
// stopped by anything else.
func TestEveryPlaceIsLookedInto(t *testing.T) {
	entries := append(attack.Places("tw7"), attack.Entry{ID: "long", Expect: attack.Refused, By: attack.ByRules, Request: attack.Long("/", 2<<20)})
	stages := newRules(t, func(*validation.Config) {}).Practice().Stages
	places, ids := map[string]bool{}, map[string]bool{}
	for _, r := range sendAll(t, stages, entries).Results {
		if got := r.Answer(rules); got != attack.WasRefused {
			t.Errorf("%s: %q by %q with %d and rules %v, %s", r.Entry.ID, got, r.Stage, r.Status, r.Rules, r.Error)
		}
		if ids[r.Entry.ID] {
			t.Errorf("two are called %s", r.Entry.ID)
		}
		places[r.Entry.Kind], ids[r.Entry.ID] = true, true
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "practices", "validation.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("are %d attacks found in %d places", len(entries)-1, len(places)-1); !strings.Contains(string(text), want) { // the long one names no place
		t.Errorf("validation.md does not say %q", want)
	}
	for _, r := range sendAll(t, nil, entries).Results {
		if got := r.Answer(rules); got != attack.WasPassed {
			t.Errorf("%s without rules: %q by %q with %d, %s", r.Entry.ID, got, r.Stage, r.Status, r.Error)
		}
	}
}
