package authentication

import (
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/identity"
)

// Config is the section `authentication:`.
type Config struct {
	SecondFactor Requirement     `yaml:"second_factor" doc:"Whether everybody needs a second factor: required, or optional (which is a finding)."`
	Idle         config.Duration `yaml:"idle" doc:"A session that is not used for so long ends."`
	Absolute     config.Duration `yaml:"absolute" doc:"A session ends after so long, used or not."`
	Invitation   config.Duration `yaml:"invitation" doc:"How long an invitation, or a link to set a new password, is good."`
	Hashing      int             `yaml:"hashing" doc:"How many passwords are compared at once; 0 is half the processors. Each takes 19 MiB."`
}

// Defaults are those of NIST SP 800-63B-4 at AAL2: an hour of inactivity, and less than a day in all.
func (c *Config) Defaults() {
	*c = Config{
		SecondFactor: Required, Idle: config.Duration(time.Hour), Absolute: config.Duration(12 * time.Hour),
		Invitation: config.Duration(time.Hour),
	}
}

// Validate refuses limits that are none.
func (c *Config) Validate(r *config.Report) {
	for _, one := range []struct {
		name  string
		value config.Duration
		most  time.Duration
	}{{"idle", c.Idle, 24 * time.Hour}, {"absolute", c.Absolute, 30 * 24 * time.Hour}, {"invitation", c.Invitation, 7 * 24 * time.Hour}} {
		if d := one.value.Std(); (d < time.Minute || d > one.most) && !r.At(one.name).Failed() {
			r.At(one.name).Errorf("", "must be from 1m to %s", one.most)
		}
	}
	if (c.Hashing < 0 || c.Hashing > 64) && !r.At("hashing").Failed() {
		r.At("hashing").Errorf("", "must be from 0 to 64")
	}
}

// Limits are the sessions'.
func (c *Config) Limits() identity.Limits {
	return identity.Limits{Idle: c.Idle.Std(), Absolute: c.Absolute.Std()}
}

// Requirement says who needs a second factor.
type Requirement string

// The requirements.
const (
	Required Requirement = "required"
	Optional Requirement = "optional"
)

// Words are those that the file may say.
func (Requirement) Words() []string { return []string{string(Required), string(Optional)} }
