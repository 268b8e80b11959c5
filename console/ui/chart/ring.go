package chart

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Ring is a circle of equal segments around a number: how many things stand, and how each does.
type Ring struct {
	ID       string // makes the ids of title and description unique on the page
	Title    string
	Desc     string
	Segments []string // a CSS class of the style sheet for each
	Number   string   // in the middle
	Under    string   // below it
}

// The ring's own units.
const (
	ringSize   = 164.0
	ringRadius = 70.0
	ringGap    = 0.045 // of a turn's radians, on each side of a segment
)

// HTML is the drawing, safe to place in a page: every text in it is escaped here.
func (r Ring) HTML() template.HTML {
	var b strings.Builder
	id := template.HTMLEscapeString(r.ID)
	fmt.Fprintf(&b, `<svg class="ring" viewBox="0 0 %g %g" role="img" aria-labelledby="%s-t %s-d"><title id="%s-t">%s</title><desc id="%s-d">%s</desc>`,
		ringSize, ringSize, id, id, id, template.HTMLEscapeString(r.Title), id, template.HTMLEscapeString(r.Desc))
	turn := 2 * math.Pi / float64(max(1, len(r.Segments)))
	for i, class := range r.Segments {
		from, to := float64(i)*turn+ringGap, float64(i+1)*turn-ringGap
		large := 0
		if to-from > math.Pi {
			large = 1
		}
		fmt.Fprintf(&b, `<path class="part %s" d="M%.2f %.2fA%g %g 0 %d 1 %.2f %.2f"/>`, template.HTMLEscapeString(class),
			ringX(from), ringY(from), ringRadius, ringRadius, large, ringX(to), ringY(to))
	}
	fmt.Fprintf(&b, `<text class="ring-n" x="82" y="90" text-anchor="middle">%s</text><text class="ring-u" x="82" y="110" text-anchor="middle">%s</text></svg>`,
		template.HTMLEscapeString(r.Number), template.HTMLEscapeString(r.Under))
	return template.HTML(b.String()) //nolint:gosec // numbers, and texts escaped above
}

// The first segment begins at the top.
func ringX(angle float64) float64 { return ringSize/2 + ringRadius*math.Sin(angle) }
func ringY(angle float64) float64 { return ringSize/2 - ringRadius*math.Cos(angle) }
