package index

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Day is one day of UTC, counted from 1970-01-01.
type Day int32

// The days that have a name: what is outside of them is a broken clock.
const (
	firstDay Day = 0
	lastDay  Day = 2932896 // 9999-12-31
)

const (
	dayMicros    = int64(24 * time.Hour / time.Microsecond)
	minuteMicros = int64(time.Minute / time.Microsecond)
	dateForm     = "2006-01-02"
)

// DayOf is the day a moment lies in.
func DayOf(t time.Time) Day { return dayOfMicros(t.UnixMicro()) }

func dayOfMicros(us int64) Day {
	d := us / dayMicros
	if us%dayMicros < 0 {
		d--
	}
	return Day(min(max(d, int64(firstDay)-1), int64(lastDay)+1))
}

// Begin is the first moment of the day.
func (d Day) Begin() time.Time { return time.UnixMicro(d.micros()).UTC() }

func (d Day) micros() int64 { return int64(d) * dayMicros }

// String is the day as in the name of its file, 2026-11-24.
func (d Day) String() string { return d.Begin().Format(dateForm) }

func parseDay(s string) (Day, bool) {
	t, err := time.Parse(dateForm, s)
	if err != nil || t.Year() < 1970 {
		return 0, false
	}
	return DayOf(t), true
}

const extension = ".db"

// asideExtension is what a file that could not be read is called from then on.
const asideExtension = ".db.aside"

func dayPath(dir string, d Day) string { return filepath.Join(dir, d.String()+extension) }

// daysIn lists the days that have a file, the newest first.
func daysIn(dir string) ([]Day, error) { return daysWith(dir, extension) }

func daysWith(dir, extension string) ([]Day, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list days of the index: %w", err)
	}
	var days []Day
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), extension); ok {
			if d, ok := parseDay(name); ok {
				days = append(days, d)
			}
		}
	}
	slices.SortFunc(days, func(a, b Day) int { return cmp.Compare(b, a) })
	return days, nil
}

// removeDay removes the file of a day and what SQLite keeps beside it; the database last, so that what a stop leaves
// behind is found again.
func removeDay(dir string, d Day) error {
	path := dayPath(dir, d)
	for _, name := range []string{path + "-wal", path + "-shm", asidePath(dir, d), path} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove day of the index: %w", err)
		}
	}
	return nil
}
