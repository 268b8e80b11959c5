package validation

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/practice"
)

// families are those of the rule set that look for attacks, by the first three digits of their rules. An attack that one
// of them misses is often found by another, so that a family may be missing for long before an attack passes.
var families = []struct {
	number int
	name   string
}{
	{913, "scanners"}, {920, "protocol enforcement"}, {921, "protocol attacks"}, {922, "forms in parts"}, {930, "files of the server"},
	{931, "files from elsewhere"}, {932, "commands"}, {933, "PHP"}, {934, "other languages"}, {941, "cross-site scripting"},
	{942, "SQL"}, {943, "session fixation"}, {944, "Java"},
}

// familiesRefuse asks whether each has matched in an attack that was refused, or was only watched.
func familiesRefuse(r *attack.Report) (status practice.Status, failing []string, sentence string) {
	matched, unjudged := map[int]bool{}, 0
	for i := range r.Results {
		one := &r.Results[i]
		if one.Entry.Expect != attack.Refused || one.Entry.By != attack.ByRules {
			continue
		}
		switch one.Answer(stageName) {
		case attack.WasRefused, attack.WasObserved:
			for _, id := range one.Rules {
				if n, err := strconv.Atoi(id); err == nil {
					matched[n/1000] = true
				}
			}
		case attack.Unjudged:
			unjudged++
		}
	}
	var names []string
	for _, f := range families {
		if !matched[f.number] {
			failing, names = append(failing, strconv.Itoa(f.number)), append(names, f.name)
		}
	}
	switch {
	case len(failing) == 0:
		return practice.Pass, nil, fmt.Sprintf("All %d families of rules have found something.", len(families))
	case unjudged > 0 || len(r.Results) == 0:
		return practice.Unknown, failing, fmt.Sprintf("%d attacks were judged by nobody, and no rule has matched about: %s.", unjudged, strings.Join(names, ", "))
	}
	return practice.Fail, failing, fmt.Sprintf("No attack was found by the rules about: %s.", strings.Join(names, ", "))
}
