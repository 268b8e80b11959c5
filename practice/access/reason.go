package access

import (
	"context"
	"strings"

	"github.com/tenward/tenward/problem"
)

// maxReason is how long a reason may be, in characters.
const maxReason = 500

var errReason = problem.New("access.reason.refused", "That cannot be a reason.", "Write one line of at most 500 characters.")

type reasonKey struct{}

// because keeps the reason that a form gives, for what comes of it.
func because(ctx context.Context, reason string) (context.Context, error) {
	reason = strings.TrimSpace(reason)
	if len([]rune(reason)) > maxReason || strings.ContainsFunc(reason, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
		return nil, errReason
	}
	return context.WithValue(ctx, reasonKey{}, reason), nil
}

// reasonOf is the reason that because kept; empty where there is none.
func reasonOf(ctx context.Context) string {
	reason, _ := ctx.Value(reasonKey{}).(string)
	return reason
}
