package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

const (
	rounds      = 7
	perRound    = 8000
	connections = 16
)

// subject is one process under load.
type subject struct {
	name string
	*process
	load   load
	client *http.Client
	used   []float64 // CPU microseconds a request, by round
}

// road measures the whole way of a request: 1 KB, 16 kept connections, HTTP/1.1 over TLS 1.3.
func road(ctx context.Context, b *bench) (err error) {
	upstream, err := start(ctx, "upstream")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, upstream.stop()) }()
	target := "http://" + upstream.address

	var subjects []*subject
	defer func() {
		for _, s := range subjects {
			err = errors.Join(err, s.stop())
		}
	}()
	for _, s := range []struct {
		name, kind, ca string
	}{{"reverse proxy", "proxy", "peer.pem"}, {"reverse proxy again", "proxy", "peer.pem"}, {"tenward without rules", "road", "road.pem"}, {"tenward", "tenward", "data/ca.pem"}} {
		dir := filepath.Join(b.dir, s.name)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		var p *process
		if s.kind == "tenward" {
			p, err = b.tenward(ctx, dir, target)
		} else {
			p, err = start(ctx, s.kind, target, dir)
		}
		if err != nil {
			return fmt.Errorf("start %s: %w", s.name, err)
		}
		sub := &subject{name: s.name, process: p}
		subjects = append(subjects, sub)
		if sub.load, err = loadOf(p, filepath.Join(dir, s.ca)); err != nil {
			return err
		}
		sub.client = sub.load.client()
		if err := sub.load.run(ctx, sub.client, perRound/4); err != nil { // warm up
			return fmt.Errorf("load %s: %w", s.name, err)
		}
	}
	if err := alternate(ctx, subjects); err != nil {
		return err
	}
	peer := subjects[0]
	for i, s := range subjects {
		ratios := make([]float64, rounds)
		for r := range rounds {
			ratios[r] = s.used[r] / peer.used[r]
		}
		r := row{Name: "cpu per request, 1 KB", Subject: s.name, Value: median(s.used), Unit: "µs"}
		if i > 0 {
			r.Peer, r.Ratio = peer.name, median(ratios)
		}
		b.add(r)
		if s.name == "tenward without rules" {
			b.aim("<=", 1.2)
		}
	}
	return b.starts(ctx, target)
}

func loadOf(p *process, ca string) (load, error) {
	raw, err := os.ReadFile(ca)
	if err != nil {
		return load{}, err
	}
	l := load{address: p.address, url: "https://" + host + "/search?q=milk&page=2", roots: x509.NewCertPool(), workers: connections}
	l.roots.AppendCertsFromPEM(raw)
	return l, nil
}

// alternate loads the subjects in turn, round by round, each round beginning with another.
func alternate(ctx context.Context, subjects []*subject) error {
	for r := range rounds {
		for i := range subjects {
			s := subjects[(i+r)%len(subjects)]
			before, err := s.cpu()
			if err != nil {
				return err
			}
			if err := s.load.run(ctx, s.client, perRound); err != nil {
				return fmt.Errorf("load %s: %w", s.name, err)
			}
			after, err := s.cpu()
			if err != nil {
				return err
			}
			s.used = append(s.used, float64((after-before).Nanoseconds())/1e3/perRound)
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", r+1, rounds)
	}
	return nil
}

const configText = `data: data
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.test}
console: {host: console.test, listen: "127.0.0.1:0"}
services:
  notes: {hosts: [notes.test], upstream: %q, public: ["/**"]}
`

// tenward starts the real program in front of a public application.
func (b *bench) tenward(ctx context.Context, dir, upstream string) (*process, error) {
	return b.serving(ctx, dir, fmt.Sprintf(configText, upstream))
}

// serving starts the real program with this configuration.
func (b *bench) serving(ctx context.Context, dir, text string) (*process, error) {
	program := filepath.Join(b.dir, "bin")
	if _, err := os.Stat(program); err != nil {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, ".")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return nil, fmt.Errorf("build tenward: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tenward.yaml"), []byte(text), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "serve", "-c", "tenward.yaml")
	cmd.Dir = dir
	return launchLogged(cmd, "https=")
}

// starts measures a second start and the memory of an idle process; the first start has made the keys.
func (b *bench) starts(ctx context.Context, upstream string) error {
	dir := filepath.Join(b.dir, "start")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var took, resident, anonymous []float64
	for i := range 1 + 5 {
		began := time.Now()
		p, err := b.tenward(ctx, dir, upstream)
		if err != nil {
			return err
		}
		l, err := loadOf(p, filepath.Join(dir, "data", "ca.pem"))
		if err == nil {
			l.workers = 1
			err = l.run(ctx, l.client(), 1)
		}
		ready := time.Since(began)
		if err == nil && i > 0 {
			took = append(took, float64(ready.Microseconds())/1e3)
			var rss, anon int64
			rss, anon, err = p.memory()
			resident, anonymous = append(resident, float64(rss)/1e6), append(anonymous, float64(anon)/1e6)
		}
		if err := errors.Join(err, p.stop()); err != nil {
			return err
		}
	}
	b.add(row{Name: "second start to first answer", Subject: "tenward", Value: median(took), Unit: "ms"})
	b.aim("<=", 500)
	b.add(row{Name: "memory after the first answer, resident", Subject: "tenward", Value: median(resident), Unit: "MB"})
	b.aim("<=", 90)
	b.add(row{Name: "memory after the first answer, without files", Subject: "tenward", Value: median(anonymous), Unit: "MB"})
	return nil
}
