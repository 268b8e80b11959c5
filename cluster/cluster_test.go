package cluster_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/cluster/clustertest"
	"github.com/tenward/tenward/problem"
)

var quiet = slog.New(slog.DiscardHandler)

// ear keeps what it hears.
type ear struct {
	woken  chan string
	missed chan bool
}

func newEar() ear { return ear{make(chan string, 100), make(chan bool, 100)} }

func (e ear) ears() cluster.Ears {
	return cluster.Ears{
		Woken:  func(subject, message string) { e.woken <- subject + "|" + message },
		Missed: func() { e.missed <- true },
	}
}

func join(t *testing.T, s *clustertest.Server, node string, e ear) cluster.Cluster {
	t.Helper()
	c, err := cluster.Join(t.Context(), cluster.Options{URL: s.URL(), Node: node, Ears: e.ears(), Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// each runs the test with both forms.
func each(t *testing.T, test func(t *testing.T, c cluster.Cluster)) {
	t.Helper()
	t.Run("alone", func(t *testing.T) { test(t, cluster.Alone(time.Now)) })
	t.Run("redis", func(t *testing.T) { test(t, join(t, clustertest.Redis(t), "a", newEar())) })
}

func count(t *testing.T, c cluster.Cluster, key string, n int64, window time.Duration) int64 {
	t.Helper()
	sum, err := c.Count(t.Context(), key, n, window)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestCountersAddUpByKeyAndAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, c cluster.Cluster) {
		for i, step := range []struct {
			key  string
			n    int64
			want int64
		}{{"a", 1, 1}, {"a", 1, 2}, {"b", 5, 5}, {"a", 3, 5}, {"b", 0, 5}} {
			if got := count(t, c, step.key, step.n, time.Hour); got != step.want {
				t.Errorf("step %d: %s is %d, want %d", i, step.key, got, step.want)
			}
		}
		if err := c.Forget(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		if got := count(t, c, "a", 1, time.Hour); got != 1 {
			t.Errorf("a forgotten counter goes on at %d", got)
		}
		if err := c.Forget(t.Context(), "nobody counted this"); err != nil {
			t.Error(err)
		}
	})
}

func TestACounterEndsAfterItsFirstWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cluster.Alone(time.Now)
		count(t, c, "short", 1, time.Minute)
		time.Sleep(59 * time.Second) //nolint:forbidigo // the bubble's clock
		if got := count(t, c, "short", 1, time.Minute); got != 2 {
			t.Errorf("after 59 s it is %d, want 2", got)
		}
		time.Sleep(time.Second) //nolint:forbidigo // the bubble's clock
		if got := count(t, c, "short", 1, time.Minute); got != 1 {
			t.Errorf("the second count made it last longer: %d, want 1", got)
		}
	})
	t.Run("redis", func(t *testing.T) {
		c := join(t, clustertest.Redis(t), "a", newEar())
		count(t, c, "long", 1, time.Hour)
		count(t, c, "short", 1, 50*time.Millisecond)
		until(t, "the counter ends", func() bool { return count(t, c, "short", 1, 50*time.Millisecond) == 1 })
		if got := count(t, c, "long", 1, time.Hour); got != 2 {
			t.Errorf("the counter that should stay is %d, want 2", got)
		}
	})
}

func TestNodesShareCountersAndWakeEachOther(t *testing.T) {
	server, earA, earB := clustertest.Redis(t), newEar(), newEar()
	a, b := join(t, server, "a", earA), join(t, server, "b", earB)
	count(t, a, "k", 1, time.Hour)
	if got := count(t, b, "k", 1, time.Hour); got != 2 {
		t.Errorf("b counts %d, want 2", got)
	}
	if err := a.Wake(t.Context(), "identity.session", "ended 1 2"); err != nil {
		t.Fatal(err)
	}
	if got := <-earB.woken; got != "identity.session|ended 1 2" {
		t.Errorf("b heard %q", got)
	}
	if err := b.Wake(t.Context(), "x", "y"); err != nil {
		t.Fatal(err)
	}
	if got := <-earA.woken; got != "x|y" {
		t.Errorf("a heard %q: its own words, or nothing of b's", got)
	}
}

func TestALostLinkIsSaidAndComesBack(t *testing.T) {
	server, e := clustertest.Redis(t), newEar()
	a, b := join(t, server, "a", newEar()), join(t, server, "b", e)
	server.Stop()
	if _, err := a.Count(t.Context(), "k", 1, time.Hour); err == nil {
		t.Error("counting without a server was no error")
	}
	if err := a.Wake(t.Context(), "x", "y"); err == nil {
		t.Error("waking without a server was no error")
	}
	server.Start()
	select {
	case <-e.missed:
	case <-time.After(time.Minute):
		t.Fatal("b was never told that it may have missed something")
	}
	until(t, "waking works again", func() bool { return a.Wake(t.Context(), "x", "after") == nil })
	if got := <-e.woken; got != "x|after" {
		t.Errorf("b heard %q", got)
	}
	_ = b
}

func TestAnAddressThatCannotBeUsedIsSaidWithoutItsPassword(t *testing.T) {
	for _, c := range []struct{ name, url, code string }{
		{"no address", "redis://user:hunter2@host:port", "cluster.address.invalid"},
		{"another scheme", "http://user:hunter2@host", "cluster.address.invalid"},
		{"nobody there", "unix:///nowhere/hunter", "cluster.server.unreachable"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		_, err := cluster.Join(ctx, cluster.Options{URL: c.url, Node: "a", Ears: newEar().ears(), Log: quiet})
		cancel()
		var p *problem.Problem
		if !errors.As(err, &p) || p.Code != c.code || p.Next == "" {
			t.Errorf("%s: %v", c.name, err)
		} else if strings.Contains(err.Error()+p.Sentence+p.Next, "hunter2") {
			t.Errorf("%s: the error gives the password away: %v", c.name, err)
		}
	}
}

// until tries again until it holds.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("never: " + what)
		}
	}
}

func TestAServerIsAskedForASignOfLife(t *testing.T) {
	s := clustertest.Redis(t)
	if err := cluster.Ping(t.Context(), s.URL()); err != nil {
		t.Errorf("it answers, and is said to be %v", err)
	}
	s.Stop()
	if err := cluster.Ping(t.Context(), s.URL()); problem.Of(err).Code != "cluster.server.unreachable" {
		t.Errorf("it is stopped, and said to be %v", err)
	}
	if err := cluster.Ping(t.Context(), "redis://192.0.2.1:6379"); problem.Of(err).Code != "cluster.address.plain" {
		t.Errorf("a way that others read is said to be %v", err)
	}
}
