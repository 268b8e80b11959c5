package practice

import "context"

type actorKey struct{}

// WithActor says who asks for an action, for the events that it leaves.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// Actor is who asks: a person's id, or "uid 0" for somebody on the machine itself. It is never an account's name.
func Actor(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	if actor == "" {
		return "unknown"
	}
	return actor
}
