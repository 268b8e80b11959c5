package practice

import (
	"context"
	"slices"
)

type (
	actorKey struct{}
	roleKey  struct{}
)

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

// ConsoleRoles are the console's, the greatest first: each has all that those after it have.
func ConsoleRoles() []string { return []string{RoleOwner, RoleAdmin, RoleAuditor, RoleReader} }

// WithRole says what the greatest of the console's roles is that whoever asks holds.
func WithRole(ctx context.Context, role string) context.Context {
	return context.WithValue(ctx, roleKey{}, role)
}

// Holds says whether whoever asks holds a role of the console, or one that contains it. Of whom nothing is known, it
// says no.
func Holds(ctx context.Context, least string) bool {
	role, _ := ctx.Value(roleKey{}).(string)
	has, wants := slices.Index(ConsoleRoles(), role), slices.Index(ConsoleRoles(), least)
	return has >= 0 && wants >= 0 && has <= wants
}
