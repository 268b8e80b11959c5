package attack

import (
	"reflect"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestTheNewestReportOutlivesTheProcess(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		report := func(ended time.Time, verdict string) *Report {
			return &Report{Run: event.NewID(ended), Began: ended.Add(-7 * time.Second), Ended: ended, Results: []Result{
				{Service: "notes", Entry: Entry{ID: "sql.tautology", Kind: "SQL injection", Expect: Refused, By: ByRules}, Status: 403, Verdict: verdict, Stage: "the.stage", Rules: []string{"1", "22"}, Event: "an id"},
				{Service: "notes", Entry: Entry{ID: "name.obrien", Kind: "Name", Expect: Passed}, Error: "the gate took too long to answer"},
			}}
		}
		keep := func(r *Report) {
			t.Helper()
			if err := db.Tx(t.Context(), func(tx *store.Tx) error { return new(Reports).Keep(t.Context(), tx, "notes", r) }); err != nil {
				t.Fatal(err)
			}
		}
		after := &Reports{DB: db} // a process that has tried nothing itself
		if got, err := after.Report(t.Context(), "notes"); got != nil || err != nil {
			t.Fatalf("before anybody has tried: %+v, %v", got, err)
		}
		first, second := report(noon, "refused"), report(noon.Add(time.Hour), "passed")
		for _, tt := range []struct {
			name       string
			keep, want *Report
		}{
			{"the first", first, first},
			{"a newer one", second, second},
			{"an older one, of a node that was slow", first, second},
		} {
			keep(tt.keep)
			if got, err := after.Report(t.Context(), "notes"); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: %+v, %v, want %+v", tt.name, got, err, tt.want)
			}
		}
		if got, err := after.Report(t.Context(), "shop"); got != nil || err != nil {
			t.Errorf("of another service: %+v, %v", got, err)
		}
		if _, err := db.Exec(t.Context(), "UPDATE audits_report SET results = '[' WHERE service = 'notes'"); err != nil {
			t.Fatal(err)
		}
		if got, err := after.Report(t.Context(), "notes"); got != nil || err == nil {
			t.Errorf("what cannot be read is %+v", got)
		}
	})
}
