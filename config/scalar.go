package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// badScalar is what a scalar's UnmarshalText says: what is wrong and what to write instead.
type badScalar struct {
	sentence, mend string
	secret         bool // the text holds a secret: its line is not quoted
}

func (b *badScalar) Error() string { return b.sentence }

// Bad is the error for a type's own UnmarshalText: what is wrong, and what to write instead.
func Bad(mend, format string, args ...any) error {
	return &badScalar{sentence: fmt.Sprintf(format, args...), mend: mend}
}

// Duration is a span of time, written 300ms, 30s, 5m, 2h30m or 13d; never negative.
type Duration time.Duration

// UnmarshalText reads it.
func (d *Duration) UnmarshalText(text []byte) error {
	const mend = "write a number with a unit: 300ms, 30s, 5m, 2h or 13d"
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return Bad(mend, "%q is no duration", s)
		}
		*d = Duration(time.Duration(n) * 24 * time.Hour)
		return nil
	}
	parsed, err := time.ParseDuration(s)
	switch {
	case err != nil && strings.Trim(s, "0123456789") == "" && s != "":
		return Bad(mend, "%q has no unit", s)
	case err != nil:
		return Bad(mend, "%q is no duration", s)
	case parsed < 0:
		return Bad("write a positive one", "%q is negative", s)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalText writes it, whole days as days.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is the text form.
func (d Duration) String() string {
	t := time.Duration(d)
	if day := 24 * time.Hour; t >= day && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// Std is the same as a time.Duration.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Size is a number of bytes, written 512B, 64KiB, 1MiB, 2GiB or 5MB.
type Size int64

var units = []struct {
	name  string
	bytes int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// UnmarshalText reads it.
func (z *Size) UnmarshalText(text []byte) error {
	const mend = "write a whole number with a unit: 512B, 64KiB, 1MiB or 2GiB"
	s := string(text)
	for _, u := range units {
		number, ok := strings.CutSuffix(s, u.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 || number[0] == '+' {
			return Bad(mend, "%q is no size", s)
		}
		if n > math.MaxInt64/u.bytes {
			return Bad(mend, "%q is too large", s)
		}
		*z = Size(n * u.bytes)
		return nil
	}
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return Bad(mend, "%q has no unit", s)
	}
	return Bad(mend, "%q is no size", s)
}

// MarshalText writes it with the largest unit that fits.
func (z Size) MarshalText() ([]byte, error) { return []byte(z.String()), nil }

// String is the text form.
func (z Size) String() string {
	for _, u := range units {
		if z >= Size(u.bytes) && int64(z)%u.bytes == 0 {
			return strconv.FormatInt(int64(z)/u.bytes, 10) + u.name
		}
	}
	return "0B"
}
