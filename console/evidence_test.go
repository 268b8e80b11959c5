package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/evidence"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

// proofs is evidence as a test says it is.
type proofs struct {
	practices []evidence.Standing
	asked     []string // the checks that somebody had asked
	err       error
}

func (p *proofs) Posture(context.Context) (*evidence.Posture, error) {
	all := &evidence.Posture{At: noon, Practices: append([]evidence.Standing{}, p.practices...)}
	for _, s := range p.practices {
		if s.Assessed {
			all.Score.Proven += s.Score.Percent()
			all.Score.Of += 100
		}
	}
	return all, p.err
}

func (p *proofs) Practice(_ context.Context, slug string) (*evidence.Standing, error) {
	for i := range p.practices {
		if p.practices[i].Slug == slug {
			return &p.practices[i], p.err
		}
	}
	return nil, problem.New("evidence.practice.unknown", "There is no such practice.", "See which there are.")
}

func (p *proofs) Check(_ context.Context, id string) (*evidence.Checked, error) {
	for _, s := range p.practices {
		for _, a := range s.Checks {
			if a.ID == id {
				c := &evidence.Checked{Asked: a, Practice: s.Slug}
				if !a.At.IsZero() {
					c.Changes = []evidence.Change{{At: noon.Add(-time.Hour), Check: id, Subject: "notes", Became: a.Status.String(), Sentence: "So it was found.", Event: "0198c5a0-7d3b-7e41-9f0a-5b1c2d3e4f50"}}
				}
				return c, p.err
			}
		}
	}
	return nil, problem.New("evidence.check.unknown", "There is no such check.", "See which there are.")
}

func (p *proofs) Run(ctx context.Context, id string) (*evidence.Checked, error) {
	p.asked = append(p.asked, id)
	return p.Check(ctx, id)
}

// check is one that stands so, for one subject.
func check(id string, status practice.Status, weight int) evidence.Asked {
	a := evidence.Asked{
		ID: id, Title: "What " + id + " asks", Source: "NIST SP 800-53 X-1", Fix: "Do something about it.", Every: time.Hour, Weight: weight,
		Status: status, At: noon.Add(-3 * time.Minute), Until: noon.Add(2 * time.Hour),
		Findings: []evidence.Kept{{
			Subject: "notes", Status: status, Sentence: "The answer about <notes> is " + status.String() + ".", Proof: "GET / -> 200 <b>",
			At: noon.Add(-3 * time.Minute), Until: noon.Add(2 * time.Hour), Since: noon.Add(-time.Hour),
		}},
	}
	switch status {
	case practice.Pass:
		a.Counts.Pass = 1
	case practice.Warn:
		a.Counts.Warn = 1
	case practice.Fail:
		a.Counts.Fail = 1
	default:
		a.Counts.Unknown = 1
	}
	return a
}

// practiceOf has these checks.
func practiceOf(slug string, checks ...evidence.Asked) evidence.Standing {
	s := evidence.Standing{Slug: slug, Title: strings.ToUpper(slug[:1]) + slug[1:], Source: "ISO 27001 " + slug, Assessed: len(checks) > 0, Checks: append([]evidence.Asked{}, checks...)}
	for _, c := range checks {
		s.Score.Of += 100 * c.Weight
		s.Score.Proven += 100 * c.Weight * c.Counts.Pass
	}
	for day := range 3 {
		s.History = append(s.History, evidence.Point{Day: noon.AddDate(0, 0, day-2).Truncate(24 * time.Hour), Score: s.Score, Known: s.Assessed && day > 0})
	}
	return s
}

// everyState are practices in every state.
func everyState() *proofs {
	never := check("pruning/never-asked", practice.Unknown, 2)
	never.At, never.Until, never.Findings = time.Time{}, time.Time{}, nil
	broken := check("weeding/broken", practice.Unknown, 1)
	broken.Findings, broken.Problem = nil, "The garden could not be reached."
	expired := check("pruning/expired", practice.Unknown, 1)
	expired.Findings[0].Expired, expired.Findings[0].At = true, noon.Add(-50*time.Hour)
	return &proofs{practices: []evidence.Standing{
		practiceOf("watering", check("watering/wet", practice.Pass, 1), check("watering/deep", practice.Pass, 3)),
		practiceOf("pruning", never, expired, check("pruning/cut", practice.Pass, 1)),
		practiceOf("weeding", check("weeding/light", practice.Fail, 1), check("weeding/heavy", practice.Fail, 3), broken, check("weeding/warned", practice.Warn, 1)),
		practiceOf("digging"),
	}}
}

// proven is a console that shows these proofs.
func proven(t *testing.T, p *proofs) *site {
	t.Helper()
	s := startSite(t, newRecord(t), func(o *console.Options) { o.Evidence = p })
	s.enter()
	return s
}

