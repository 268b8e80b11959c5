package console

import (
	"strconv"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/gate/upstream"
)

// reached is one of a service's upstreams as the gate finds it.
type reached struct{ upstream.State }

func reachedOf(states []upstream.State) []reached {
	all := make([]reached, 0, len(states))
	for _, s := range states {
		all = append(all, reached{s})
	}
	return all
}

// Pill is its condition for the eye.
func (r reached) Pill() ui.Pill {
	switch r.Condition {
	case upstream.Up:
		return ui.Pill{Class: "ok", Word: "Up"}
	case upstream.Down:
		return ui.Pill{Class: "crit", Word: "Down"}
	case upstream.Out:
		return ui.Pill{Class: "high", Word: "Out for a while"}
	case upstream.Unknown:
	}
	return ui.Pill{Class: "info", Word: "Not heard of yet"}
}

// Well says how many of a service's upstreams get requests: "2 of 3 up". One alone needs no words.
func (s *service) Well() string {
	up := 0
	for _, r := range s.Upstreams {
		if r.Condition != upstream.Down && r.Condition != upstream.Out {
			up++
		}
	}
	if len(s.Upstreams) < 2 {
		return ""
	}
	return strconv.Itoa(up) + " of " + strconv.Itoa(len(s.Upstreams)) + " in use"
}
