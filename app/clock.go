package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tenward/tenward/practice"
)

// clock runs jobs, each again and again, until it is stopped.
type clock struct {
	log  *slog.Logger
	stop context.CancelFunc
	jobs sync.WaitGroup
}

var errJobSlow = errors.New("the job took too long")

// jobsOf are all practices' jobs.
func jobsOf(ten []practice.Practice) []practice.Job {
	var jobs []practice.Job
	for _, p := range ten {
		jobs = append(jobs, p.Jobs...)
	}
	return jobs
}

// startClock gives every job a goroutine of its own, which stop waits for.
func startClock(ctx context.Context, jobs []practice.Job, log *slog.Logger) *clock {
	ctx, stop := context.WithCancel(ctx)
	c := &clock{log: log, stop: stop}
	for _, j := range jobs {
		c.jobs.Go(func() { c.run(ctx, j) })
	}
	return c
}

// run is one job's life. What fails is tried again at its next time.
func (c *clock) run(ctx context.Context, j practice.Job) {
	tick := time.NewTicker(j.Every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := once(ctx, j); err != nil && ctx.Err() == nil {
			c.log.Warn("a job failed; it is tried again", "job", j.Name, "in", j.Every.String(), "error", err)
		}
	}
}

// once runs a job within its time. A panic is an error.
func once(ctx context.Context, j practice.Job) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, j.Timeout, errJobSlow)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return j.Run(ctx)
}

// close stops all jobs and waits for those under way.
func (c *clock) close(context.Context) error {
	c.stop()
	c.jobs.Wait()
	return nil
}
