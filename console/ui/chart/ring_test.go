package chart_test

import (
	"encoding/xml"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tenward/tenward/console/ui/chart"
)

const hostile = `"><script>alert(1)</script>`

func TestARingHasASegmentForEach(t *testing.T) {
	for n := range 12 {
		classes := make([]string, n)
		for i := range classes {
			classes[i] = "ok"
		}
		got := string(chart.Ring{ID: "r", Segments: classes, Number: "87", Under: "of 100"}.HTML())
		wellFormed(t, got)
		if parts := strings.Count(got, `class="part ok"`); parts != n {
			t.Errorf("%d segments are drawn as %d", n, parts)
		}
		for _, m := range regexp.MustCompile(`[MA ](\d+\.\d\d) (\d+\.\d\d)`).FindAllStringSubmatch(got, -1) {
			x, _ := strconv.ParseFloat(m[1], 64)
			y, _ := strconv.ParseFloat(m[2], 64)
			if r := math.Hypot(x-82, y-82); math.Abs(r-70) > 0.02 {
				t.Errorf("a segment's end lies %.2f from the middle, want 70", r)
			}
		}
	}
	got := string(chart.Ring{ID: hostile, Title: hostile, Desc: hostile, Segments: []string{hostile}, Number: hostile, Under: hostile}.HTML())
	wellFormed(t, got)
	if strings.Contains(got, "<script") {
		t.Error("a text became markup")
	}
}

func TestASparkLeavesAGapForWhatIsNotKnown(t *testing.T) {
	nan := math.NaN()
	for _, tt := range []struct {
		name   string
		values []float64
		want   string
	}{
		{"a line", []float64{0, 50, 100}, "M2.0 22.0L38.0 12.0L74.0 2.0"},
		{"a gap", []float64{0, nan, 100}, "M2.0 22.0h0.01M74.0 2.0h0.01"},
		{"a gap in front", []float64{nan, 0, 100}, "M38.0 22.0L74.0 2.0"},
		{"too high and too low", []float64{-5, 500}, "M2.0 22.0L74.0 2.0"},
		{"no number", []float64{math.Inf(1), 50, 100}, "M38.0 12.0L74.0 2.0"},
	} {
		got := string(chart.Spark("ok", 100, tt.values))
		wellFormed(t, got)
		if d := regexp.MustCompile(` d="([^"]*)"`).FindStringSubmatch(got); d == nil || d[1] != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, d, tt.want)
		}
	}
}

func TestOneValueAloneIsNoLine(t *testing.T) {
	for _, values := range [][]float64{nil, {100}, {math.NaN(), 50, math.NaN()}, {math.Inf(1), 50}} {
		if got := chart.Spark("ok", 100, values); got != "" {
			t.Errorf("%v: %s", values, got)
		}
	}
}

func TestColumnsAreAsHighAsTheirSum(t *testing.T) {
	c := chart.Columns{
		ID: "c", Title: "Over time", Labels: []string{"10:00", "", "12:00"}, Links: []string{"/events?q=a&x=1", "", "/events"}, Says: []string{"3", "0", "8"},
		Series: []chart.Series{{Class: "b", Values: []float64{1, 0, 4}}, {Class: "c", Values: []float64{2, 0, 4}}},
	}
	got := string(c.HTML())
	wellFormed(t, got)
	heights := map[string]float64{}
	for _, m := range regexp.MustCompile(`class="bar ([bc])" d="M[\d.]+ [\d.]+h[\d.]+v([\d.]+)h`).FindAllStringSubmatch(got, -1) {
		v, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		heights[m[1]] += v
	}
	if math.Abs(heights["b"]/heights["c"]-5.0/6) > 0.01 {
		t.Errorf("the heights are %v, want 5 to 6", heights)
	}
	if n := strings.Count(got, "<a href="); n != 2 || !strings.Contains(got, `role="group"`) {
		t.Errorf("%d columns are links, want 2 in a group", n)
	}
	wellFormed(t, string(chart.Columns{ID: "c"}.HTML()))
	odd := chart.Columns{
		ID: hostile, Title: hostile, Desc: hostile, Labels: []string{hostile}, Links: []string{hostile}, Says: []string{hostile},
		Series: []chart.Series{{Class: hostile, Values: []float64{math.NaN(), math.Inf(1), -4}}},
	}
	got = string(odd.HTML())
	wellFormed(t, got)
	if strings.Contains(got, "<script") || strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
		t.Errorf("odd values are drawn: %s", got)
	}
	var all struct {
		XMLName xml.Name
	}
	if err := xml.Unmarshal([]byte(got), &all); err != nil || all.XMLName.Local != "svg" {
		t.Errorf("it is %v, %v", all.XMLName, err)
	}
}
