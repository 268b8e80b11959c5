package totp

import (
	"fmt"
	"html/template"
	"image/color"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// quiet is the empty border that ISO/IEC 18004 asks for, in modules.
const quiet = 4

// QR draws text as a QR code: one path in the colour of its surroundings, on a background of its own, since scanners
// want dark on light also on a dark page.
func QR(text, label string) (template.HTML, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && code.At(x, y) == color.Color(color.Black) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	side := size + 2*quiet
	return template.HTML(fmt.Sprintf( //nolint:gosec // numbers, and the label escaped
		`<svg class="qr" viewBox="0 0 %d %d" role="img" aria-label="%s" shape-rendering="crispEdges"><rect class="qr-bg" width="%d" height="%d"/><path class="qr-fg" d="%s"/></svg>`,
		side, side, template.HTMLEscapeString(label), side, side, path.String())), nil
}
