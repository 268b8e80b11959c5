package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

const (
	kindConfigLoaded  = "app.config.loaded"
	kindConfigRefused = "app.config.refused"
)

// reloads brings another configuration into force, whole or not at all. Requests notice nothing: connections stay, and
// exchanges under way end on the road on which they began.
type reloads struct {
	house *house
	force *force
	load  func() (*Config, *config.Source, error)

	mu     sync.Mutex // one at a time
	closed bool
}

var errStopping = problem.New("app.stopping", "Tenward is stopping: the configuration is not read any more.", "Start it again.")

// again reads the file and brings it into force. With an error the configuration before stays as it was. by is who wants it.
func (r *reloads) again(ctx context.Context, by string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errStopping
	}
	next, err := r.next(ctx, by)
	if err != nil {
		err = told(err)
		r.house.loaded.Store(&console.Loaded{At: time.Now(), By: by, Problem: problem.Of(err)})
		r.house.log.Error("the configuration was not loaded; the one before stays in force", "by", by, "error", err)
		if recording := r.house.record.Append(ctx, refusedConfig(by, err)); recording != nil {
			r.house.log.Error("that it was not loaded could not be recorded", "error", recording)
		}
		return err
	}
	old := r.force.generation.Load()
	r.force.put(next)
	r.house.sessions.Limit(next.c.Authentication.Limits())
	if err := old.end(context.WithoutCancel(ctx)); err != nil {
		r.house.log.Warn("what the configuration before did by itself did not end well", "error", err)
	}
	next.begin(ctx, r.house)
	r.house.loaded.Store(&console.Loaded{At: time.Now(), By: by})
	r.house.log.Info("the configuration was loaded", "by", by, "services", len(next.c.Services))
	return nil
}

// next makes the generation of what the file says now. That it comes into force is on the record before it does.
func (r *reloads) next(ctx context.Context, by string) (*generation, error) {
	c, source, err := r.load()
	if err != nil {
		return nil, err
	}
	if err := lasting(r.force.generation.Load().c, c); err != nil {
		return nil, err
	}
	next, err := r.house.build(ctx, c, source)
	if err != nil {
		return nil, err
	}
	if err := r.house.record.Append(ctx, loadedConfig(by, c, source)); err != nil {
		next.console.Close()
		return nil, problem.New("app.record.unwritable", "The record cannot be written, so the configuration is not changed.",
			"Look at the disk of "+c.Data+": is it full or read-only?").Because(err)
	}
	return next, nil
}

// close waits for one that is under way, and lets no other begin.
func (r *reloads) close(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return nil
}

// lasting refuses what a running process cannot change about itself.
func lasting(was, is *Config) error {
	var changed []string
	for _, k := range []struct {
		key  string
		same bool
	}{
		{"node", was.Node == is.Node},
		{"data", was.Data == is.Data},
		{"store.postgres", was.Store.Postgres.Reveal() == is.Store.Postgres.Reveal()},
		{"cluster.redis", was.Cluster.Redis.Reveal() == is.Cluster.Redis.Reveal()},
		{"listen.https", was.Listen.HTTPS == is.Listen.HTTPS},
		{"listen.admin", was.Listen.Admin == is.Listen.Admin},
		{"console.listen", was.Console.Listen == is.Console.Listen},
		{"monitoring.redact", slices.Equal(was.Monitoring.Redact, is.Monitoring.Redact)},
		{"monitoring.search", was.Monitoring.Search == is.Monitoring.Search},
		{"limits.header", was.Limits.Header == is.Limits.Header},
		{"limits.header_size", was.Limits.HeaderSize == is.Limits.HeaderSize},
		{"limits.idle", was.Limits.Idle == is.Limits.Idle},
		{"limits.write", was.Limits.Write == is.Limits.Write},
		{"limits.streams", was.Limits.Streams == is.Limits.Streams},
		{"limits.drain", was.Limits.Drain == is.Limits.Drain},
	} {
		if !k.same {
			changed = append(changed, k.key)
		}
	}
	if changed == nil {
		return nil
	}
	return problem.New("config.reload.lasting", "A running Tenward cannot change "+strings.Join(changed, ", ")+"; the configuration before stays in force.",
		"Start it anew. Everything else can be changed while it runs.")
}

// told is an error as one sentence for people, also where the file has many mistakes.
func told(err error) error {
	invalid, ok := errors.AsType[*config.Invalid](err)
	if !ok {
		return err
	}
	var b bytes.Buffer
	_ = invalid.Render(&b) // into memory
	return problem.New("config.file.invalid", strings.TrimSpace(b.String()), "Mend it and load it again; the configuration before stays in force.")
}

// loadedConfig says what came into force by its hash: the same text, the same hash, and no secret in it.
func loadedConfig(by string, c *Config, source *config.Source) *event.Event {
	hash := sha256.New()
	for _, l := range config.Lines(source, c) {
		fmt.Fprintln(hash, l.Text)
	}
	return lifecycle(event.LifecycleUpdate, kindConfigLoaded, "The configuration was loaded.",
		event.Detail{Name: "by", Value: by}, event.Detail{Name: "file", Value: source.Name}, event.Detail{Name: "sha256", Value: hex.EncodeToString(hash.Sum(nil))})
}

func refusedConfig(by string, err error) *event.Event {
	e := lifecycle(event.LifecycleUpdate, kindConfigRefused, "The configuration was not loaded: it has a fault, and the one before stays in force.",
		event.Detail{Name: "by", Value: by}, event.Detail{Name: "problem", Value: problem.Of(err).Code})
	e.Severity = event.Medium
	return e
}
