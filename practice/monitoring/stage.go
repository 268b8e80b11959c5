package monitoring

import (
	"context"
	"net/http"
	"time"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/problem"
)

const kindRefused = "monitoring.record.refused"

var errRecord = problem.New("monitoring.record.unwritable", "This server cannot write its record right now, and lets nothing through unrecorded.",
	"Try again in a minute; whoever runs it should look at the disk of the data folder.").After(30 * time.Second)

// stages is empty where plain exchanges go on without the record: the gap is then counted and recorded later.
func (s *Service) stages() []gate.Stage {
	if s.cfg.Plain != Refuse {
		return nil
	}
	return []gate.Stage{{
		Name: "monitoring.record", Phase: gate.Connected,
		Run: func(context.Context, *gate.Exchange) (gate.Verdict, error) {
			if s.health().Writable {
				return gate.Verdict{}, nil
			}
			return gate.Refuse(http.StatusServiceUnavailable, kindRefused, errRecord), nil
		},
	}}
}