func TestPagesAboutEvidence(t *testing.T) {
	none, one := &proofs{}, &proofs{practices: []evidence.Standing{practiceOf("watering", check("watering/wet", practice.Pass, 1))}}
	for _, tt := range []struct {
		name, path string
		proofs     *proofs
	}{
		{"overview-none", "/overview", none}, {"overview-one", "/overview", one}, {"overview-many", "/overview", everyState()},
		{"practices-none", "/practices", none}, {"practices-one", "/practices", one}, {"practices-many", "/practices", everyState()},
		{"practice-none", "/practices/digging", everyState()}, {"practice-one", "/practices/watering", one}, {"practice-many", "/practices/weeding", everyState()},
		{"check-none", "/practices/pruning/never-asked", everyState()}, {"check-one", "/practices/weeding/heavy", everyState()}, {"check-erring", "/practices/weeding/broken", everyState()},
		{"check-expired", "/practices/pruning/expired", everyState()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := proven(t, tt.proofs)
			golden(t, tt.name+".html", s.stable(s.get(t, tt.path).body))
		})
	}
}

func TestOverviewNamesTheThreeWorstFirst(t *testing.T) {
	page := proven(t, everyState()).get(t, "/overview").body
	at := -1
	for _, id := range []string{"weeding/heavy", "weeding/light", "pruning/never-asked"} {
		i := strings.Index(page, `href="/practices/`+id+`"`)
		if i < 0 || i < at {
			t.Errorf("%s stands at %d, after %d", id, i, at)
		}
		at = i
	}
	for _, id := range []string{"weeding/broken", "weeding/warned"} {
		if strings.Contains(page, `href="/practices/`+id+`"`) {
			t.Errorf("%s is among the three", id)
		}
	}
	if !strings.Contains(page, `<a href="/practices">3 more</a>`) {
		t.Error("it does not say how many there are besides")
	}
}

// linkedCount is a number that leads to a list of checks: "2 failing", or "Failing 2".
var linkedCount = regexp.MustCompile(`<a href="(/practices[^"]*\?status=[a-z]+)"[^>]*>(?:(\d+) [a-z ]+|[A-Z][a-z]+ (\d+))</a>`)

// Every number leads to exactly as many rows.
func TestNumbersOfChecksAreTheRowsBehindThem(t *testing.T) {
	s := proven(t, everyState())
	for _, page := range []string{"/overview", "/practices", "/practices/weeding"} {
		links := 0
		for _, m := range linkedCount.FindAllStringSubmatch(s.get(t, page).body, -1) {
			path, want := m[1], m[2]+m[3]
			links++
			if got := strconv.Itoa(strings.Count(s.get(t, path).body, `<td class="l"><span class="pill`) - tens(path)); got != want {
				t.Errorf("%s says %s of %s, which has %s rows", page, want, path, got)
			}
		}
		if links != 4 {
			t.Errorf("%s leads to %d lists, want 4", page, links)
		}
	}
}

// tens are the rows of the practices themselves, which the list of all has too.
func tens(path string) int {
	if strings.HasPrefix(path, "/practices?") {
		return len(everyState().practices)
	}
	return 0
}

func TestACheckIsAskedNow(t *testing.T) {
	p := everyState()
	s := proven(t, p)
	form := url.Values{"check": {"weeding/heavy"}}
	if a := s.post(t, "/actions/evidence.check.run", form); a.status != http.StatusForbidden || len(p.asked) != 0 {
		t.Errorf("an auditor asks: %d, asked %v", a.status, p.asked)
	}
	s.role = practice.RoleAdmin
	a := s.post(t, "/actions/evidence.check.run", form)
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/practices/weeding/heavy" || len(p.asked) != 1 {
		t.Fatalf("answered %d to %s, asked %v", a.status, a.header.Get("Location"), p.asked)
	}
	if page := s.get(t, "/practices/weeding/heavy").body; !strings.Contains(page, "What weeding/heavy asks: 1 failing.") {
		t.Error("the page does not say what came of it")
	}
	if a := s.post(t, "/actions/evidence.check.run", url.Values{"check": {"no/such"}}); a.status != http.StatusNotFound {
		t.Errorf("a check that there is not: %d", a.status)
	}
}

func TestWhatThereIsNotIsNotFound(t *testing.T) {
	s := proven(t, everyState())
	for path, want := range map[string]int{
		"/practices/nothing": http.StatusNotFound, "/practices/weeding/nothing": http.StatusNotFound, "/practices?status=green": http.StatusBadRequest,
		"/practices/weeding?status=green": http.StatusBadRequest, "/practices?status=": http.StatusOK,
	} {
		if a := s.get(t, path); a.status != want {
			t.Errorf("%s: %d, want %d", path, a.status, want)
		}
	}
}

func TestOverviewIsWhereTheConsoleBegins(t *testing.T) {
	s := proven(t, everyState())
	if a := s.get(t, "/"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/overview" {
		t.Errorf("answered %d to %s", a.status, a.header.Get("Location"))
	}
}

func TestEvidenceThatCannotBeReadIsSaid(t *testing.T) {
	p := everyState()
	p.err = fmt.Errorf("read findings: %w", errBroken)
	s := proven(t, p)
	for _, path := range []string{"/overview", "/practices", "/practices/weeding", "/practices/weeding/heavy"} {
		if a := s.get(t, path); a.status != http.StatusInternalServerError || strings.Contains(a.body, "secret") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}
