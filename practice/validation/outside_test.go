package validation

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// gated is the practice on the road of a real gate, with its two services, asked over TLS. Nothing listens where they
// lead: a request that went on would be answered with 502.
type gated struct {
	*testing.T
	service *Service
	config  func(*Config)
	stages  func([]gate.Stage) []gate.Stage // what becomes of the practice's own
	outside Outside
	spoil   func(*gated) // what a test does once all stands

	mu     sync.Mutex
	events map[event.ID]*event.Event
	lose   bool // the record keeps nothing
}

// in is a world that begins like this.
func in(arrange func(g *gated)) practicetest.World {
	return func(t *testing.T) practice.Practice {
		t.Helper()
		g := &gated{T: t, events: map[event.ID]*event.Event{}, stages: func(own []gate.Stage) []gate.Stage { return own }}
		if arrange != nil {
			arrange(g)
		}
		g.open()
		return g.service.Practice()
	}
}

func (g *gated) open() {
	g.Helper()
	g.service = service(g.T, g.config)
	tags, err := attack.OpenTags(g.Context(), storetest.Memory(g.T).Secrets(store.NewMasterKey()), cluster.Alone(time.Now), time.Now)
	if err != nil {
		g.Fatal(err)
	}
	const nothing = "http://127.0.0.1:1"
	nowhere := gatetest.To(g.T, nothing)
	s := gatetest.Start(g.T, nothing, func(o *gate.Options) {
		o.Services = []*gate.Service{
			{Name: "notes", Hosts: []string{"notes.test"}, Path: "/", Upstream: nowhere},
			{Name: "shop", Hosts: []string{"other.test"}, Path: "/shop", Upstream: nowhere},
			{Name: "portal", Hosts: []string{"unknown.test"}, Path: "/", Handler: http.NotFoundHandler()},
		}
		o.Record = g
		o.Stages = append([]gate.Stage{{Name: "test.run", Phase: gate.Connected, Run: func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
			if x.Request.Header.Get(attack.Header) != "" {
				x.Run = "r"
			}
			return gate.Verdict{}, nil
		}}}, g.stages(g.service.stages())...)
	})
	targets := map[string]attack.Target{
		"notes": {Service: "notes", Host: "notes.test", Path: "/", Session: "session"},
		"shop":  {Service: "shop", Host: "other.test", Path: "/shop", Session: "session"},
	}
	g.outside = Outside{
		Try: func(ctx context.Context, service string, entries []attack.Entry, pages int) (attack.Report, error) {
			return attack.Run(ctx, attack.Options{
				Targets: []attack.Target{targets[service]}, Entries: entries, Tags: tags, Cookie: gate.SessionCookie, Source: netip.MustParseAddr("127.0.0.1"),
				Door: s.Client.Transport, Workers: 2, Rate: 10_000, Timeout: 30 * time.Second, Pages: pages, Now: time.Now,
			})
		},
		Paths: map[string]string{"notes": "/", "shop": "/shop"},
		Dial: func(ctx context.Context) (net.Conn, error) {
			d := tls.Dialer{Config: &tls.Config{RootCAs: s.Roots, ServerName: "unknown.test", MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}}
			return d.DialContext(ctx, "tcp", s.Addr)
		},
		Host: "unknown.test", Find: g.find, Wait: 5 * time.Second,
	}
	if g.spoil != nil {
		g.spoil(g)
	}
	g.service.LookAt(g.outside)
}

// Offer keeps a copy: the gate uses its memory again.
func (g *gated) Offer(e *event.Event) bool {
	kept := *e
	kept.Rules, kept.Details = append([]event.Rule(nil), e.Rules...), append([]event.Detail(nil), e.Details...)
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.lose {
		g.events[e.UID] = &kept
	}
	return true
}

func (g *gated) find(_ context.Context, id event.ID) (*event.Event, []byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e := g.events[id]; e != nil {
		return e, nil, nil
	}
	return nil, nil, event.ErrNoEvent
}

