package app

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/practice/validation"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// ten are the practices as run makes them.
func ten(t *testing.T) []practice.Practice {
	t.Helper()
	db := storetest.Memory(t)
	secrets := db.Secrets(store.NewMasterKey())
	tls, err := encryption.New(t.Context(), secrets, []string{"a.example.com"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	var c validation.Config
	c.Defaults()
	valid, err := validation.New(c, []string{"shop"})
	if err != nil {
		t.Fatal(err)
	}
	var conf Config
	conf.Defaults()
	conf.Authentication.Defaults()
	conf.Audits.Defaults()
	conf.Portal.Host, conf.Console.Host = "login.example.com", "console.example.com"
	signing, err := signingKey(t.Context(), secrets, "a")
	if err != nil {
		t.Fatal(err)
	}
	record, err := event.Open(t.Context(), t.TempDir(), event.Options{Node: "a", Signing: signing, Keys: newRecordKeys(secrets)})
	if err != nil {
		t.Fatal(err)
	}
	stop := &undo{log: slog.New(slog.DiscardHandler)}
	stop.add("record", func(context.Context) error { return record.Close() })
	t.Cleanup(func() {
		if err := stop.run(context.Background()); err != nil {
			t.Error(err)
		}
	})
	origin := &url.URL{Scheme: "https", Host: "login.example.com"}
	d, err := openDoor(t.Context(), &conf, ground{db: db, secrets: secrets, record: record, log: stop.log, portal: origin, console: origin}, stop)
	if err != nil {
		t.Fatal(err)
	}
	tags, err := attack.OpenTags(t.Context(), secrets, d.shared, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return services{
		tls, d.authentication, valid, d.access, monitoring.New(monitoring.Config{Plain: monitoring.Refuse}, nil, time.Now),
		audits.New(conf.Audits, tags, func(context.Context) error { return nil }),
	}.practices()
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
