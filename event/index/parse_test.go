package index

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/problem"
)

func TestAQueryHasOneSpelling(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"nothing", "  \t ", ""},
		{"fields in their order", "verdict:REFUSED service:notes", "verdict:refused service:notes"},
		{"the same twice", "service:notes service:notes", "service:notes"},
		{"turned around", "-service:notes -word", "-service:notes -word"},
		{"time at the end", "last:24H word", "word last:24h"},
		{"a day", "from:2026-11-01T00:00:00Z to:2026-11-02T01:00:00+01:00", "from:2026-11-01 to:2026-11-02"},
		{"a time", "from:2026-11-24t08:30:00.5z", "from:2026-11-24T08:30:00.5Z"},
		{"quotes that are needed", `path:"/a b" "two words" message`, `path:"/a b" "two words" message`},
		{"quotes that are not", `path:"/a" "word"`, `path:/a word`},
		{"a quotation mark", `path:"a\"b\\"`, `path:"a\"b\\"`},
		{"an asterisk that means itself", `path:"/a*" path:/a*`, `path:"/a*" path:/a*`},
		{"a colon in a free word", `"a:b"`, `"a:b"`},
		{"a minus in a free word", `"-a" - -"-b"`, ""},
		{"a method", "method:get", "method:GET"},
		{"a class by its number", "class:4002 class:9999", "class:http-activity class:9999"},
		{"a status class", "status:4XX", "status:4xx"},
		{"comparisons", "status:>=500 latency:>1500ms severity:>=HIGH seq:<10", "status:>=500 latency:>1.5s severity:>=high seq:<10"},
		{"a comparison that is none", `path:">5"`, `path:">5"`},
		{"a network", "client:192.0.2.77/24 client:2001:DB8::1 client:::ffff:10.0.0.1", "client:192.0.2.0/24 client:2001:db8::1 client:10.0.0.1"},
		{"any value", "service:** -client:*", "service:* -client:*"},
		{"an id", "id:0198C5A0-7D3B-7E41-9F0A-5B1C2D3E4F50", "id:0198c5a0-7d3b-7e41-9f0a-5b1c2d3e4f50"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, err := Parse(tt.text, noon)
			if tt.name == "a minus in a free word" {
				if err == nil {
					t.Fatal("a minus alone is a word")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if q.String() != tt.want {
				t.Errorf("%q is %q, want %q", tt.text, q, tt.want)
			}
			again := parse(t, q.String())
			if !reflect.DeepEqual(again, q) {
				t.Errorf("%q read again is %+v, want %+v", q, again, q)
			}
		})
	}
}

func TestErrorsPointAtTheWordAndNameTheNextStep(t *testing.T) {
	long := strings.Repeat("x", maxValue+1)
	tests := []struct{ name, text, word, code, says string }{
		{"an unknown field", "service:notes servce:wiki", "servce:wiki", "index.query.field", "Did you mean service:?"},
		{"a field far from all", "zzzzzzzzzz:1", "zzzzzzzzzz:1", "index.query.field", "Write one of service, verdict"},
		{"no field", ":x", ":x", "index.query.field", "field:value"},
		{"an unknown verdict", "verdict:refusd", "verdict:refusd", "index.query.value", "Did you mean verdict:refused?"},
		{"no value", "word service: word", "service:", "index.query.empty", "the application"},
		{"a status that is none", "status:99", "status:99", "index.query.value", "4xx"},
		{"a word that cannot be compared", "service:>notes", "service:>notes", "index.query.value", ""},
		{"a pattern where none can be", "client:192.0.*", "client:192.0.*", "index.query.value", "192.0.2.0/24"},
		{"an address that is none", "client:192.0.2.256", "client:192.0.2.256", "index.query.value", ""},
		{"a zone", "client:fe80::1%eth0", "client:fe80::1%eth0", "index.query.value", ""},
		{"an id that is none", "id:7", "id:7", "index.query.value", ""},
		{"every event has one", "seq:*", "seq:*", "index.query.value", "Leave it out."},
		{"open quotes", `a "b c`, `"b`, "index.query.quote", "not closed"},
		{"text behind quotes", `"a"b`, `"a"`, "index.query.quote", "space"},
		{"quotes inside", `a"b"`, `a"b"`, "index.query.quote", "inside"},
		{"an asterisk inside a free word", "a*b", "a*b", "index.query.pattern", "path:/a*b"},
		{"many asterisks", "path:a*b*c*d*e*f", "path:a*b*c*d*e*f", "index.query.pattern", ""},
		{"no letter", "ok ---", "---", "index.query.empty", "no letter"},
		{"a control character", "a\x01b", "a\x01b", "index.query.malformed", "control"},
		{"no UTF-8", "a\xff", "a\xff", "index.query.malformed", "UTF-8"},
		{"two times", "last:1h last:2h", "last:2h", "index.query.time", "more than one"},
		{"a time and last", "from:2026-11-01 last:2h", "last:2h", "index.query.time", "more than one"},
		{"backwards", "from:2026-11-02 to:2026-11-01", "to:2026-11-01", "index.query.time", "ends before"},
		{"no time", "from:yesterday", "from:yesterday", "index.query.time", "2026-11-24"},
		{"no duration", "last:0h", "last:0h", "index.query.time", "24h"},
		{"a time turned around", "-last:1h", "-last:1h", "index.query.time", "turned around"},
		{"a long word", "x " + long, long, "index.query.long", ""},
		{"a long query", strings.Repeat("a ", maxLength), strings.Repeat("a ", maxLength), "index.query.long", ""},
		{"many words", strings.TrimSpace(strings.Repeat("a ", maxWords+1)), "a", "index.query.long", "32 words"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.text, noon)
			var at *WordError
			if !errors.As(err, &at) {
				t.Fatalf("%v is no error of a word", err)
			}
			if got := tt.text[at.At : at.At+at.Length]; got != tt.word {
				t.Errorf("it points at %q, want %q", got, tt.word)
			}
			p := problem.Of(err)
			if p.Code != tt.code || !strings.Contains(p.Error(), tt.says) || p.Next == "" {
				t.Errorf("it is %s: %s", p.Code, p)
			}
			if len(p.Error()) > 500 {
				t.Errorf("it says %d bytes", len(p.Error()))
			}
		})
	}
}

