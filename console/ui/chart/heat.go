package chart

import (
	"fmt"
	"html/template"
	"strings"
)

// Heat is a table of squares: the darker, the more. Each may be a link. What a square says stands in its title, so
// that the colour is never the only sign.
type Heat struct {
	ID      string
	Title   string
	Desc    string
	Rows    []string // left of the rows, from top to bottom
	Columns []string // below the columns; empty for a column without
	Cells   [][]Cell // by row; one that has no place in time yet is the zero Cell
}

// Cell is one square.
type Cell struct {
	Known bool // false: nothing is drawn
	Value float64
	Says  string
	Link  string // a path of the console; empty: none
}

// The drawing's own units.
const (
	cellWide, cellHigh = 18.0, 22.0
	cellGap            = 3.0
	heatLeft           = 36.0
	heatBottom         = 20.0
)

// shades are how many steps there are besides nothing; the style sheet colours each.
const shades = 4

// HTML is the drawing, safe to place in a page: every text in it is escaped here.
func (h Heat) HTML() template.HTML {
	var b strings.Builder
	id := template.HTMLEscapeString(h.ID)
	wide := heatLeft + float64(len(h.Columns))*(cellWide+cellGap) - cellGap
	high := float64(len(h.Rows))*(cellHigh+cellGap) + heatBottom
	fmt.Fprintf(&b, `<svg class="chart heat" viewBox="0 0 %g %g" role="group" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		wide, high, id, id, id, template.HTMLEscapeString(h.Title), id, template.HTMLEscapeString(h.Desc))
	most := h.most()
	for i, row := range h.Rows {
		y := float64(i) * (cellHigh + cellGap)
		fmt.Fprintf(&b, `<text class="ax" x="0" y="%.1f">%s</text>`, y+cellHigh*0.7, template.HTMLEscapeString(row))
		if i >= len(h.Cells) {
			continue
		}
		for j, c := range h.Cells[i] {
			if c.Known {
				cell(&b, c, heatLeft+float64(j)*(cellWide+cellGap), y, shade(c.Value, most))
			}
		}
	}
	for j, text := range h.Columns {
		if text != "" {
			fmt.Fprintf(&b, `<text class="ax" x="%.1f" y="%.1f">%s</text>`, heatLeft+float64(j)*(cellWide+cellGap), high-5, template.HTMLEscapeString(text))
		}
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts escaped above
}

func cell(b *strings.Builder, c Cell, x, y float64, shade int) {
	says, title := template.HTMLEscapeString(c.Says), ""
	if says != "" {
		title = "<title>" + says + "</title>"
	}
	if c.Link != "" {
		fmt.Fprintf(b, `<a href="%s" aria-label="%s">`, template.HTMLEscapeString(c.Link), says)
	}
	fmt.Fprintf(b, `<rect class="cell s%d" x="%.1f" y="%.1f" width="%g" height="%g" rx="3">%s</rect>`, shade, x, y, cellWide, cellHigh, title)
	if c.Link != "" {
		b.WriteString("</a>")
	}
}

func (h Heat) most() float64 {
	most := 0.0
	for _, row := range h.Cells {
		for _, c := range row {
			most = max(most, finite(c.Value))
		}
	}
	return most
}

// shade is nothing for nothing, and a step for the rest: one single refusal can be seen beside a thousand.
func shade(v, most float64) int {
	if v = finite(v); v == 0 || most == 0 {
		return 0
	}
	return min(shades, 1+int(shades*v/most))
}
