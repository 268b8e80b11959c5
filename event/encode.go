package event

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/tenward/tenward/event/redact"
	"github.com/tenward/tenward/event/segment"
)

// The recorded form of an event is one JSON object with its keys in a fixed order: OCSF's base attributes, the
// class's own, then ours under unmapped.tenward, the sequence number last. It is written by hand, because this is on
// the road of every request, and because its bytes are hashed.

// Bounds of what one field may hold, in bytes. What is longer is cut, and the cut is marked with an ellipsis.
const (
	maxText   = 1 << 10 // messages, host names, referrers, user agents, rule messages
	maxPath   = 4 << 10
	maxQuery  = 8 << 10
	maxRules  = 64
	maxDetail = 64
)

// encoder turns events into their recorded form, up to the sequence number, which the log adds.
type encoder struct {
	node   string
	keys   Keys
	redact *redact.Redactor
	pool   sync.Pool
}

func newEncoder(node string, keys Keys, names []string) *encoder {
	e := &encoder{node: node, keys: keys, redact: redact.New(names)}
	e.pool.New = func() any { return new(sealing) }
	return e
}

// tail closes the object behind the sequence number.
const tail = "}}}"

// append appends the recorded form of an event up to and with the key of the sequence number.
func (c *encoder) append(ctx context.Context, b []byte, e *Event) ([]byte, error) {
	key, err := c.keys.For(ctx, e.Subject, e.Time)
	if err != nil {
		return b, err
	}
	s := c.pool.Get().(*sealing) //nolint:forcetypeassert // the pool holds nothing else
	defer c.pool.Put(s)
	s.begin(key, e.UID)
	b = c.base(b, e)
	b = c.http(b, e, s)
	b = c.who(b, e, s)
	b = c.ours(b, e)
	return b, nil
}

// maxEncoded leaves room in a frame for the sequence number, what closes the object, and the line's end.
const maxEncoded = segment.MaxPayload - 20 - len(tail) - 1

// shorten is append for an event that is too long for a frame: escapes can make a text six times as long as its bound.
// It has fewer rules and details, and says so.
func (c *encoder) shorten(ctx context.Context, b []byte, e *Event) ([]byte, error) {
	short := *e
	short.Rules, short.Details = e.Rules[:min(len(e.Rules), maxRules)], e.Details[:min(len(e.Details), maxDetail)]
	for {
		rules, details := len(short.Rules)/2, len(short.Details)/2
		short.Rules = short.Rules[:rules]
		short.Details = append(slices.Clone(e.Details[:details]), Detail{"shortened", "true"})
		var err error
		if b, err = c.append(ctx, b[:0], &short); err != nil || len(b) <= maxEncoded {
			return b, err
		}
		if rules+details == 0 {
			return b, errors.New("the event is longer than a frame")
		}
		short.Details = short.Details[:details]
	}
}

func (c *encoder) base(b []byte, e *Event) []byte {
	b = append(b, `{"metadata":{"version":"`+SchemaVersion+`","uid":"`...)
	b = e.UID.Append(b)
	b = append(b, `","product":{"name":"Tenward","vendor_name":"Tenward"}},"category_uid":`...)
	b = strconv.AppendUint(b, uint64(e.Class/1000), 10)
	b = append(b, `,"class_uid":`...)
	b = strconv.AppendUint(b, uint64(e.Class), 10)
	b = append(b, `,"activity_id":`...)
	b = strconv.AppendUint(b, uint64(e.Activity), 10)
	b = append(b, `,"type_uid":`...)
	b = strconv.AppendUint(b, uint64(e.Class)*100+uint64(e.Activity), 10)
	b = append(b, `,"severity_id":`...)
	b = strconv.AppendUint(b, uint64(e.Severity), 10)
	b = append(b, `,"time":`...)
	b = strconv.AppendInt(b, e.Time.UnixMilli(), 10)
	if e.HTTP != nil {
		b = append(b, `,"duration":`...)
		b = strconv.AppendInt(b, e.HTTP.Duration.Milliseconds(), 10)
	}
	return appendText(b, `,"message":`, redact.Text(rough(e.Message, maxText)), maxText)
}

