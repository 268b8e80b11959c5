package policy

import (
	"slices"

	"github.com/tenward/tenward/config"
)

// Line is what decided a request: a rule, and the one of its paths that the request is in.
type Line struct {
	Rule
	Path config.PathPattern
}

// Explain is Decide with the line that decided. Where several allow, or forbid, it names one of them; where none speaks
// about the request there is none.
func (s *Set) Explain(roles []string, r Request) (Decision, *Line) {
	d, by := s.answer(roles, r)
	i := slices.IndexFunc(s.all, func(one compiled) bool { return one.id == by })
	if i < 0 {
		return d, nil
	}
	return d, &Line{s.all[i].rule, s.all[i].path}
}
