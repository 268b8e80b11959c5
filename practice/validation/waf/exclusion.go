package waf

import (
	"errors"
	"regexp"
	"strings"

	"github.com/corazawaf/coraza/v3/types"
	where "github.com/corazawaf/coraza/v3/types/variables"
)

// Exclusion takes one rule's eyes off one target. Whether it applies to a request is its caller's to say: the whole
// request is read and bounded as ever, and all other rules look at all of it.
type Exclusion struct {
	Rule   int
	Target Target
}

// blinder is what the engine does for its own action ctl:ruleRemoveTargetById.
type blinder interface {
	RemoveRuleTargetByID(id int, variable where.RuleVariable, key string, pattern *regexp.Regexp)
}

// exclude prepares a transaction before its first rule runs.
//
// The engine compares names without regard to case, and an application need not: to it, Comment and comment may be two
// fields. So a name is only taken out where no other in the same variable differs from it by case alone.
func exclude(tx types.Transaction, in *input, list []Exclusion) error {
	if len(list) == 0 {
		return nil
	}
	b, ok := tx.(blinder)
	if !ok {
		return errors.New("the rule engine does not let targets be excluded")
	}
	for _, e := range list {
		switch e.Target.kind {
		case nowhere:
			return errors.New("an exclusion has no target")
		case document:
			b.RemoveRuleTargetByID(e.Rule, where.RequestXML, e.Target.name, nil)
			fallthrough
		case lone, headers:
			b.RemoveRuleTargetByID(e.Rule, e.Target.variable, e.Target.name, nil)
		default:
			for _, name := range in.meant(e.Target) {
				b.RemoveRuleTargetByID(e.Rule, e.Target.variable, name, nil)
			}
		}
	}
	return nil
}

// meant gives the names of this request that a target means and that cannot be taken for others.
func (in *input) meant(t Target) []string {
	var meant, others []string
	in.names(t.kind, func(name string) {
		switch {
		case name == "": // to the engine, the empty name is every name
		case t.means(name):
			meant = append(meant, name)
		default:
			others = append(others, strings.ToLower(name))
		}
	})
	if len(meant) == 0 {
		return nil
	}
	taken := make(map[string]bool, len(others))
	for _, o := range others {
		taken[o] = true
	}
	var alone []string
	for _, name := range meant {
		if lower := strings.ToLower(name); !taken[lower] {
			taken[lower] = true // once is enough
			alone = append(alone, name)
		}
	}
	return alone
}

// names goes through the names of a kind of values.
func (in *input) names(k kind, each func(string)) {
	of := func(list []field) {
		for _, f := range list {
			each(f.name)
		}
	}
	switch k {
	case query:
		of(in.query)
	case posted:
		of(in.body.values)
	case both:
		of(in.query)
		of(in.body.values)
	case cookies:
		of(in.cookies)
	case partHeaders:
		of(in.body.form.headers)
	case files:
		for _, f := range in.body.form.files {
			each(f.field)
		}
	}
}
