package chart_test

import (
	"math"
	"strings"
	"testing"

	"github.com/tenward/tenward/console/ui/chart"
)

func TestAHeatMapIsWellFormedWhateverItIsTold(t *testing.T) {
	hostile := `"><script>alert(1)</script>`
	for name, heat := range map[string]chart.Heat{
		"nothing to draw":       {ID: "h"},
		"rows without cells":    {ID: "h", Rows: []string{"Mon", "Tue"}, Columns: make([]string, 24)},
		"numbers that are none": {ID: "h", Rows: []string{"Mon"}, Cells: [][]chart.Cell{{{Known: true, Value: math.NaN()}, {Known: true, Value: math.Inf(1)}, {Known: true, Value: -1}}}},
		"texts from outside": {
			ID: hostile, Title: hostile, Desc: hostile, Rows: []string{hostile}, Columns: []string{hostile},
			Cells: [][]chart.Cell{{{Known: true, Value: 1, Says: hostile, Link: hostile}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := string(heat.HTML())
			wellFormed(t, got)
			for _, bad := range []string{"<script", "style=", "fill=", "NaN", "Inf"} {
				if strings.Contains(got, bad) {
					t.Errorf("%q in %s", bad, got)
				}
			}
		})
	}
}

// One refusal among very many is not nothing, and the most has the darkest square.
func TestTheDarkerTheMore(t *testing.T) {
	var row []chart.Cell
	for _, v := range []float64{0, 1, 300, 600, 1000} {
		row = append(row, chart.Cell{Known: true, Value: v})
	}
	got := string(chart.Heat{ID: "h", Rows: []string{"Mon"}, Columns: make([]string, 6), Cells: [][]chart.Cell{append(row, chart.Cell{})}}.HTML())
	at := 0
	for _, want := range []string{"s0", "s1", "s2", "s3", "s4"} {
		i := strings.Index(got[at:], `class="cell `+want+`"`)
		if i < 0 {
			t.Fatalf("no square %s after %d in %s", want, at, got)
		}
		at += i
	}
	if n := strings.Count(got, `class="cell`); n != 5 {
		t.Errorf("%d squares, want 5: what has not been has none", n)
	}
}
