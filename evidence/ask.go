package evidence

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

var (
	errSlow    = errors.New("the check took too long")
	errNothing = problem.New("evidence.check.silent", "The check was asked and found nothing to say anything about.", "")
	errNoCheck = problem.New("evidence.check.unknown", "There is no such check.", "tenward status shows which there are.")
	errBusy    = problem.New("evidence.check.busy", "This check is being asked at this moment.", "Look at its answer in a moment.")
)

// Run asks a check now and returns when its answer is kept.
func (s *Service) Run(ctx context.Context, id string) (*Checked, error) {
	check, known := s.checks[id]
	if !known {
		return nil, errNoCheck
	}
	if !s.occupy(id) {
		return nil, errBusy
	}
	ours, err := s.queue(ctx, check, true)
	s.free(id)
	switch {
	case err != nil:
		return nil, fmt.Errorf("ask %s: %w", id, err)
	case !ours:
		return nil, errBusy
	}
	s.wake()
	return s.Check(ctx, id)
}

// queue asks as soon as few enough are being asked.
func (s *Service) queue(ctx context.Context, check practice.Check, whenever bool) (ours bool, err error) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
		return s.take(ctx, check, whenever)
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

// take takes the check's turn, asks, and keeps what it answered. Without a turn it does nothing.
func (s *Service) take(ctx context.Context, check practice.Check, whenever bool) (ours bool, err error) {
	began := s.now()
	turn, err := s.claim(ctx, check, began, whenever)
	if errors.Is(err, errNotOurs) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	a := answer{check: check, turn: turn, began: began}
	findings, err := s.ask(ctx, check)
	a.findings = tidy(&check, findings, began)
	stopped := ctx.Err() != nil
	kept, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), grace, errors.New("the database took too long"))
	defer cancel()
	if stopped { // whatever it answered, it was cut short
		return false, s.release(kept, check.ID, turn)
	}
	if err == nil && len(a.findings) == 0 {
		err = errNothing
	}
	if err != nil {
		s.log.Warn("a check could not be asked", "check", check.ID, "error", err)
		a.problem = sentenceOf(err)
	}
	s.log.Debug("asked a check", "check", check.ID, "answer", worstFound(a.findings), "took", s.now().Sub(began).String())
	if err := s.keep(kept, &a); err != nil {
		// The last answers must not stand as if nothing had been found since.
		return true, errors.Join(err, s.doubt(kept, &a))
	}
	return true, nil
}

// sentenceOf is what people are told. An error that was not written for them may say what they must not read.
func sentenceOf(err error) string {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return p.Sentence
	}
	if errors.Is(err, errSlow) {
		return "The check did not end within its time."
	}
	return "The check failed; the log of this node says why."
}

// ask runs the check's own code within its time. A panic is an error. Code that does not end is left alone: its turn
// is over, its answer is not waited for, and it is not asked again before it has ended.
func (s *Service) ask(ctx context.Context, check practice.Check) ([]practice.Finding, error) {
	leave, entered := s.enter(check.ID)
	if !entered {
		return nil, errSlow
	}
	ctx, cancel := context.WithTimeoutCause(ctx, check.Timeout, errSlow)
	defer cancel()
	type said struct {
		findings []practice.Finding
		err      error
	}
	ended := make(chan said, 1)
	go func() {
		defer leave()
		var one said
		defer func() {
			if p := recover(); p != nil {
				one = said{err: fmt.Errorf("panic: %v", p)}
			}
			ended <- one
		}()
		one.findings, one.err = check.Run(ctx)
	}()
	select {
	case one := <-ended:
		if one.err != nil && ctx.Err() != nil {
			one.err = errors.Join(context.Cause(ctx), one.err)
		}
		return one.findings, one.err
	case <-ctx.Done():
	}
	linger := time.NewTimer(time.Second) // most code ends when it is told to, and says something better
	defer linger.Stop()
	select {
	case one := <-ended:
		return nil, errors.Join(context.Cause(ctx), one.err)
	case <-linger.C:
		return nil, context.Cause(ctx)
	}
}

// enter says that the check's own code runs from now on, unless it runs already, and gives what says that it has ended.
func (s *Service) enter(id string) (leave func(), entered bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[id] != nil {
		return nil, false
	}
	ended := make(chan struct{})
	s.running[id] = ended
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, id)
		close(ended)
	}, true
}
