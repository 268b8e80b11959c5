package index

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tenward/tenward/problem"
)

// place is one row, and in which direction of it a page lies.
type place struct {
	newer bool
	day   Day
	row   int64
}

// String is the place as a link carries it: older.2026-11-24.f00d.
func (p place) String() string {
	way := "older"
	if p.newer {
		way = "newer"
	}
	return fmt.Sprintf("%s.%s.%x", way, p.day, p.row)
}

// parsePlace reads what String wrote; nil for the beginning.
func parsePlace(s string) (*place, error) {
	if s == "" {
		return nil, nil
	}
	parts := strings.Split(s, ".")
	if len(parts) == 3 && (parts[0] == "older" || parts[0] == "newer") {
		d, ok := parseDay(parts[1])
		row, err := strconv.ParseInt(parts[2], 16, 64)
		if p := (place{parts[0] == "newer", d, row}); ok && err == nil && row >= 0 && p.String() == s {
			return &p, nil
		}
	}
	return nil, problem.New("index.cursor.malformed", "This link to a page of events is not one that was given.", "Begin the search anew.")
}
