package app

import (
	"fmt"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
)

// pipeline is the road of a request: every stage, in order, with the reason for its place. The cheapest and
// surest refusal comes first. Before all of them the gate itself has bounded and normalised the request.
var pipeline = []struct{ stage, reason string }{
	{"monitoring.record", "where the operator wants nothing to pass unrecorded, nothing else matters while the record cannot be written"},
	{"audits.run", "what Tenward tries on its own gate is known as such before anything refuses it; strangers' requests carry no tag, and cost one look into their head"},
	{"authentication.session", "finding out who asks costs one look into memory; what a stranger sends stays unread"},
	{"access.decision", "one look into memory says whether a role allows it; what is not for somebody stays unread too"},
	{"validation.request", "reads the whole body against hundreds of rules: by far the dearest, so it sees only who may come in"},
}

// road puts the practices' stages into the pipeline's order. A practice may have switched a stage off; a stage
// without a place in the pipeline is a mistake in this file.
func road(practices []practice.Practice) ([]gate.Stage, error) {
	stages := map[string]gate.Stage{}
	for _, p := range practices {
		for _, s := range p.Stages {
			if _, twice := stages[s.Name]; twice {
				return nil, fmt.Errorf("stage %s exists twice", s.Name)
			}
			stages[s.Name] = s
		}
	}
	var ordered []gate.Stage
	for _, place := range pipeline {
		if s, ok := stages[place.stage]; ok {
			ordered = append(ordered, s)
			delete(stages, place.stage)
		}
	}
	for name := range stages {
		return nil, fmt.Errorf("stage %s has no place in the pipeline", name)
	}
	return ordered, nil
}
