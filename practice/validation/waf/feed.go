package waf

import (
	"errors"
	"strings"

	"github.com/corazawaf/coraza/v3/collection"
	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
)

// Coraza 3.8.1 keeps transformed values under the address of the bytes of their name and their place in a list
// that is ordered anew at each look (rule.go, transformArg). Two values that share one name string are mixed up
// by chance, and then a rule looks at the harmless one twice. Its readers share names: repeated cookies, repeated
// fields of a form, repeated keys of a document, headers of one part, and everything whose name is empty. Its form
// reader also lets a name overwrite another that differs only in case.
//
// So nothing is left to its readers that they would mix up: names and values are read here, and each value goes in
// under a name string of its own.

// own gives a copy of name that shares its bytes with no other string. The empty name gets an address too.
func own(name string) string {
	if name == "" {
		return strings.Clone("x")[:0]
	}
	return strings.Clone(name)
}

// single is what Coraza's one-valued variables can do besides being read.
type single interface{ Set(string) }

// variables opens a transaction for what its own methods cannot set.
func variables(tx types.Transaction) (plugintypes.TransactionVariables, error) {
	state, ok := tx.(plugintypes.TransactionState)
	if !ok {
		return nil, errors.New("the rule engine does not show its variables")
	}
	return state.Variables(), nil
}

func set(v collection.Single, value string) error {
	s, ok := v.(single)
	if !ok {
		return errors.New("the rule engine does not let " + v.Name() + " be set")
	}
	s.Set(value)
	return nil
}

func fill(m collection.Map, list []field) {
	for _, f := range list {
		m.Add(own(f.name), f.value)
	}
}

// refill puts list in the place of what Coraza read by itself, if that has names that share their bytes.
func refill(m collection.Map, list []field) {
	if !shared(list) {
		return
	}
	for _, f := range list {
		m.Remove(f.name)
	}
	fill(m, list)
}

// shared says whether a name is empty or comes twice.
func shared(list []field) bool {
	if len(list) < 8 {
		for i, f := range list {
			if f.name == "" {
				return true
			}
			for _, g := range list[:i] {
				if g.name == f.name {
					return true
				}
			}
		}
		return false
	}
	seen := make(map[string]struct{}, len(list))
	for _, f := range list {
		seen[f.name] = struct{}{}
	}
	_, empty := seen[""]
	return empty || len(seen) < len(list)
}
