package audits

import (
	"context"
	"errors"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/gate"
)

func (s *Service) stages() []gate.Stage {
	return []gate.Stage{{Name: "audits.run", Phase: gate.Connected, Run: s.run}}
}

// refusedTag names the detail that says why a tag was not believed.
const refusedTag = "audits.tag"

// run finds out whether a request is one of Tenward's own attacks. It refuses nothing: a request whose tag is not
// believed is one like any other, and the record says that it had one. Upstreams never get a tag, since the gate keeps
// all fields of that family.
func (s *Service) run(ctx context.Context, x *gate.Exchange) (gate.Verdict, error) {
	tags, tagged := x.Request.Header[attack.Header]
	if !tagged {
		return gate.Verdict{}, nil
	}
	session := x.Request.CookiesNamed(gate.SessionCookie)
	if len(tags) != 1 || len(session) != 1 {
		x.Note(refusedTag, "malformed")
		return gate.Verdict{}, nil
	}
	mark, err := s.tags.Redeem(ctx, tags[0], attack.Bond{
		Source: x.Client.Addr(), Session: session[0].Value, Method: x.Request.Method, Host: x.Request.Host, Target: x.Request.RequestURI,
	})
	if err != nil {
		x.Note(refusedTag, word(err))
		return gate.Verdict{}, nil
	}
	x.Run = mark.Run.String()
	return gate.Verdict{}, nil
}

// word is the reason as the record has it.
func word(err error) string {
	switch {
	case errors.Is(err, attack.ErrMalformed):
		return "malformed"
	case errors.Is(err, attack.ErrForged):
		return "forged"
	case errors.Is(err, attack.ErrExpired):
		return "expired"
	case errors.Is(err, attack.ErrSpent):
		return "spent"
	default:
		return "unknown"
	}
}
