package validation

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/tenward/tenward/event/index"
)

// lately is how far back matches are counted.
const lately = "last:7d"

// matches is the query that finds where a rule matched on a service's paths.
func (s *Service) matches(e exclusion) (index.Query, error) {
	text := fmt.Sprintf("rule:%d service:%s %s", e.Rule, e.Service, lately)
	if path := strings.ReplaceAll(string(e.Path), "**", "*"); e.Path != "/**" && plainPath(path) {
		text += " path:" + path
	}
	return index.Parse(text, s.keeping.Now())
}

// plainPath says whether a path needs no quotes in a query, which would take the meaning from its asterisks.
func plainPath(path string) bool {
	return strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._~*-") == ""
}

// effectOf says what an exclusion would open, and how often the rule matched there.
func (s *Service) effectOf(ctx context.Context, e exclusion) (string, error) {
	q, err := s.matches(e)
	if err != nil {
		return "", err
	}
	n, err := s.keeping.Index.Count(ctx, q)
	if err != nil {
		return "", err
	}
	where := string(e.Path)
	if e.Path == "/**" {
		where = "every path"
	}
	text := fmt.Sprintf("Rule %d does not look at %s of %s on %s. All other rules look at it as ever. In the last 7 days it matched there in %s.", e.Rule, e.Target, where, e.Service, times(n))
	if i := slices.IndexFunc(s.file, func(f exclusion) bool { return f.about() == e.about() }); i >= 0 {
		text += " The configuration speaks of this rule and parameter itself, for " + string(s.file[i].Path) + ": it wins, and this changes nothing."
	}
	return text, nil
}

func times(n int64) string {
	if n == 1 {
		return "1 event"
	}
	return fmt.Sprintf("%d events", n)
}

func (s *Service) proposeEffect(ctx context.Context, form url.Values) (string, error) {
	e, err := s.read(form)
	if err != nil {
		return "", err
	}
	text, err := s.effectOf(ctx, e)
	return "Nothing changes until an admin accepts it. Then: " + text, err
}

func (s *Service) allowEffect(ctx context.Context, form url.Values) (string, error) {
	e, err := s.read(form)
	if err != nil {
		return "", err
	}
	text, err := s.effectOf(ctx, e)
	return "With the next request: " + text, err
}

func (s *Service) acceptEffect(ctx context.Context, form url.Values) (string, error) {
	all, err := s.proposals(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(all, func(p proposal) bool { return p.ID == form.Get("id") && p.State == proposed })
	if i < 0 {
		return "", errProposal
	}
	text, err := s.effectOf(ctx, all[i].exclusion)
	return "With the next request: " + text, err
}
