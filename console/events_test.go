package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// began is when events begin to happen: some time before anybody looks.
var began = noon.Add(-30 * time.Minute)

// idOf is the id of the nth event: always the same, for golden files.
func idOf(n int) event.ID {
	ms := began.Add(time.Duration(n) * time.Second).UnixMilli()
	id, err := event.ParseID(fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, n))
	if err != nil {
		panic(err)
	}
	return id
}

// exchange is the nth event: an honest request.
func exchange(n int) *event.Event {
	return &event.Event{
		UID: idOf(n), Time: began.Add(time.Duration(n) * time.Second), Class: event.HTTPActivity, Activity: 3, Severity: event.Informational,
		Kind: "gate.request.passed", Verdict: event.Passed, Service: "notes",
		HTTP: &event.HTTP{
			Method: "GET", Scheme: "https", Host: "notes.example.com", Path: "/search", Query: fmt.Sprintf("q=milk+%d", n), Version: "2",
			UserAgent: "curl/8.5.0", Status: 200, Sent: 1536, Duration: 4200 * time.Microsecond,
		},
		Source: netip.MustParseAddrPort("203.0.113.47:50312"),
	}
}

// refusal is the nth event: an attack that was refused.
func refusal(n int) *event.Event {
	e := exchange(n)
	e.Kind, e.Verdict, e.Stage, e.Severity = "validation.request.refused", event.Refused, "validation.request", event.Medium
	e.HTTP.Query, e.HTTP.Status, e.HTTP.Sent = "q=1%27+OR+%271%27%3D%271&page=2", 403, 900
	e.Rules = []event.Rule{
		{ID: "942100", Message: "SQL Injection Attack Detected via libinjection", Target: "ARGS:q", Match: "1' OR '1'='1"},
		{ID: "942130", Message: "SQL Injection Attack: SQL Boolean-based attack detected", Target: "ARGS:q", Match: "'1'='1"},
	}
	e.Details = []event.Detail{{Name: "validation.score", Value: "10"}}
	return e
}

// stranger is the nth event: a request that was refused without a rule.
func stranger(n int) *event.Event {
	e := exchange(n)
	e.Kind, e.Verdict, e.Stage, e.Severity, e.HTTP.Status = "authentication.request.refused", event.Refused, "authentication.session", event.Medium, 401
	return e
}

// hostile is the nth event, and each of its texts is an attack on whoever reads it.
func hostile(n int) *event.Event {
	const attack = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}\u202egpj.exe\u2066\U000e0041\x00\x1b[31m\xff"
	e := refusal(n)
	e.Kind, e.Service, e.Stage, e.Message = attack, attack, attack, attack
	e.HTTP = &event.HTTP{
		Method: attack, Scheme: attack, Host: attack, Path: "/" + attack, Query: "q=" + attack + "&" + attack + "=%3Cscript%3Ealert(3)%3C%2Fscript%3E&%zz=%",
		Referrer: "javascript:alert(4)//" + attack, UserAgent: attack, Version: attack, Status: 403,
	}
	e.Rules = []event.Rule{{ID: attack, Message: attack, Target: attack, Match: "<script>alert(1)</script>"}}
	e.Details = []event.Detail{{Name: attack, Value: attack}}
	e.User = &event.User{UID: attack, Name: attack, Account: attack, Email: attack}
	return e
}

// local sends a request without a network.
func local(t *testing.T, h http.Handler, method, target string) reply {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, target, http.NoBody))
	return reply{w.Code, w.Header(), w.Body.String()}
}

// rowsOf counts the rows of a page's list.
func rowsOf(page string) int { return strings.Count(page, `<td class="c-req req">`) }
