package waf

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
)

// outcome is what became of a transaction.
func outcome(tx types.Transaction, v plugintypes.TransactionVariables, stop *types.Interruption) Result {
	r := Result{Blocked: stop != nil}
	by := 0 // the rule that ended it; a rule of the operator's may say nothing else
	if stop != nil {
		by, r.Status = stop.RuleID, stop.Status
		if r.Status < 400 || r.Status > 499 {
			r.Status = 403
		}
	}
	if score := v.TX().Get("blocking_inbound_anomaly_score"); len(score) > 0 {
		r.Score, _ = strconv.Atoi(score[0]) // the rule set's own arithmetic
	}
	for _, m := range tx.MatchedRules() {
		if detects(m, by) {
			r.Rules = append(r.Rules, rule(m))
		}
	}
	return r
}

// detects says whether a rule found something, rather than prepared or summed up: the rule set's rules 901, 949 and
// 980 set variables and keep the score. Those below 900000 are the operator's.
func detects(m types.MatchedRule, by int) bool {
	meta := m.Rule()
	for _, t := range meta.Tags() {
		if t == "anomaly-evaluation" || t == "reporting" {
			return false
		}
	}
	graded := meta.Severity() != types.RuleSeverityUnset
	return meta.ID() == by || m.Message() != "" && (graded || meta.ID() < 900000)
}

func rule(m types.MatchedRule) Rule {
	meta := m.Rule()
	r := Rule{ID: strconv.Itoa(meta.ID()), Message: m.Message()}
	if meta.Severity() != types.RuleSeverityUnset {
		r.Severity = meta.Severity().String()
	}
	for _, t := range meta.Tags() {
		if level, ok := strings.CutPrefix(t, "paranoia-level/"); ok {
			r.Paranoia, _ = strconv.Atoi(level)
		}
	}
	data := m.MatchedDatas()
	if i := slices.IndexFunc(data, func(d types.MatchData) bool { return d.Variable().Name() != "TX" }); i >= 0 {
		r.Target, r.Match = data[i].Variable().Name(), data[i].Value()
		if key := data[i].Key(); key != "" {
			r.Target += ":" + key
		}
	}
	return r
}
