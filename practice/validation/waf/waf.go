// Package waf asks the OWASP Core Rule Set what it thinks of a request.
//
// The rules are CRS 4 (coreruleset.org), the engine is Coraza 3 (coraza.io). Inspect is the only way in. The engine
// evaluates; reading the request is done here, because attacks live where two parsers disagree: a request that
// cannot be read in one way only is a Fault, and each value that can be read goes to the rules (feed.go says which
// faults of the engine this avoids). Answers are not looked at.
package waf

import (
	_ "embed" // for setup.conf
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	"github.com/corazawaf/coraza/v3/experimental"
	"github.com/corazawaf/coraza/v3/types"
)

// Options are what a WAF is made of. The zero value is paranoia level 1 without directives of one's own.
type Options struct {
	// Paranoia is the level of the rules that are asked and that refuse: 1, with few false alarms, to 4.
	Paranoia int
	// Directives are the operator's own rules and exclusions in SecLang; see Directives for what they may be.
	Directives string
}

// WAF is a compiled set of rules. It is safe for concurrent use.
type WAF struct {
	engine coraza.WAF
	rules  []Description // by id
}

//go:embed setup.conf
var setup string

// New compiles the rules. An error in a directive is a *DirectiveError.
func New(o Options) (*WAF, error) {
	if o.Paranoia == 0 {
		o.Paranoia = 1
	}
	if o.Paranoia < 1 || o.Paranoia > 4 {
		return nil, fmt.Errorf("paranoia level %d: it is 1 to 4", o.Paranoia)
	}
	own, err := parseDirectives(o.Directives)
	if err != nil {
		return nil, err
	}
	w := new(WAF)
	w.engine, err = compile(o.Paranoia, own, func(meta types.RuleMetadata) {
		if d, ok := describe(meta); ok && d.Paranoia <= o.Paranoia {
			w.rules = append(w.rules, d)
		}
	})
	if err != nil {
		return nil, blame(o.Paranoia, own, err)
	}
	slices.SortFunc(w.rules, func(a, b Description) int { return a.ID - b.ID })
	if err := w.check(); err != nil {
		return nil, err
	}
	return w, nil
}

// compile puts the operator's rules before the rule set, so that they can exclude parts of it for a request, and
// what changes rules after it, when those exist. each is told of every rule that is taken.
func compile(paranoia int, own []directive, each func(types.RuleMetadata)) (coraza.WAF, error) {
	level := strconv.Itoa(paranoia)
	c := experimental.WAFConfigWithRuleObserver(coraza.NewWAFConfig(), each).WithRootFS(coreruleset.FS).WithDirectives(setup).
		WithDirectives(`SecAction "id:7700000,phase:1,pass,nolog,t:none,setvar:tx.blocking_paranoia_level=` + level +
			`,setvar:tx.detection_paranoia_level=` + level + `"`)
	for _, d := range own {
		if !d.changes() {
			c = c.WithDirectives(d.text)
		}
	}
	c = c.WithDirectives("Include @owasp_crs/REQUEST-*.conf")
	for _, d := range own {
		if d.changes() {
			c = c.WithDirectives(d.text)
		}
	}
	return coraza.NewWAF(c)
}

// check makes sure that the engine lets itself be fed, so that a request never finds out first.
func (w *WAF) check() error {
	tx := w.engine.NewTransaction()
	v, err := variables(tx)
	if err == nil {
		err = errors.Join(set(v.RequestBody(), ""), set(v.RequestBodyLength(), ""), set(v.RequestBodyProcessor(), ""), set(v.FilesCombinedSize(), ""))
	}
	return errors.Join(err, tx.Close())
}
