package audits

import (
	"time"

	"github.com/tenward/tenward/config"
)

// Config is the section `audits:`.
type Config struct {
	Every config.Duration `yaml:"every" doc:"How often Tenward attacks its own services."`
	First config.Duration `yaml:"first" doc:"How long after a start it does so for the first time."`
}

// Defaults is once a day. The first time comes soon, so that a new configuration is tried on the day it is written.
func (c *Config) Defaults() {
	*c = Config{Every: config.Duration(24 * time.Hour), First: config.Duration(time.Minute)}
}

// Validate refuses what would never end, or leave the checks without an answer: theirs are good for two days.
func (c *Config) Validate(r *config.Report) {
	if d := c.Every.Std(); (d < 10*time.Minute || d > 24*time.Hour) && !r.At("every").Failed() {
		r.At("every").Errorf("write 24h", "must be from 10m to 24h")
	}
	if d := c.First.Std(); (d < time.Second || d > 24*time.Hour) && !r.At("first").Failed() {
		r.At("first").Errorf("write 1m", "must be from 1s to 24h")
	}
}
