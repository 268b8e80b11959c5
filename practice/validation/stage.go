package validation

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice/validation/waf"
	"github.com/tenward/tenward/problem"
)

const (
	kindRequest = "validation.request.refused"
	kindBody    = "validation.body.refused"
	kindBusy    = "validation.load.refused"
)

// maxRules bounds how many rules an event shows; an attack that matches more is no less refused.
const maxRules = 40

// What people are told says neither which rule matched nor where: who attacks would learn from it, and who does
// not needs somebody who may look into the event.
var (
	errAttack = problem.New("validation.request", "This request looked like an attack and was stopped.",
		"If you did nothing unusual, tell whoever runs this site the event id: they can see why, and can let such requests through.")
	errLong = problem.New("validation.body.long", "The request is larger than can be checked here.",
		"Send it in smaller parts, or ask whoever runs this site to raise what is inspected.")
	errBroken = problem.New("validation.body.broken", "The request's body did not arrive whole.", "Send it again.")
	errSlow   = problem.New("validation.body.slow", "The request's body took too long to arrive.", "Send it again over a faster connection.")
)

// stageName is how the record, and whoever tries the gate, name the one stage.
const stageName = "validation.request"

func (s *Service) stages() []gate.Stage {
	return []gate.Stage{{
		Name: stageName, Phase: gate.Bodied, Run: s.request,
		Observe: s.observes,
	}}
}

func (s *Service) observes(service string) bool { return s.cfg.Services[service].Mode == Observe }

func (s *Service) request(ctx context.Context, x *gate.Exchange) (gate.Verdict, error) {
	if x.Service.Handler != nil {
		return gate.Verdict{}, nil // Tenward's own pages: the rules would refuse good passwords
	}
	if x.RPC {
		return s.judge(ctx, x, called(x))
	}
	limit := int64(s.cfg.Body.Inspect)
	pass := s.beyond(x) == Pass
	if x.Request.ContentLength > limit && !pass {
		return gate.Refuse(http.StatusRequestEntityTooLarge, kindBody, errLong), nil
	}
	body, whole, err := x.Inspect(limit)
	switch {
	case errors.Is(err, gate.ErrBusy):
		return s.busy(x, gate.ErrBusy)
	case err != nil:
		return unread(err), nil
	}
	if !whole && !pass {
		return gate.Refuse(http.StatusRequestEntityTooLarge, kindBody, errLong), nil
	}
	if !whole {
		x.Note(beyondDetail, s.cfg.Body.Inspect.String())
	}
	leave, err := s.slots.enter(ctx, len(body))
	if errors.Is(err, errBusy) {
		return s.busy(x, errBusy)
	}
	if err != nil {
		return gate.Verdict{}, err
	}
	defer leave()
	return s.judge(ctx, x, asked(x, body, !whole))
}

// judge is what the rules say.
func (s *Service) judge(ctx context.Context, x *gate.Exchange, q *waf.Request) (gate.Verdict, error) {
	s.apply(x, q)
	result, err := s.waf.Inspect(ctx, q)
	if err != nil {
		return gate.Verdict{}, err
	}
	return verdict(x, result), nil
}

// busy is the verdict while there is no room to look. Where the service is only observed nothing would come of a
// verdict, and what nobody looked at must not pass there either: it is an error.
func (s *Service) busy(x *gate.Exchange, why *problem.Problem) (gate.Verdict, error) {
	if s.observes(x.Service.Name) {
		return gate.Verdict{}, why
	}
	return gate.Refuse(http.StatusServiceUnavailable, kindBusy, why), nil
}

// unread is the verdict on a body that the client failed to send.
func unread(err error) gate.Verdict {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return gate.Refuse(http.StatusRequestEntityTooLarge, kindBody, errLong.Because(err))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return gate.Refuse(http.StatusRequestTimeout, kindBody, errSlow.Because(err))
	default:
		return gate.Refuse(http.StatusBadRequest, kindBody, errBroken.Because(err))
	}
}

// beyond is what becomes of a body that is longer than what is looked at.
func (s *Service) beyond(x *gate.Exchange) Beyond {
	for _, r := range s.cfg.Services[x.Service.Name].Routes {
		if r.Path.Match(x.Path) {
			return r.Beyond
		}
	}
	return Refuse
}

// asked is the exchange's request as the rules see it: as it was sent, not as the gate has tidied it.
func asked(x *gate.Exchange, body []byte, partial bool) *waf.Request {
	r := x.Request
	q := &waf.Request{
		Client: x.Client, Method: r.Method, URI: r.RequestURI, Host: r.Host, Protocol: r.Proto,
		Headers: r.Header, Body: body, Partial: partial,
	}
	if !strings.HasPrefix(q.URI, "/") && q.URI != "*" {
		q.URI = r.URL.RequestURI() // asked as a proxy is asked, with scheme and host before the path
	}
	if len(r.TransferEncoding) > 0 { // the server has taken it out of the header
		q.Headers = r.Header.Clone()
		q.Headers["Transfer-Encoding"] = r.TransferEncoding
	}
	if _, expects := r.Header["Expect"]; expects { // the gate sees to it: the rules would take it for a trick
		q.Headers = maps.Clone(q.Headers)
		delete(q.Headers, "Expect")
	}
	return q
}

func verdict(x *gate.Exchange, result waf.Result) gate.Verdict {
	v := gate.Verdict{Rules: rules(result.Rules)}
	if result.Score > 0 {
		x.Note("validation.score", strconv.Itoa(result.Score))
	}
	if !result.Blocked {
		return v
	}
	v.Status, v.Kind, v.Why = result.Status, kindRequest, errAttack
	if f := result.Fault; f != nil {
		x.Note("validation.fault", f.Code)
		v.Why = problem.New("validation."+f.Code, f.Sentence, f.Next)
		if strings.HasPrefix(f.Code, "body.") {
			v.Kind = kindBody
		}
	}
	return v
}

func rules(matched []waf.Rule) []event.Rule {
	if len(matched) > maxRules {
		matched = matched[:maxRules]
	}
	list := make([]event.Rule, 0, len(matched))
	for _, m := range matched {
		list = append(list, event.Rule{ID: m.ID, Message: short(m.Message), Target: short(m.Target), Match: short(m.Match)})
	}
	return list
}

// short is a copy, because what it is cut from may be a whole body that would stay in memory with it.
func short(s string) string { return strings.Clone(s[:min(len(s), event.MaxMatch)]) }
