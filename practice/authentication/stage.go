package authentication

import (
	"context"
	"net/http"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/problem"
)

const kindRefused = "authentication.request.refused"

func (s *Service) stages() []gate.Stage {
	next := "Only whoever runs this server can open it: the service's public: list names the paths that need no sign-in."
	if s.hint != "" {
		next = s.hint
	}
	why := problem.New("authentication.required", "This page needs a sign-in, and nobody can sign in here yet.", next)
	return []gate.Stage{{
		Name: "authentication.session", Phase: gate.Headed,
		Run: func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
			if x.Public {
				return gate.Verdict{}, nil
			}
			return gate.Refuse(http.StatusUnauthorized, kindRefused, why), nil
		},
	}}
}
