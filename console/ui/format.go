package ui

import (
	"fmt"
	"html/template"
	"strconv"
	"time"

	"github.com/tenward/tenward/console/ui/chart"
)

// funcs is what templates may call: each turns a value into how people read it.
func (u *UI) funcs() template.FuncMap {
	return template.FuncMap{
		"ago":     Ago,
		"asset":   func(name string) string { return u.assets.prefix + name },
		"bar":     chart.Bar,
		"clock":   func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"count":   count,
		"cut":     Cut,
		"icon":    icon,
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) },
		"marked":  Marked,
		"plain":   Plain,
		"size":    Size,
		"stamp":   func(t time.Time) string { return t.UTC().Format("Jan 2, 2006, 15:04:05.000 UTC") },
		"took":    Took,
		"visible": Visible,
	}
}

// count writes a whole number with its thousands apart: 1,284.
func count(n any) (string, error) {
	var s string
	switch n := n.(type) {
	case int:
		s = strconv.Itoa(n)
	case int64:
		s = strconv.FormatInt(n, 10)
	case uint64:
		s = strconv.FormatUint(n, 10)
	default:
		return "", fmt.Errorf("count %T: not a number of things", n)
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s, nil
}

// Took writes how long something took with as many digits as anybody needs: 0.8 ms, 14 ms, 2.3 s.
func Took(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 ms"
	case d < 10*time.Millisecond:
		return strconv.FormatFloat(float64(d)/float64(time.Millisecond), 'f', 1, 64) + " ms"
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	default:
		return d.Round(time.Second).String()
	}
}

// Size writes a number of bytes: 512 B, 1.5 kB, 3.2 MB.
func Size(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1_000_000:
		return strconv.FormatFloat(float64(n)/1e3, 'f', 1, 64) + " kB"
	case n < 1_000_000_000:
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
	default:
		return strconv.FormatFloat(float64(n)/1e9, 'f', 1, 64) + " GB"
	}
}
