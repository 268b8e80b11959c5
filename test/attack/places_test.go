package attack_test

import "testing"
import "github.com/tenward/tenward/attack"
import "github.com/tenward/tenward/practice/validation"

func TestMatrix(t *testing.T) {
	for _, r := range sendAll(t, newRules(t, func(*validation.Config) {}).Practice().Stages, attack.Places("tw7")).Results {
		if r.Answer(rules) != attack.WasRefused {
			t.Errorf("%s: %s %d %v %s", r.Entry.ID, r.Verdict, r.Status, r.Rules, r.Stage)
		}
	}
}
