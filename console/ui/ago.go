package ui

import (
	"fmt"
	"time"
)

// Rough writes a length of time as people say it: 40 s, 3 min, 2 h, 5 days.
func Rough(d time.Duration) string {
	switch d = d.Abs(); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
}

// Ago writes when something was, or will be, seen from now: "3 min ago", "in 2 h".
func Ago(now, t time.Time) string {
	if t.After(now) {
		return "in " + Rough(t.Sub(now))
	}
	return Rough(now.Sub(t)) + " ago"
}
