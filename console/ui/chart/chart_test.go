package chart_test

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/tenward/tenward/console/ui/chart"
)

func TestAnAreaChartIsWellFormedWhateverItIsTold(t *testing.T) {
	hostile := `"><script>alert(1)</script>`
	for _, tt := range []struct {
		name string
		area chart.Area
	}{
		{"nothing to draw", chart.Area{ID: "c"}},
		{"one point", chart.Area{ID: "c", Labels: []string{"now"}, Series: []chart.Series{{Class: "a", Values: []float64{3}}}}},
		{"only zeros", chart.Area{ID: "c", Series: []chart.Series{{Class: "a", Values: make([]float64, 60)}}}},
		{"numbers that are none", chart.Area{ID: "c", Series: []chart.Series{{Class: "a", Values: []float64{math.NaN(), math.Inf(1), 1}}}}},
		{"texts from outside", chart.Area{ID: hostile, Title: hostile, Desc: hostile, Labels: []string{hostile, hostile}, Series: []chart.Series{{Class: hostile, Values: []float64{1, 2}}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(tt.area.HTML())
			wellFormed(t, got)
			for _, bad := range []string{"<script", "style=", "fill=", "NaN"} {
				if strings.Contains(got, bad) && tt.name != "numbers that are none" {
					t.Errorf("%q in %s", bad, got)
				}
			}
			if !strings.Contains(got, "<title") || !strings.Contains(got, "<desc") {
				t.Error("no title or no description")
			}
		})
	}
}

func TestTheScaleEndsAboveTheHighestValue(t *testing.T) {
	for _, most := range []float64{0, 1, 4, 5, 7, 9, 10, 11, 99, 100, 101, 1439, 99999, 1e6, 3.3e9} {
		area := chart.Area{ID: "c", Series: []chart.Series{{Class: "a", Values: []float64{0, most}}}}
		got := string(area.HTML())
		if strings.Contains(got, " -") || strings.Contains(got, "L714.0 -") {
			t.Errorf("%g is drawn above the chart: %s", most, got)
		}
		if lines := strings.Count(got, `class="grid"`); lines < 3 || lines > 6 {
			t.Errorf("%g has %d grid lines, want 3 to 6", most, lines)
		}
		if strings.Contains(got, `>0.5<`) || strings.Contains(got, `>2.5<`) {
			t.Errorf("%g has an axis of parts of requests", most)
		}
	}
}

func TestABarStaysInItsTrack(t *testing.T) {
	for share, want := range map[float64]string{-1: "H0.0", 0: "H0.0", 0.5: "H50.0", 1: "H100.0", 7: "H100.0", math.NaN(): "H0.0"} {
		got := string(chart.Bar("a", share))
		wellFormed(t, got)
		if !strings.Contains(got, want) {
			t.Errorf("Bar(%g) = %s, want %s in it", share, got, want)
		}
	}
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
}
