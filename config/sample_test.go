package config_test

import (
	"github.com/tenward/tenward/config"
)

// sample is a configuration as the product has one: every kind of value, defaults, validation and a secret.
type sample struct {
	Node     string                    `yaml:"node" doc:"The name of this machine."`
	Listen   config.Listen             `yaml:"listen"`
	Limits   limits                    `yaml:"limits"`
	Services map[string]*sampleService `yaml:"services"`
	Store    struct {
		Postgres config.Secret `yaml:"postgres"`
	} `yaml:"store"`
	Roles []role `yaml:"roles"`
	Mode  mode   `yaml:"mode"`
}

type mode string

func (mode) Words() []string { return []string{"block", "observe"} }

type limits struct {
	Count int             `yaml:"count"`
	Body  config.Size     `yaml:"body"`
	Idle  config.Duration `yaml:"idle"`
	Deep  bool            `yaml:"deep"`
}

type sampleService struct {
	Hosts    []config.HostName    `yaml:"hosts"`
	Upstream config.URL           `yaml:"upstream"`
	Public   []config.PathPattern `yaml:"public"`
}

type role struct {
	Name string `yaml:"name"`
}

func (s *sample) Defaults() {
	s.Node, s.Listen, s.Mode = "a", ":443", "block"
}

func (l *limits) Defaults() { l.Count, l.Body = 100, 1<<20 }

func (l *limits) Validate(r *config.Report) {
	if l.Count < 1 && !r.At("count").Failed() {
		r.At("count").Errorf("allow at least one", "%d is too few", l.Count)
	}
}

func (s *sampleService) Validate(r *config.Report) {
	if len(s.Hosts) == 0 && !r.At("hosts").Failed() {
		r.At("hosts").Errorf("write hosts: [notes.example.com]", "a service needs at least one host")
	}
}

const good = `
# one application
node: b
limits: {body: 2MiB, idle: 90s, deep: true}
services:
  notes:
    hosts: [Notes.example.com]
    upstream: http://127.0.0.1:3000/base
    public: ["/", /assets/**]
store:
  postgres: ${env:DSN}
roles:
  - name: editor
`

func env(name string) (string, bool) {
	value, ok := map[string]string{"DSN": "postgres://u:hunter2@db/x"}[name]
	return value, ok
}
