package index

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/problem"
)

// maxLast is the longest time back that can be written.
const maxLast = 3660 * 24 * time.Hour

// bound reads last:, from: and to:.
func (q Query) bound(w token, replace bool) (Query, error) {
	if w.not {
		return Query{}, w.wrong("time", w.shown()+" cannot be turned around.", "Write from: and to: for a time before.")
	}
	var at time.Time
	var ok bool
	if w.field == "last" {
		_, ok = lastOf(w.value)
	} else {
		at, ok = timeOf(w.value)
	}
	if !ok {
		return Query{}, w.wrong("time", fmt.Sprintf("%s is not what %s: takes.", w.shown(), w.field), "Write "+fieldNamed(w.field).Help+".")
	}
	if !replace && (q.last != "" || w.field == "last" && q.bounded() || w.field == "from" && !q.from.IsZero() || w.field == "to" && !q.to.IsZero()) {
		return Query{}, w.wrong("time", fmt.Sprintf("With %s the query has more than one time.", w.shown()), "Write last: alone, or from: and to: once each.")
	}
	switch w.field {
	case "last":
		q.last, q.from, q.to = strings.ToLower(w.value), time.Time{}, time.Time{}
	case "from":
		q.last, q.from = "", at
	case "to":
		q.last, q.to = "", at
	}
	if !q.from.IsZero() && !q.to.IsZero() && !q.from.Before(q.to) {
		return Query{}, w.wrong("time", fmt.Sprintf("With %s the query ends before it begins.", w.shown()), "from: is the first moment, to: is the moment before which all lie.")
	}
	return q, nil
}

func (q Query) bounded() bool { return !q.from.IsZero() || !q.to.IsZero() }

// lastOf reads a number and its unit.
func lastOf(s string) (time.Duration, bool) {
	if len(s) < 2 {
		return 0, false
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit := units[s[len(s)-1]|0x20]
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if err != nil || unit == 0 || n == 0 || n > uint64(maxLast/unit) { //nolint:gosec // both are positive
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// timeOf reads a day, which is its first moment, or a time in RFC 3339.
func timeOf(s string) (time.Time, bool) {
	t, err := time.Parse(dateForm, s)
	if err != nil {
		t, err = time.Parse(time.RFC3339, strings.ToUpper(s))
	}
	t = t.UTC().Truncate(time.Microsecond)
	return t, err == nil && t.Year() >= 1970 && t.Year() <= 9999
}

// moment is the spelling of a bound.
func moment(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(24 * time.Hour)):
		return t.Format(dateForm)
	default:
		return t.Format(time.RFC3339Nano)
	}
}

// span is a window of time in microseconds, its end not included.
type span struct{ from, to int64 }

func (s span) clip(o span) span { return span{max(s.from, o.from), min(s.to, o.to)} }
func (s span) empty() bool      { return s.from >= s.to }

// Window is the time that a query looks at, the end not included.
func (x *Index) Window(q Query) (from, to time.Time, err error) {
	s, err := x.window(q)
	return time.UnixMicro(s.from).UTC(), time.UnixMicro(s.to).UTC(), err
}

func (x *Index) window(q Query) (span, error) {
	now := q.now
	if now.IsZero() {
		now = x.o.Now().UTC()
	}
	s := span{from: q.from.UnixMicro(), to: now.UnixMicro() + 1}
	id, one := q.id()
	if !q.to.IsZero() {
		s.to = q.to.UnixMicro()
	} else if one {
		s.to = id.Time().UnixMicro() + apart
	}
	back := time.Duration(x.o.Days) * 24 * time.Hour
	switch last, ok := lastOf(q.last); {
	case ok:
		s.from = now.Add(-last).UnixMicro()
	case !q.from.IsZero():
	case one:
		s.from = id.Time().UnixMicro() - apart
	default:
		s.from = time.UnixMicro(s.to).Add(-back).UnixMicro()
	}
	if one {
		return s.clip(span{id.Time().UnixMicro() - apart, id.Time().UnixMicro() + apart}), nil
	}
	if s.to-s.from > back.Microseconds()+1 {
		return span{}, problem.New("index.query.wide", fmt.Sprintf("The query looks at more than %d days.", x.o.Days),
			"Narrow it with last:, or from: and to:.")
	}
	return s, nil
}

// apart is how far an event's time and the time in its id may lie apart, in microseconds.
const apart = int64(time.Second / time.Microsecond)
