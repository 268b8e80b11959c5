package event

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestWhatWasGivenUpIsNeverAcknowledged(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "record"), nil)
	fill(t, l, 1)
	it, err := l.encode(t.Context(), signIn(2))
	if err != nil {
		t.Fatal(err)
	}
	it.wait = &waiter{answer: make(chan error, 1)}
	it.wait.state.Store(givenUp) // its caller was told that it is not recorded
	if !l.push(it, true) {
		t.Fatal("the queue is full")
	}
	if err := l.flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-it.wait.answer; !errors.Is(err, ErrUnwritable) || l.Health().Durable != 1 {
		t.Errorf("it is answered %v, and %d events are durable", err, l.Health().Durable)
	}
}

func TestEveryRefusalIsTheOneThatCallersLookFor(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "record"), nil)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(t.Context(), signIn(1)); !errors.Is(err, ErrUnwritable) {
		t.Errorf("a closed record says %v", err)
	}
}

func TestAProtectedEventIsNotOnlyOffered(t *testing.T) {
	l := open(t, filepath.Join(t.TempDir(), "record"), nil)
	if l.Offer(signIn(1)) || l.Health().Gap != 1 {
		t.Errorf("a sign-in was offered like an exchange; %d gaps", l.Health().Gap)
	}
}
