package problem_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/problem"
)

func TestOfFindsTheProblemUnderWrapping(t *testing.T) {
	p := problem.New("store.database.newer", "The database is newer.", "Install the newer version.")
	got := problem.Of(fmt.Errorf("open store: %w", p))
	if got != p {
		t.Fatalf("Of = %v, want the wrapped problem", got)
	}
}

func TestOtherErrorsAreInternalAndGiveNothingAway(t *testing.T) {
	err := errors.New("dial tcp 10.0.0.7: secret detail")
	got := problem.Of(err)
	if got.Code != "internal" || strings.Contains(got.Error(), "secret") {
		t.Fatalf("Of(plain error) = %q %q", got.Code, got.Error())
	}
	if !errors.Is(got, err) {
		t.Fatal("the cause is lost for the log")
	}
}

func TestBecauseHidesTheCauseAndLeavesTheOriginalAlone(t *testing.T) {
	p := problem.New("a.b", "No.", "Try b.")
	q := p.Because(fs.ErrNotExist).After(time.Second)
	if !errors.Is(q, fs.ErrNotExist) || errors.Is(p, fs.ErrNotExist) {
		t.Fatal("Because must copy")
	}
	if q.Error() != "No. Try b." || q.RetryAfter != time.Second || p.RetryAfter != 0 {
		t.Fatalf("got %q after %s, original after %s", q.Error(), q.RetryAfter, p.RetryAfter)
	}
}

func TestAProblemIsItselfWhateverCausedIt(t *testing.T) {
	full := problem.New("disk.full", "The disk is full.", "Make room.")
	if err := fmt.Errorf("write: %w", full.Because(io.EOF).After(time.Second)); !errors.Is(err, full) || !errors.Is(err, io.EOF) {
		t.Errorf("%v is not what it was made of", err)
	}
	if errors.Is(full, problem.New("disk.gone", "The disk is full.", "Make room.")) {
		t.Error("two problems are one")
	}
}
