// Package chart draws small charts as inline SVG.
//
// Colours come from CSS classes alone, so one drawing serves light and dark, and there is no style attribute, so it
// passes a policy of style-src 'self'. Each drawing has a title and a description (SVG 2 section 5.8), which is what
// somebody who does not see it is told; the page puts the numbers beside it as a table.
package chart

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Series is one line of a chart. Class is a CSS class of the style sheet, not an outsider's text.
type Series struct {
	Class  string
	Values []float64
}

// Area is a chart of overlaid areas, the first one at the back.
type Area struct {
	ID     string // makes the ids of title and description unique on the page
	Title  string
	Desc   string
	Labels []string // below the points, from left to right; empty for a point without
	Series []Series
}

// The drawing's own units: a viewBox, which the page scales.
const (
	width, height = 720.0, 320.0
	left, right   = 40.0, 6.0
	top, bottom   = 10.0, 28.0
	innerWidth    = width - left - right
	innerHeight   = height - top - bottom
)

// HTML is the drawing, safe to place in a page: every text in it is escaped here.
func (a Area) HTML() template.HTML {
	var b strings.Builder
	id := template.HTMLEscapeString(a.ID)
	fmt.Fprintf(&b, `<svg class="chart" viewBox="0 0 %g %g" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		width, height, id, id, id, template.HTMLEscapeString(a.Title), id, template.HTMLEscapeString(a.Desc))
	ceiling, step := scale(a.most())
	for y := 0.0; y <= ceiling+step/2; y += step {
		at := top + innerHeight*(1-y/ceiling)
		fmt.Fprintf(&b, `<path class="grid" d="M%g %.1fH%g"/><text class="ax" x="%g" y="%.1f" text-anchor="end">%s</text>`,
			left, at, width-right, left-9, at+4, Short(y))
	}
	a.labels(&b)
	for _, s := range a.Series {
		line := path(s.Values, ceiling)
		if line == "" {
			continue
		}
		class := template.HTMLEscapeString(s.Class)
		fmt.Fprintf(&b, `<path class="area %s" d="%sV%gH%gZ"/><path class="line %s" d="%s"/>`,
			class, line, top+innerHeight, left, class, line)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts escaped above
}

func (a Area) most() float64 {
	most := 0.0
	for _, s := range a.Series {
		for _, v := range s.Values {
			most = math.Max(most, v)
		}
	}
	return most
}

func (a Area) labels(b *strings.Builder) {
	for i, text := range a.Labels {
		if text == "" {
			continue
		}
		anchor := "middle"
		switch i {
		case 0:
			anchor = "start"
		case len(a.Labels) - 1:
			anchor = "end"
		}
		fmt.Fprintf(b, `<text class="ax" x="%.1f" y="%g" text-anchor="%s">%s</text>`,
			across(i, len(a.Labels)), height-6, anchor, template.HTMLEscapeString(text))
	}
}

func path(values []float64, ceiling float64) string {
	if len(values) < 2 {
		return ""
	}
	b := make([]byte, 0, 12*len(values))
	for i, v := range values {
		command := byte('L')
		if i == 0 {
			command = 'M'
		}
		b = append(b, command)
		b = strconv.AppendFloat(b, across(i, len(values)), 'f', 1, 64)
		b = append(b, ' ')
		b = strconv.AppendFloat(b, top+innerHeight*(1-v/ceiling), 'f', 1, 64)
	}
	return string(b)
}

func across(i, n int) float64 {
	return left + innerWidth*float64(i)/float64(max(1, n-1))
}

// scale finds a round ceiling above most and the step of about four grid lines below it. What is counted is whole, so
// no step is less than one.
func scale(most float64) (ceiling, step float64) {
	if most <= 4 || math.IsInf(most, 0) || math.IsNaN(most) {
		return 4, 1
	}
	raw := most / 4
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	step = 10 * power
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= raw && (m != 2.5 || power >= 10) {
			step = m * power
			break
		}
	}
	return math.Ceil(most/step) * step, step
}

// Short is a number for an axis: 1200 is 1.2k.
func Short(v float64) string {
	switch {
	case v >= 1e9:
		return strconv.FormatFloat(v/1e9, 'f', -1, 64) + "G"
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', -1, 64) + "M"
	case v >= 1e3:
		return strconv.FormatFloat(v/1e3, 'f', -1, 64) + "k"
	default:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
}
