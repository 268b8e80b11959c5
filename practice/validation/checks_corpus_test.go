package validation

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
)

// reports are what somebody has tried, by service.
type reports map[string]*attack.Report

func (r reports) Report(_ context.Context, service string) (*attack.Report, error) {
	return r[service], nil
}

// unreadable is a database that does not answer.
type unreadable struct{}

func (unreadable) Report(context.Context, string) (*attack.Report, error) { return nil, errDisk }

func TestWhatTheCorpusProves(t *testing.T) {
	tried := func(expect attack.Expectation, by attack.Layer, status int, verdict, stage string) attack.Result {
		return attack.Result{
			Entry:  attack.Entry{ID: string(expect) + "." + verdict + stage, Expect: expect, By: by},
			Status: status, Verdict: verdict, Stage: stage,
		}
	}
	refused := tried(attack.Refused, attack.ByRules, 403, "refused", "validation.request")
	atGate := tried(attack.Refused, attack.ByGate, 400, "refused", "gate")
	passed := tried(attack.Passed, "", 204, "passed", "")
	for _, tt := range []struct {
		name            string
		results         []attack.Result
		attacks, honest practice.Status
		failing         string // ids, of the one that is not well
	}{
		{"all is well", []attack.Result{refused, atGate, passed}, practice.Pass, practice.Pass, ""},
		{"an attack passed", []attack.Result{refused, tried(attack.Refused, attack.ByRules, 204, "passed", ""), passed}, practice.Fail, practice.Pass, "refused.passed"},
		{"an attack was only watched", []attack.Result{refused, tried(attack.Refused, attack.ByRules, 204, "observed", "validation.request"), passed}, practice.Fail, practice.Pass, "refused.observedvalidation.request"},
		{"an attack was refused by somebody else", []attack.Result{refused, tried(attack.Refused, attack.ByRules, 401, "refused", "authentication.session"), passed}, practice.Unknown, practice.Pass, "refused.refusedauthentication.session"},
		{"an attack was refused by the gate, for another reason", []attack.Result{refused, tried(attack.Refused, attack.ByRules, 421, "refused", "gate"), passed}, practice.Unknown, practice.Pass, "refused.refusedgate"},
		{"an attack met an error", []attack.Result{refused, tried(attack.Refused, attack.ByRules, 503, "error", "validation.request"), passed}, practice.Unknown, practice.Pass, "refused.errorvalidation.request"},
		{"an attack reached an application, that answers as if it had been refused", []attack.Result{refused, tried(attack.Refused, attack.ByRules, 403, "", ""), passed}, practice.Unknown, practice.Pass, "refused."},
		{"an honest request was refused", []attack.Result{refused, passed, tried(attack.Passed, "", 403, "refused", "validation.request")}, practice.Pass, practice.Fail, "passed.refusedvalidation.request"},
		{"an honest request was refused by the gate", []attack.Result{refused, passed, tried(attack.Passed, "", 400, "refused", "gate")}, practice.Pass, practice.Fail, "passed.refusedgate"},
		{"an honest request would be refused", []attack.Result{refused, passed, tried(attack.Passed, "", 204, "observed", "validation.request")}, practice.Pass, practice.Warn, "passed.observedvalidation.request"},
		{"an honest request was asked to sign in", []attack.Result{refused, passed, tried(attack.Passed, "", 303, "refused", "authentication.session")}, practice.Pass, practice.Unknown, "passed.refusedauthentication.session"},
		{"nobody answered", []attack.Result{tried(attack.Refused, attack.ByRules, 0, "", ""), passed}, practice.Unknown, practice.Pass, "refused."},
		{"nothing was sent", nil, practice.Unknown, practice.Unknown, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ended := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
			s := service(t, nil)
			s.TriedBy(reports{"notes": {Run: event.NewID(ended), Ended: ended, Results: tt.results}})
			for i, want := range []practice.Status{tt.attacks, tt.honest} {
				check := s.corpusChecks()[i]
				findings, err := check.Run(t.Context())
				if err != nil || len(findings) != 2 {
					t.Fatalf("%s: %+v, %v", check.ID, findings, err)
				}
				got := findings[0]
				if got.Subject != "notes" || got.Status != want || got.Sentence == "" || !got.At.Equal(ended) || got.Until.Sub(ended) != 48*time.Hour {
					t.Errorf("%s: %+v, want %s", check.ID, got, want)
				}
				var proof struct{ Failing []string }
				if err := json.Unmarshal(got.Proof, &proof); err != nil {
					t.Fatal(err)
				}
				if ids := strings.Join(proof.Failing, " "); want != practice.Pass && tt.failing != ids || want == practice.Pass && ids != "" {
					t.Errorf("%s: the proof names %q, want %q", check.ID, ids, tt.failing)
				}
				if other := findings[1]; other.Subject != "shop" || other.Status != practice.Unknown || other.Sentence == "" {
					t.Errorf("%s: a service that nobody tried: %+v", check.ID, other)
				}
			}
		})
	}
}

func TestTheProofOfTheWorstRunFits(t *testing.T) {
	var results []attack.Result
	for _, e := range attack.Attacks() {
		results = append(results, attack.Result{Entry: e, Status: 204, Verdict: "passed"})
	}
	s := service(t, nil)
	s.TriedBy(reports{"notes": {Run: event.NewID(time.Now()), Ended: time.Now(), Results: results}})
	findings, err := s.corpusChecks()[0].Run(t.Context())
	if err != nil || len(findings[0].Proof) > practice.MaxProof || findings[0].Status != practice.Fail {
		t.Errorf("%d bytes, %s, %v", len(findings[0].Proof), findings[0].Status, err)
	}
}
