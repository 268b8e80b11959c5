package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
)

// built is a generation of a configuration with everything switched on that has a stage.
func built(t *testing.T) *generation {
	t.Helper()
	c := new(Config)
	source, err := config.Parse("tenward.yaml", []byte(`
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.example.com}
console: {host: console.example.com, listen: "127.0.0.1:0"}
services:
  shop: {hosts: [shop.example.com], upstream: "http://127.0.0.1:1"}
monitoring: {plain: refuse}
`), c, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Data = t.TempDir()
	log := slog.New(slog.DiscardHandler)
	stop := &undo{log: log}
	t.Cleanup(func() {
		if err := stop.run(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h, err := openHouse(t.Context(), c, options{log: log, env: func(string) string { return "" }}, stop)
	if err != nil {
		t.Fatal(err)
	}
	g, err := h.build(t.Context(), c, source)
	if err != nil {
		t.Fatal(err)
	}
	stop.add("generation", g.end)
	return g
}

func ten(t *testing.T) []practice.Practice {
	t.Helper()
	return built(t).ten
}

func TestTheRoadHasEveryStageInThePipelinesOrder(t *testing.T) {
	stages, err := road(ten(t))
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, s := range stages {
		got = append(got, s.Name)
	}
	for _, p := range pipeline {
		want = append(want, p.stage)
		if p.reason == "" {
			t.Errorf("%s has its place without a reason", p.stage)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the road is %v, the pipeline %v", got, want)
	}
}

func TestTheTenPracticesStandInTheirOrder(t *testing.T) {
	want := []string{"encryption", "authentication", "patching", "firewall", "validation", "hardening", "access", "monitoring", "training", "audits"}
	var got []string
	for _, p := range ten(t) {
		got = append(got, p.Slug)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the practices are %v, want %v", got, want)
	}
}

func TestARoadThatIsNotInThePipelineIsRefused(t *testing.T) {
	stage := func(name string) practice.Practice {
		return practice.Practice{Slug: name, Stages: []gate.Stage{{Name: name}}}
	}
	for _, c := range []struct {
		name      string
		practices []practice.Practice
		complaint string
	}{
		{"a stage without a place", []practice.Practice{stage("firewall.forgotten")}, "has no place"},
		{"a stage twice", []practice.Practice{stage("validation.request"), stage("validation.request")}, "exists twice"},
	} {
		if _, err := road(c.practices); err == nil || !strings.Contains(err.Error(), c.complaint) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
