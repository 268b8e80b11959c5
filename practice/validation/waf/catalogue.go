package waf

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/types"
)

// Description is one rule that looks for something.
type Description struct {
	ID       int    `json:"id"`
	Group    string `json:"group"`              // what it belongs to, "Attack: sqli"; "Your own" for the operator's
	Looks    string `json:"looks"`              // what it looks for, in its own words
	Severity string `json:"severity,omitempty"` // "critical"; empty where it refuses by itself
	Paranoia int    `json:"paranoia,omitempty"` // the paranoia level it belongs to; 0 when it says none
	Points   int    `json:"points"`             // what a match of it adds to a request's score
}

// Threshold is the score at which a request is refused, the rule set's own (setup.conf).
const Threshold = 5

// Ids that only prepare or keep the score, and those of Tenward's own that say that a request could not be read. Nothing
// is excluded from these.
const (
	firstPreparing, lastPreparing = 900000, 909999
	firstOwn, lastOwn             = 7700000, 7799999
)

var (
	message   = regexp.MustCompile(`[",]msg:'((?:[^'\\]|\\.)*)'`)
	groupFile = regexp.MustCompile(`REQUEST-[0-9]{3}-([A-Z0-9-]+)\.conf$`)
)

// describe gives what a rule says of itself; ok is false for rules that prepare, count or sum up.
func describe(meta types.RuleMetadata) (d Description, ok bool) {
	id := meta.ID()
	if id == 0 || id >= firstPreparing && id <= lastPreparing || id >= firstOwn && id <= lastOwn {
		return d, false
	}
	for _, t := range meta.Tags() {
		if t == "anomaly-evaluation" || t == "reporting" {
			return d, false
		}
	}
	m := message.FindStringSubmatch(meta.Raw())
	graded := meta.Severity() != types.RuleSeverityUnset
	if m == nil || !graded && id >= 900000 {
		return d, false
	}
	d = Description{ID: id, Group: "Your own", Looks: strings.ReplaceAll(m[1], `\'`, `'`)}
	if f := groupFile.FindStringSubmatch(meta.File()); f != nil {
		d.Group = groupName(f[1])
	}
	if graded {
		d.Severity = meta.Severity().String()
		d.Points = points[d.Severity]
	}
	for _, t := range meta.Tags() {
		if level, found := strings.CutPrefix(t, "paranoia-level/"); found {
			d.Paranoia, _ = strconv.Atoi(level) // the rule set's own word
		}
	}
	return d, true
}

// points are what severities add to a request's score, the rule set's own.
var points = map[string]int{"critical": 5, "error": 4, "warning": 3, "notice": 2}

// groupName makes words of a file's name: "Application attack: sqli".
func groupName(file string) string {
	if attack, ok := strings.CutPrefix(file, "APPLICATION-ATTACK-"); ok {
		return "Attack: " + strings.ToLower(strings.ReplaceAll(attack, "-", " "))
	}
	words := strings.ToLower(strings.ReplaceAll(file, "-", " "))
	return strings.ToUpper(words[:1]) + words[1:]
}

// Rules lists the rules that look for something at the paranoia level that is asked, by their ids.
func (w *WAF) Rules() []Description { return slices.Clone(w.rules) }

// Rule finds one by its id.
func (w *WAF) Rule(id int) (Description, bool) {
	i, found := slices.BinarySearchFunc(w.rules, id, func(d Description, id int) int { return d.ID - id })
	if !found {
		return Description{}, false
	}
	return w.rules[i], true
}
