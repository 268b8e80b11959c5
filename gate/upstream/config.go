package upstream

import (
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/config"
)

// TargetConfig is one entry of a service's `upstreams:`.
type TargetConfig struct {
	URL    config.Upstream `yaml:"url" doc:"Where it listens: http://, https:// or h2c://, which is HTTP/2 without TLS."`
	Weight int             `yaml:"weight" doc:"Its share of the requests beside the others' weights."`
}

// Defaults give everybody the same share.
func (c *TargetConfig) Defaults() { c.Weight = 1 }

// maxWeight keeps the list of turns short.
const maxWeight = 100

// Validate looks at what a single scalar cannot know.
func (c *TargetConfig) Validate(r *config.Report) {
	if c.URL.Host == "" && !r.At("url").Failed() {
		r.At("url").Errorf("write url: http://10.0.0.1:3000", "an upstream needs its address")
	}
	if (c.Weight < 1 || c.Weight > maxWeight) && !r.At("weight").Failed() {
		r.At("weight").Errorf("leave one out that is to get nothing", "must be from 1 to %d", maxWeight)
	}
}

// HealthConfig is a service's `health:`.
type HealthConfig struct {
	Path     string          `yaml:"path" doc:"What is asked of each upstream, below its own path: /healthz. Without it nobody is asked."`
	Interval config.Duration `yaml:"interval" doc:"Time between two questions to one upstream."`
	Timeout  config.Duration `yaml:"timeout" doc:"Time for its answer."`
	Status   []int           `yaml:"status" doc:"The statuses that say that it is well."`
	Rise     int             `yaml:"rise" doc:"Good answers in a row that bring one back."`
	Fall     int             `yaml:"fall" doc:"Bad answers in a row that take it out."`
}

// Defaults ask every ten seconds.
func (c *HealthConfig) Defaults() {
	*c = HealthConfig{Interval: config.Duration(10 * time.Second), Timeout: config.Duration(2 * time.Second), Status: []int{200}, Rise: 2, Fall: 3}
}

// Validate looks at what a single scalar cannot know.
func (c *HealthConfig) Validate(r *config.Report) {
	if c.Path != "" && !strings.HasPrefix(c.Path, "/") || strings.ContainsAny(c.Path, "?# ") {
		r.At("path").Errorf("write a plain path: /healthz", "%q is no path", c.Path)
	}
	for _, name := range []string{"interval", "timeout", "status", "rise", "fall"} {
		if c.Path == "" && r.At(name).Given() && !r.At("path").Failed() {
			r.At("path").Errorf("write path: /healthz", "nobody is asked without a path")
			break
		}
	}
	if c.Interval.Std() < time.Second && !r.At("interval").Failed() {
		r.At("interval").Errorf("", "must be at least 1s")
	}
	if (c.Timeout <= 0 || c.Timeout > c.Interval) && !r.At("timeout").Failed() {
		r.At("timeout").Errorf("", "must be more than nothing, and no more than the interval")
	}
	if len(c.Status) == 0 && !r.At("status").Failed() {
		r.At("status").Errorf("write status: [200]", "no answer would be a good one")
	}
	if slices.ContainsFunc(c.Status, func(s int) bool { return s < 200 || s > 599 }) {
		r.At("status").Errorf("", "a status is from 200 to 599")
	}
	for name, n := range map[string]int{"rise": c.Rise, "fall": c.Fall} {
		if (n < 1 || n > 100) && !r.At(name).Failed() {
			r.At(name).Errorf("", "must be from 1 to 100")
		}
	}
}

// Health are the configured checks.
func (c *HealthConfig) Health() Health {
	return Health{Path: c.Path, Interval: c.Interval.Std(), Timeout: c.Timeout.Std(), Status: c.Status, Rise: c.Rise, Fall: c.Fall}
}
