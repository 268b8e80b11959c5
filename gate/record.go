package gate

import (
	"net/http"
	"strings"

	"github.com/tenward/tenward/event"
)

// The kinds of an exchange's event that the gate itself gives; a stage that refuses gives its own.
const (
	kindPassed      = "gate.request.passed"
	kindRefused     = "gate.request.refused"
	kindFailed      = "gate.request.failed"
	kindStageFailed = "gate.stage.failed"
	kindUpstream    = "gate.upstream.failed"
)

// observedKind is the kind of what a stage would have refused.
func observedKind(refused string) string {
	if head, ok := strings.CutSuffix(refused, ".refused"); ok {
		return head + ".observed"
	}
	return refused
}

// note writes the exchange's one event. The recorder is done with it on return, so everything may be reused.
func (g *Gate) note(x *Exchange) {
	r := x.Request
	h := event.HTTP{
		Method: r.Method, Scheme: "https", Host: x.hostname(), Path: r.URL.Path, Query: r.URL.RawQuery,
		UserAgent: first(r.Header["User-Agent"]), Referrer: first(r.Header["Referer"]), Version: version(r.ProtoMajor, r.ProtoMinor),
		Status: x.answer.status, Sent: x.answer.sent, Duration: g.now().Sub(x.Begun),
	}
	if x.upload != nil {
		h.Received = x.upload.count()
	}
	if x.Run != "" {
		x.Note(RunDetail, x.Run)
	}
	if x.streamed() {
		x.Note(event.StreamDetail, "yes")
	}
	e := event.Event{
		UID: x.ID, Time: x.Begun, Class: event.HTTPActivity, Activity: event.ActivityOfMethod(r.Method), Severity: severity(x.verdict),
		Kind: x.kind, Verdict: x.verdict, Stage: x.stage, Rules: x.Rules, Details: x.Details,
		HTTP: &h, Source: x.Client, User: x.User, Subject: x.Subject,
	}
	m := g.unknown
	if x.Service != nil {
		e.Service, m = x.Service.Name, x.Service.meter
	}
	if x.Run == "" { // what people do is counted, not what Tenward does to itself
		m.counts[x.verdict].Add(1)
		m.statuses[min(5, x.answer.status/100)].Add(1)
		if !x.streamed() {
			m.took[bucketOf(micros(h.Duration))].Add(1)
		}
	}
	if !g.record.Offer(&e) && x.verdict != event.Passed {
		g.log.Warn("event was not recorded", "event", x.ID.String(), "kind", x.kind)
	}
}

// streamed says that the exchange lasted as long as somebody listened, which says nothing about how fast it was.
func (x *Exchange) streamed() bool {
	return x.answer.status == http.StatusSwitchingProtocols || x.RPC ||
		x.Response != nil && strings.HasPrefix(first(x.Response.Header["Content-Type"]), "text/event-stream")
}

// hostname is the host asked for without its port, as OCSF wants it; what is no host name is recorded as it came.
func (x *Exchange) hostname() string {
	if x.Host != "" {
		return x.Host
	}
	if host, ok := hostOf(x.Request.Host); ok {
		return host
	}
	return x.Request.Host
}

// severity of an exchange: what was refused is worth a look, what failed is worth one now.
func severity(v event.Verdict) event.Severity {
	switch v {
	case event.Refused, event.Observed:
		return event.Medium
	case event.Errored:
		return event.High
	default:
		return event.Informational
	}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func version(major, minor int) string {
	switch {
	case major == 2:
		return "2"
	case minor == 0:
		return "1.0"
	default:
		return "1.1"
	}
}