func TestChipsAreAddedAndTakenAway(t *testing.T) {
	q := parse(t, "word -service:wiki last:24h")
	with := func(q Query, field, value string) Query {
		t.Helper()
		q, err := q.With(field, value)
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	if got := with(with(q, "path", "/a*b"), "status", "403").String(); got != `word -service:wiki path:"/a*b" status:403 last:24h` {
		t.Errorf("with path and status it is %s", got)
	}
	if got := with(q, "from", "2026-11-01").String(); got != "word -service:wiki from:2026-11-01" {
		t.Errorf("with a time it is %s", got)
	}
	if got := with(q, "", "two words").String(); got != `word -service:wiki "two words" last:24h` {
		t.Errorf("with a phrase it is %s", got)
	}
	if _, err := q.With("servce", "x"); err == nil {
		t.Error("an unknown field is no error")
	}
	for _, w := range q.Words() {
		if got := q.Without(w.Text).String(); strings.Contains(got, w.Text) || len(parse(t, got).Words()) != 2 {
			t.Errorf("without %s it is %s", w.Text, got)
		}
	}
	if q.String() != "word -service:wiki last:24h" {
		t.Errorf("the query itself has become %s", q)
	}
}

func TestTheWindowIsBounded(t *testing.T) {
	x := open(t, t.TempDir(), Options{Days: 31})
	day := 24 * time.Hour
	tests := []struct {
		text string
		from time.Time
		to   time.Time
	}{
		{"", noon.Add(-31*day + time.Microsecond), noon.Add(time.Microsecond)},
		{"last:31d", noon.Add(-31 * day), noon.Add(time.Microsecond)},
		{"to:2026-01-31", time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
		{"from:2026-11-24", noon.Add(-12 * time.Hour), noon.Add(time.Microsecond)},
	}
	for _, tt := range tests {
		if from, to, err := x.Window(parse(t, tt.text)); err != nil || !from.Equal(tt.from) || !to.Equal(tt.to) {
			t.Errorf("%q looks from %s to %s, %v", tt.text, from, to, err)
		}
	}
	for _, text := range []string{"last:32d", "from:2026-10-01", "from:1970-01-01 to:9999-12-31"} {
		_, err := x.Count(t.Context(), parse(t, text))
		if p := problem.Of(err); p.Code != "index.query.wide" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range conditions {
		f.Add(c.word)
	}
	for _, text := range []string{`-path:"a \"b\\" "c d*" last:24h`, "status:>=500 severity:<high latency:>1m", "client:::ffff:1.2.3.4/100", "from:2026-11-24T08:00:00.123456789+01:00 to:9999-12-31", `""`, "a\u0301*"} {
		f.Add(text)
	}
	x, err := Open(f.TempDir(), Options{Now: func() time.Time { return noon }})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = x.Close() })
	feed(f, x, randomEvents(20, 40, 1)...)
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text, noon)
		if err != nil {
			var at *WordError
			if !errors.As(err, &at) || at.At < 0 || at.Length < 0 || at.At+at.Length > len(text) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := Parse(q.String(), noon)
		if err != nil || !reflect.DeepEqual(again, q) {
			t.Fatalf("%q is %q, which is %q, %v", text, q, again, err)
		}
		page, err := x.Search(t.Context(), q, "", 0)
		if p := problem.Of(err); err != nil && p.Code != "index.query.wide" {
			t.Fatalf("search %q: %v", text, err)
		}
		if err != nil {
			return
		}
		if n, err := x.Count(t.Context(), q); err != nil || n != int64(len(page.Rows)) {
			t.Fatalf("%q finds %d rows and counts %d, %v", text, len(page.Rows), n, err)
		}
	})
}
