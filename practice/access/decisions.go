package access

import (
	"hash/maphash"
	"strings"
	"sync"

	"github.com/tenward/tenward/practice/access/policy"
)

// decisions remembers answers: those of one policy for ever the same question. It is bounded; whoever asks for ever new
// paths makes it begin anew, and costs everybody the few microseconds that a decision takes.
type decisions struct {
	policy *policy.Set
	seed   maphash.Seed
	shards [16]shard
}

// shard is a part of the memory with a lock of its own.
type shard struct {
	mu    sync.RWMutex
	known map[question]policy.Decision
	_     [32]byte // keeps two shards out of one cache line
}

// question is who asks for what.
type question struct {
	roles           *roleSet
	service, method string
	path            string
}

const (
	maxKnown = 4096 // per shard
	maxPath  = 512  // longer ones are not remembered
)

func newDecisions(set *policy.Set) *decisions {
	d := &decisions{policy: set, seed: maphash.MakeSeed()}
	for i := range d.shards {
		d.shards[i].known = map[question]policy.Decision{}
	}
	return d
}

// decide gives the policy's answer.
func (d *decisions) decide(roles *roleSet, r policy.Request) policy.Decision {
	q := question{roles, r.Service, r.Method, r.Path}
	at := &d.shards[maphash.String(d.seed, r.Path)%uint64(len(d.shards))]
	at.mu.RLock()
	answer, known := at.known[q]
	at.mu.RUnlock()
	if known {
		return answer
	}
	answer = d.policy.Decide(roles.names, r)
	if len(r.Path) > maxPath || len(r.Method) > 16 {
		return answer
	}
	q.method, q.path = strings.Clone(q.method), strings.Clone(q.path) // not to hold the whole request
	at.mu.Lock()
	if len(at.known) >= maxKnown {
		clear(at.known)
	}
	at.known[q] = answer
	at.mu.Unlock()
	return answer
}