// with is a world with this configuration.
func with(change func(*Config)) practicetest.World {
	return in(func(g *gated) { g.config = change })
}

// directives is one in which the operator wrote these.
func directives(text string) practicetest.World {
	return with(func(c *Config) { c.Directives = text })
}

// excluded is one in which a rule does not look at one place of notes.
func excluded(rule int, target, path string) practicetest.World {
	return with(func(c *Config) { exclude(c, rule, target, path) })
}

func exclude(c *Config, rule int, target, path string) {
	if c.Services == nil {
		c.Services = map[string]ServiceConfig{}
	}
	notes := c.Services["notes"]
	notes.Mode = Block
	e := ExclusionConfig{Rule: rule, Target: target, Reason: "a test"}
	if err := e.Path.UnmarshalText([]byte(path)); err != nil {
		panic(err)
	}
	notes.Exclusions = append(notes.Exclusions, e)
	c.Services["notes"] = notes
}

// watched is one in which notes is only observed.
var watched = with(func(c *Config) { c.Services = map[string]ServiceConfig{"notes": {Mode: Observe}} })

// uploading is one in which notes lets the rest of long bodies pass on some paths.
var uploading = with(func(c *Config) {
	c.Services = map[string]ServiceConfig{"notes": {Mode: Block, Routes: []Route{{Path: "/upload/**", Beyond: Pass}}}}
})

// forgetful is one whose record keeps nothing.
var forgetful = in(func(g *gated) {
	g.lose = true
	g.spoil = func(g *gated) { g.outside.Wait = 50 * time.Millisecond }
})

// noted is one whose gate changes what the rules' stage leaves on an exchange.
func noted(change func(*Config), note func(x *gate.Exchange)) practicetest.World {
	return in(func(g *gated) {
		g.config = change
		g.stages = func(own []gate.Stage) []gate.Stage {
			return append(own, gate.Stage{Name: "test.note", Phase: gate.Bodied, Run: func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
				note(x)
				return gate.Verdict{}, nil
			}})
		}
	})
}

// open is one in which the rules are not on the road.
var open = in(func(g *gated) { g.stages = func([]gate.Stage) []gate.Stage { return nil } })

// mute is one in which nothing can be tried.
var mute = in(func(g *gated) {
	g.spoil = func(g *gated) {
		g.outside.Try = func(context.Context, string, []attack.Entry, int) (attack.Report, error) {
			return attack.Report{}, errDisk
		}
		g.outside.Dial = func(context.Context) (net.Conn, error) { return nil, errDisk }
	}
})

// refusing is one in which a stage changes how the rules' own refuses.
func refusing(change func(x *gate.Exchange, v *gate.Verdict)) practicetest.World {
	return in(func(g *gated) {
		g.stages = func(own []gate.Stage) []gate.Stage {
			s := own[0]
			run := s.Run
			s.Run = func(ctx context.Context, x *gate.Exchange) (gate.Verdict, error) {
				v, err := run(ctx, x)
				if err == nil && v.Refuses() {
					change(x, &v)
				}
				return v, err
			}
			return []gate.Stage{s}
		}
	})
}

// naive is one whose gate takes a request's end from its length alone, and its path as it comes.
var naive = in(func(g *gated) {
	g.spoil = func(g *gated) {
		g.outside.Wait = 300 * time.Millisecond
		g.outside.Dial = func(context.Context) (net.Conn, error) {
			client, server := net.Pipe()
			go serveNaively(server)
			return client, nil
		}
	}
})

// serveNaively answers whatever has a first line, for as long as there is one.
func serveNaively(c net.Conn) {
	defer c.Close() //nolint:errcheck // the other side sees the end
	for in := bufio.NewReader(c); ; {
		length, first := 0, true
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			first = false
			_, _ = fmt.Sscanf(line, "Content-Length: %d", &length)
		}
		if first {
			continue
		}
		if _, err := io.CopyN(io.Discard, in, int64(length)); err != nil {
			return
		}
		if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"); err != nil {
			return
		}
	}
}
