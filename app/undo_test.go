package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

func TestStopsRunInReverseAndAllOfThem(t *testing.T) {
	u := &undo{log: slog.New(slog.DiscardHandler)}
	var order []string
	broken := errors.New("stuck")
	for _, name := range []string{"first", "second", "third"} {
		u.add(name, func(context.Context) error {
			order = append(order, name)
			if name == "second" {
				return broken
			}
			return nil
		})
	}
	err := u.run(t.Context())
	if want := []string{"third", "second", "first"}; !slices.Equal(order, want) {
		t.Errorf("stopped in the order %v, want %v", order, want)
	}
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "stop second") {
		t.Errorf("the error does not name what did not stop: %v", err)
	}
	if err := u.run(t.Context()); err != nil || len(order) != 3 {
		t.Errorf("a second run stopped again: %v, %v", order, err)
	}
}
