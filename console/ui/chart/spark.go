package chart

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Spark is a line without axes: how a number between 0 and most went. A value that is not known (NaN) leaves a gap. The
// words beside it carry the meaning, so it is hidden from assistive technology. One value alone is no line: nothing is drawn.
func Spark(class string, most float64, values []float64) template.HTML {
	drawn := 0
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			drawn++
		}
	}
	if drawn < 2 {
		return ""
	}
	const wide, high = 76.0, 24.0
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %g %g" aria-hidden="true"><path class="line %s" d="`, wide, high, template.HTMLEscapeString(class))
	pen := byte('M')
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) || most <= 0 {
			pen = 'M'
			continue
		}
		x := 2 + (wide-4)*float64(i)/float64(max(1, len(values)-1))
		y := high - 2 - (high-4)*min(1, max(0, v/most))
		fmt.Fprintf(&b, "%c%.1f %.1f", pen, x, y)
		if pen == 'M' && (i+1 == len(values) || math.IsNaN(values[i+1])) {
			b.WriteString("h0.01") // a point alone is a dot
		}
		pen = 'L'
	}
	b.WriteString(`"/></svg>`)
	return template.HTML(b.String()) //nolint:gosec // numbers, and a class escaped above
}
