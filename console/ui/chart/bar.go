package chart

import (
	"fmt"
	"html/template"
	"math"
)

// Bar is one horizontal bar; share is how much of it is filled, 0 to 1. The number beside it carries the meaning, so
// it is hidden from assistive technology.
func Bar(class string, share float64) template.HTML {
	if math.IsNaN(share) {
		share = 0
	}
	return template.HTML(fmt.Sprintf( //nolint:gosec // a number, and a class escaped here
		`<svg class="hbar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><path class="track" d="M0 0H100V6H0Z"/><path class="bar %s" d="M0 0H%.1fV6H0Z"/></svg>`,
		template.HTMLEscapeString(class), 100*min(1, max(0, share))))
}
