package access

import (
	"context"
	"net/http"
	"strings"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/access/policy"
	"github.com/tenward/tenward/problem"
)

const kindRefused = "access.request.refused"

var errNobody = problem.New("access.anonymous", "Nobody is signed in, and this page is not for strangers.", "Sign in, then try again.")

func (s *Service) stages() []gate.Stage {
	return []gate.Stage{{Name: "access.decision", Phase: gate.Headed, Run: s.decide}}
}

// decide asks whether one of the person's roles allows the request, and says to the upstream who asks. A service account
// is nobody but in what Tenward tries on its own gate.
func (s *Service) decide(ctx context.Context, x *gate.Exchange) (gate.Verdict, error) {
	if x.Service.Handler != nil {
		return gate.Verdict{}, nil // Tenward's own: roles are about applications
	}
	if x.Session == nil || x.Session.Person.Kind != identity.Human && x.Run == "" {
		if x.Public {
			return gate.Verdict{}, nil
		}
		return gate.Refuse(http.StatusForbidden, kindRefused, errNobody), nil
	}
	h, err := s.holder(ctx, x.Session)
	if err != nil {
		return gate.Verdict{}, err
	}
	if !x.Public {
		d := s.decisions.decide(h.roles, policy.Request{Service: x.Service.Name, Method: x.Request.Method, Path: x.Path})
		if !d.Allowed {
			return gate.Refuse(http.StatusForbidden, kindRefused, s.denied(x, h.roles, d)), nil
		}
		x.Note("role", d.Role)
	}
	return gate.Verdict{}, s.introduce(x, h)
}

// introduce tells the upstream who asks, as far as its section wants to know.
func (s *Service) introduce(x *gate.Exchange, h *holder) error {
	told := s.conf.Services[x.Service.Name]
	if told == nil {
		return nil
	}
	if told.Headers {
		x.Forward = append(x.Forward, gate.Field{Name: "X-Tenward-Person", Value: x.Session.Person.Account}, gate.Field{Name: "X-Tenward-Groups", Value: h.groups})
	}
	if told.Assertion {
		token, err := s.assert(x.Session, h, told.audience(x.Service.Name))
		if err != nil {
			return err
		}
		x.Forward = append(x.Forward, gate.Field{Name: "X-Tenward-Assertion", Value: token})
	}
	return nil
}

// denied says to the person why, and whom to ask.
func (s *Service) denied(x *gate.Exchange, roles *roleSet, d policy.Decision) *problem.Problem {
	who := x.Session.Person
	var why string
	switch {
	case d.Role != "":
		x.Note("role", d.Role)
		why = "your role " + d.Role + " forbids it"
	case len(roles.names) == 0:
		why = "you have no role yet"
	default:
		why = "none of your roles (" + strings.Join(roles.names, ", ") + ") allows it"
	}
	return problem.New("access.denied", "You are signed in as "+name(who)+", and "+verb(x.Request.Method)+" on "+x.Service.Name+" is not for you: "+why+".",
		"Ask "+s.conf.Contact+" for a role that allows it, and name the event below.")
}

func name(p *identity.Person) string {
	if p.Name == p.Account {
		return p.Account
	}
	return p.Name + " (" + p.Account + ")"
}

// verb says what a request asks for.
func verb(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "seeing this page"
	default:
		return "doing this (" + method + ")"
	}
}
