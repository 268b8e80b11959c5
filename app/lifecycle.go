package app

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
)

// started is the event of a start. What it says of the program lets an auditor see what ran when.
func started() *event.Event {
	b := build()
	return lifecycle(event.LifecycleStart, "app.process.started", "Tenward has started.",
		event.Detail{Name: "version", Value: b.Version}, event.Detail{Name: "revision", Value: b.Revision}, event.Detail{Name: "go", Value: b.Go})
}

func stopped() *event.Event {
	return lifecycle(event.LifecycleStop, "app.process.stopped", "Tenward has stopped serving.")
}

func lifecycle(a event.Activity, kind, message string, details ...event.Detail) *event.Event {
	now := time.Now()
	return &event.Event{
		UID: event.NewID(now), Time: now, Class: event.ApplicationLifecycle, Activity: a, Severity: event.Informational,
		Kind: kind, Message: message, Details: details,
	}
}

// signingKey signs the node's checkpoints. It is made on the first start and sealed in the store.
func signingKey(ctx context.Context, secrets *store.Secrets, node string) (event.SigningKey, error) {
	raw, err := secrets.GetOrMake(ctx, "event.signing/"+node, func() ([]byte, error) { return event.NewSigningKey(node) })
	if err != nil {
		return event.SigningKey{}, err
	}
	return event.ParseSigningKey(raw)
}

// stickyKey makes the cookies that keep clients at one of several upstreams. Nodes that share a database share it.
func stickyKey(ctx context.Context, secrets *store.Secrets) ([]byte, error) {
	return secrets.GetOrMake(ctx, "gate.sticky", func() ([]byte, error) {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // it never fails
		return key, nil
	})
}
