package monitoring

// Config is the section `monitoring:`.
type Config struct {
	Plain  Plain    `yaml:"plain" doc:"What plain exchanges do while the record cannot be written: serve (go on, count the gap) or refuse (503)."`
	Redact []string `yaml:"redact" doc:"Names of further fields whose values never reach the record, besides passwords, tokens, cookies and the like."`
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
func (c *Config) Defaults() { c.Plain = Serve }
