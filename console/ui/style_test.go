package ui_test

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// Every text colour reaches 4.5:1 on each ground it stands on, light and dark (WCAG 2.2 section 1.4.3); lines and
// shapes that carry meaning reach 3:1 (section 1.4.11).
func TestColoursCanBeTold(t *testing.T) {
	css, err := os.ReadFile("assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)`).FindAllStringSubmatch(string(css), -1) {
		tokens[m[1]] = [2]string{m[2], m[3]}
	}
	for _, tt := range []struct {
		ink     string
		grounds []string
		least   float64
	}{
		{"text", []string{"bg", "side", "surface", "sunken", "accent-soft"}, 4.5},
		{"muted", []string{"bg", "side", "surface", "sunken"}, 4.5},
		{"accent-ink", []string{"bg", "surface", "accent-soft"}, 4.5},
		{"accent-text", []string{"accent"}, 4.5},
		{"ok", []string{"surface", "ok-soft"}, 4.5},
		{"crit", []string{"surface", "crit-soft"}, 4.5},
		{"high", []string{"surface", "high-soft"}, 4.5},
		{"med", []string{"surface", "med-soft"}, 4.5},
		{"info", []string{"surface", "info-soft"}, 4.5},
		{"through", []string{"surface"}, 3},
		{"stopped", []string{"surface"}, 3},
		{"line-strong", []string{"bg", "surface"}, 3},
		{"focus", []string{"bg", "surface"}, 3},
	} {
		for _, ground := range tt.grounds {
			for i, scheme := range []string{"light", "dark"} {
				ink, on := tokens[tt.ink][i], tokens[ground][i]
				if ink == "" || on == "" {
					t.Fatalf("no token %s or %s", tt.ink, ground)
				}
				if got := contrast(t, ink, on); got < tt.least {
					t.Errorf("%s: %s on %s has %.2f:1, want %.1f:1", scheme, tt.ink, ground, got, tt.least)
				}
			}
		}
	}
}

// A token that is not defined is no error to a browser: the whole line counts for nothing.
func TestEveryTokenIsDefined(t *testing.T) {
	app, err := os.ReadFile("assets/app.css")
	if err != nil {
		t.Fatal(err)
	}
	defined := map[string]bool{}
	for _, m := range regexp.MustCompile(`(--[a-z-]+):`).FindAllStringSubmatch(string(app), -1) {
		defined[m[1]] = true
	}
	sheets, err := filepath.Glob("assets/*.css")
	if err != nil || len(sheets) < 2 {
		t.Fatalf("found %v, %v", sheets, err)
	}
	for _, sheet := range sheets {
		css, err := os.ReadFile(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`var\((--[a-z-]+)`).FindAllStringSubmatch(string(css), -1) {
			if !defined[m[1]] {
				t.Errorf("%s uses %s, which app.css does not define", sheet, m[1])
			}
		}
	}
}

// contrast is WCAG's ratio of two colours.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := colour[1:]
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatalf("%s: %v", colour, err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
