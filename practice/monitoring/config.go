package monitoring

import (
	"time"

	"github.com/tenward/tenward/config"
)

// Config is the section `monitoring:`.
type Config struct {
	Plain  Plain           `yaml:"plain" doc:"What plain exchanges do while the record cannot be written: serve (go on, count the gap) or refuse (503)."`
	Search config.Duration `yaml:"search" doc:"For how long events can be searched for; the record itself stays."`
	Redact []string        `yaml:"redact" doc:"Names of further fields whose values never reach the record, besides passwords, tokens, cookies and the like."`
}

// Plain is what plain exchanges do while the record cannot be written. Protected acts are refused either way.
type Plain string

// The two ways.
const (
	Serve  Plain = "serve"
	Refuse Plain = "refuse"
)

// Words are those that the file may say.
func (Plain) Words() []string { return []string{string(Serve), string(Refuse)} }

// Defaults goes on serving: an attacker who fills the disk must not be able to switch the application off.
//
// What can be searched for goes back 13 months, so that an audit of a year finds its beginning.
func (c *Config) Defaults() { c.Plain, c.Search = Serve, config.Duration(396*24*time.Hour) }

// Validate refuses an index that is gone before anybody asks.
func (c *Config) Validate(r *config.Report) {
	if d := c.Search.Std(); d < 24*time.Hour && !r.At("search").Failed() {
		r.At("search").Errorf("write 9504h, which is 13 months", "must be at least 24h")
	}
}