func (c *encoder) http(b []byte, e *Event, s *sealing) []byte {
	h := e.HTTP
	if h == nil {
		return b
	}
	b = append(b, `,"http_request":{"http_method":`...)
	b = appendString(b, h.Method, 32)
	b = append(b, `,"url":{"scheme":`...)
	b = appendString(b, h.Scheme, 16)
	b = appendText(b, `,"hostname":`, redact.Text(rough(h.Host, 256)), 256)
	b = append(b, `,"path":`...)
	b = appendString(b, c.redact.Path(rough(h.Path, maxPath)), maxPath)
	b = appendText(b, `,"query_string":`, c.redact.Query(rough(h.Query, maxQuery)), maxQuery)
	b = append(b, `},"version":`...)
	b = appendString(b, h.Version, 8)
	b = appendText(b, `,"referrer":`, c.redact.URL(rough(h.Referrer, maxText)), maxText)
	b = appendSealed(b, `,"user_agent":"`, s, "user_agent", h.UserAgent)
	b = append(b, `,"body_length":`...)
	b = strconv.AppendInt(b, h.Received, 10)
	b = append(b, `},"http_response":{"code":`...)
	b = strconv.AppendInt(b, int64(h.Status), 10)
	b = append(b, `,"body_length":`...)
	b = strconv.AppendInt(b, h.Sent, 10)
	return append(b, '}')
}

// who writes where it came from, who acted, and what the class besides demands.
func (c *encoder) who(b []byte, e *Event, s *sealing) []byte {
	if e.Source.IsValid() {
		var text [64]byte
		b = append(b, `,"src_endpoint":{"ip":"`...)
		b = s.append(b, "ip", string(e.Source.Addr().AppendTo(text[:0])))
		b = append(b, `","port":`...)
		b = strconv.AppendUint(b, uint64(e.Source.Port()), 10)
		b = append(b, '}')
	}
	if e.User != nil {
		b = append(b, `,"actor":{"user":`...)
		b = appendUser(b, e.User, s)
		b = append(b, '}')
	}
	switch e.Class {
	case Authentication:
		u := e.User
		if u == nil {
			u = &User{UID: "unknown"}
		}
		b = append(b, `,"user":`...)
		b = appendUser(b, u, s)
		b = append(b, `,"service":{"name":"tenward"}`...)
	case ApplicationLifecycle:
		b = append(b, `,"app":{"name":"Tenward","vendor_name":"Tenward"}`...)
	case APIActivity:
		b = append(b, `,"api":{"operation":`...)
		b = appendString(b, e.Kind, maxText)
		b = append(b, '}')
	case DetectionFinding:
		b = append(b, `,"finding_info":{"uid":"`...)
		b = e.UID.Append(b)
		b = append(b, `","title":`...)
		b = appendString(b, e.Kind, maxText)
		b = append(b, '}')
	case ComplianceFinding:
		b = append(b, `,"finding_info":{"uid":"`...)
		b = e.UID.Append(b)
		b = append(b, `","title":`...)
		b = appendString(b, e.Kind, maxText)
		b = append(b, `},"compliance":{"control":`...)
		b = appendString(b, e.Detail("check"), maxText)
		b = append(b, `,"status_id":`...)
		b = strconv.AppendInt(b, complianceStatus(e.Detail("became")), 10)
		b = append(b, '}')
	case EventLogActivity:
		b = append(b, `,"log_name":"tenward"`...)
	}
	return b
}

// complianceStatus is OCSF's compliance.status_id of a check's answer.
func complianceStatus(answer string) int64 {
	switch answer {
	case "pass":
		return 1
	case "warn":
		return 2
	case "fail":
		return 3
	default:
		return 0
	}
}

