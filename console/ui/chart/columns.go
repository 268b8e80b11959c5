package chart

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Columns is a chart of stacked columns, the first series at the bottom. Each column may be a link.
type Columns struct {
	ID     string
	Title  string
	Desc   string
	Labels []string // below the columns; empty for a column without
	Links  []string // of each column, a path of the console; nil: none
	Says   []string // what each column says when it is pointed at
	Series []Series
}

// columnsHeight is less than an area's: columns stand above a list.
const columnsHeight = 120.0

// HTML is the drawing, safe to place in a page: every text in it is escaped here.
func (c Columns) HTML() template.HTML {
	const high = columnsHeight - top - bottom
	var b strings.Builder
	id := template.HTMLEscapeString(c.ID)
	role := "img"
	if c.Links != nil {
		role = "group" // an image would hide its links
	}
	fmt.Fprintf(&b, `<svg class="chart columns" viewBox="0 0 %g %g" role="%s" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		width, columnsHeight, role, id, id, id, template.HTMLEscapeString(c.Title), id, template.HTMLEscapeString(c.Desc))
	n := 0
	for _, s := range c.Series {
		n = max(n, len(s.Values))
	}
	sums := make([]float64, n)
	for _, s := range c.Series {
		for i, v := range s.Values {
			sums[i] += finite(v)
		}
	}
	most := 0.0
	for _, v := range sums {
		most = max(most, v)
	}
	ceiling, step := scale(most)
	for y := 0.0; y <= ceiling+step/2; y += 2 * step {
		at := top + high*(1-y/ceiling)
		fmt.Fprintf(&b, `<path class="grid" d="M%g %.1fH%g"/><text class="ax" x="%g" y="%.1f" text-anchor="end">%s</text>`,
			left, at, width-right, left-9, at+4, Short(y))
	}
	wide := innerWidth / float64(max(1, n))
	for i := range n {
		linked := i < len(c.Links) && c.Links[i] != ""
		if linked {
			fmt.Fprintf(&b, `<a href="%s">`, template.HTMLEscapeString(c.Links[i]))
		}
		x := left + wide*float64(i)
		fmt.Fprintf(&b, `<g class="col"><path class="hit" d="M%.1f %gh%.1fv%gh-%.1fZ"/>`, x, top, wide, high, wide)
		if i < len(c.Says) {
			fmt.Fprintf(&b, `<title>%s</title>`, template.HTMLEscapeString(c.Says[i]))
		}
		base := top + high
		for _, s := range c.Series {
			if i >= len(s.Values) || finite(s.Values[i]) == 0 {
				continue
			}
			tall := high * finite(s.Values[i]) / ceiling
			base -= tall
			fmt.Fprintf(&b, `<path class="bar %s" d="M%.1f %.1fh%.1fv%.1fh-%.1fZ"/>`, template.HTMLEscapeString(s.Class),
				x+0.1*wide, base, 0.8*wide, tall, 0.8*wide)
		}
		b.WriteString("</g>")
		if linked {
			b.WriteString("</a>")
		}
		if i < len(c.Labels) && c.Labels[i] != "" {
			fmt.Fprintf(&b, `<text class="ax" x="%.1f" y="%g" text-anchor="middle">%s</text>`, x+wide/2, columnsHeight-6, template.HTMLEscapeString(c.Labels[i]))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts escaped above
}

// finite is the value, or nothing where it is none that can be drawn.
func finite(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}