func appendUser(b []byte, u *User, s *sealing) []byte {
	b = append(b, `{"uid":`...)
	b = appendString(b, u.UID, 128)
	b = appendSealed(b, `,"name":"`, s, "account", u.Account)
	b = appendSealed(b, `,"full_name":"`, s, "name", u.Name)
	b = appendSealed(b, `,"email_addr":"`, s, "email", u.Email)
	return append(b, '}')
}

func (c *encoder) ours(b []byte, e *Event) []byte {
	b = append(b, `,"unmapped":{"tenward":{"kind":`...)
	b = appendString(b, e.Kind, 128)
	b = appendText(b, `,"verdict":`, e.Verdict.String(), 16)
	b = appendText(b, `,"stage":`, e.Stage, 128)
	b = appendText(b, `,"service":`, e.Service, 128)
	b = append(b, `,"time_us":`...)
	b = strconv.AppendInt(b, e.Time.UnixMicro(), 10)
	if e.HTTP != nil {
		b = append(b, `,"duration_us":`...)
		b = strconv.AppendInt(b, e.HTTP.Duration.Microseconds(), 10)
	}
	b = appendText(b, `,"subject":`, e.Subject, 128)
	for i, r := range e.Rules[:min(len(e.Rules), maxRules)] {
		b = append(b, listed(i, `,"rules":[`)...)
		b = append(b, `{"id":`...)
		b = appendString(b, r.ID, 64)
		b = appendText(b, `,"message":`, redact.Text(rough(r.Message, maxText)), maxText)
		b = appendText(b, `,"target":`, c.redact.Name(rough(r.Target, 256)), 256)
		b = appendText(b, `,"match":`, c.redact.Value(rough(r.Target, 256), rough(r.Match, MaxMatch)), MaxMatch)
		b = append(b, '}')
	}
	b = closeList(b, len(e.Rules))
	for i, d := range e.Details[:min(len(e.Details), maxDetail)] {
		b = append(b, listed(i, `,"details":[`)...)
		b = append(b, `{"name":`...)
		b = appendString(b, c.redact.Name(rough(d.Name, 128)), 128)
		b = append(b, `,"value":`...)
		b = appendString(b, c.redact.Value(rough(d.Name, 128), rough(d.Value, maxText)), maxText)
		b = append(b, '}')
	}
	b = closeList(b, len(e.Details))
	b = append(b, `,"node":`...)
	b = appendString(b, c.node, 64)
	return append(b, `,"seq":`...)
}

func listed(i int, opening string) string {
	if i == 0 {
		return opening
	}
	return ","
}

func closeList(b []byte, n int) []byte {
	if n == 0 {
		return b
	}
	return append(b, ']')
}

// appendText appends key and value, and nothing for an empty value.
func appendText(b []byte, key, value string, most int) []byte {
	if value == "" {
		return b
	}
	return appendString(append(b, key...), value, most)
}

func appendSealed(b []byte, key string, s *sealing, field, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, key...)
	b = s.append(b, field, cut(value, maxText))
	return append(b, '"')
}

// rough bounds a text before it is redacted: four times what will be kept, so that no secret is cut in two within
// what is kept.
func rough(s string, most int) string { return s[:min(len(s), 4*most)] }

// cut bounds a text, at a whole character.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string: RFC 8259 section 7, with invalid UTF-8 replaced, and U+2028 and U+2029
// escaped so that the text is safe in script too.
func appendString(b []byte, s string, most int) []byte {
	s = cut(s, most)
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < 0x7f && c != '<' && c != '>' && c != '&' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			b = append(b, s[from:i]...)
			if c == '"' || c == '\\' {
				b = append(b, '\\', c)
			} else {
				b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, s[from:i]...)
			b = append(b, "\uFFFD"...)
			from = i + 1
		case r == '\u2028' || r == '\u2029':
			b = append(b, s[from:i]...)
			b = append(b, '\\', 'u', '2', '0', '2', hexDigits[r&15])
			from = i + size
		}
		i += size
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
