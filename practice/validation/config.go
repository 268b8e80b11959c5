package validation

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice/validation/waf"
)

// Config is the section `validation:`.
type Config struct {
	Body       Body                     `yaml:"body" doc:"How much of a body is looked at."`
	Paranoia   int                      `yaml:"paranoia" doc:"The paranoia level of the OWASP Core Rule Set, 1 (few false alarms) to 4."`
	Directives string                   `yaml:"directives" doc:"Rules and exclusions of your own, in SecLang: SecRule, SecAction, SecMarker, SecRuleRemoveBy*, SecRuleUpdate*."`
	Services   map[string]ServiceConfig `yaml:"services" doc:"What differs for a service, by its name under services:."`
}

// Body is how much of a body is looked at.
type Body struct {
	Inspect config.Size `yaml:"inspect" doc:"Bodies are looked at up to this size; longer ones are refused, unless their route says beyond: pass."`
}

// ServiceConfig is what differs for one service.
type ServiceConfig struct {
	Mode   Mode    `yaml:"mode" doc:"block (refuse attacks) or observe (let them pass and record them)."`
	Routes []Route `yaml:"routes" doc:"What differs for parts of it; the first that fits counts."`

	Exclusions []ExclusionConfig `yaml:"exclusions" doc:"What rules do not look at."`
}

// ExclusionConfig is one rule that does not look at one parameter, on some paths of a service.
type ExclusionConfig struct {
	Rule   int                `yaml:"rule" doc:"The rule's number, as events name it."`
	Target string             `yaml:"target" doc:"The parameter as events name it, such as ARGS:comment."`
	Path   config.PathPattern `yaml:"path" doc:"The paths that are meant, such as /notes/**."`
	Reason string             `yaml:"reason" doc:"Why, for whoever reads it later."`
}

// Route is what differs for a part of a service.
type Route struct {
	Path   config.PathPattern `yaml:"path" doc:"The paths that are meant, such as /upload/**."`
	Beyond Beyond             `yaml:"beyond" doc:"What becomes of bodies longer than body.inspect: refuse or pass (the rest goes by unseen, and that is recorded)."`
}

// Mode is what becomes of an attack.
type Mode string

// The modes.
const (
	Block   Mode = "block"
	Observe Mode = "observe"
)

// Words are all there are.
func (Mode) Words() []string { return []string{string(Block), string(Observe)} }

// Beyond is what becomes of a body that is longer than what is looked at.
type Beyond string

// The ways.
const (
	Refuse Beyond = "refuse"
	Pass   Beyond = "pass"
)

// Words are all there are.
func (Beyond) Words() []string { return []string{string(Refuse), string(Pass)} }

// maxInspect bounds the memory that one request can take: its body is held whole, and in pieces, while it is read.
const maxInspect = 64 << 20

// Defaults is 1 MiB at paranoia level 1.
func (c *Config) Defaults() { c.Body.Inspect, c.Paranoia = 1<<20, 1 }

// Defaults is blocking.
func (s *ServiceConfig) Defaults() { s.Mode = Block }

// Defaults is refusing.
func (o *Route) Defaults() { o.Beyond = Refuse }

// Validate complains about what no field can see by itself.
func (c *Config) Validate(r *config.Report) {
	if size := c.Body.Inspect; (size < 1 || size > maxInspect) && !r.At("body.inspect").Failed() {
		r.At("body.inspect").Errorf("write 1B to 64MiB; 1MiB is the default", "%s is no size that can be looked at", size)
	}
	level := c.Paranoia
	if level < 1 || level > 4 {
		if !r.At("paranoia").Failed() {
			r.At("paranoia").Errorf("write 1, 2, 3 or 4", "there is no paranoia level %d", level)
		}
		level = 1 // what else is wrong is said in the same run
	}
	if r.At("directives").Failed() {
		return
	}
	var wrong *waf.DirectiveError
	if err := waf.Check(waf.Options{Paranoia: level, Directives: c.Directives}); errors.As(err, &wrong) {
		r.At("directives").Errorf("", "line %d of the text: %s: %s", wrong.Line, wrong.Directive, wrong.Sentence)
		return
	}
	c.validateExclusions(waf.Options{Paranoia: level, Directives: c.Directives}, r)
}

// validateExclusions asks the rules themselves, which takes a moment: only where there is something to ask.
func (c *Config) validateExclusions(o waf.Options, r *config.Report) {
	var rules *waf.WAF
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		for i, x := range c.Services[name].Exclusions {
			at := r.At("services." + name).At("exclusions[" + strconv.Itoa(i) + "]")
			if rules == nil {
				var err error
				if rules, err = waf.New(o); err != nil {
					at.Errorf("", "the rules cannot be read: %v", err)
					return
				}
			}
			x.validate(rules, at)
		}
	}
}

func (x ExclusionConfig) validate(rules *waf.WAF, r *config.Report) {
	if _, ok := rules.Rule(x.Rule); !ok && !r.At("rule").Failed() {
		r.At("rule").Errorf("write the number that the event names", "there is no rule %d that looks for anything", x.Rule)
	}
	var wrong *waf.TargetError
	if _, err := waf.ParseTarget(x.Target); errors.As(err, &wrong) && !r.At("target").Failed() {
		r.At("target").Errorf(wrong.Mend, "%s", wrong.Sentence)
	}
	if x.Path == "" && !r.At("path").Failed() {
		r.At("path").Errorf("write path: /notes/**", "the exclusion has no path")
	}
	if strings.TrimSpace(x.Reason) == "" && !r.At("reason").Failed() {
		r.At("reason").Errorf("write reason: why, in a few words", "the exclusion has no reason")
	}
}

// Validate asks for the path.
func (o *Route) Validate(r *config.Report) {
	if o.Path == "" && !r.At("path").Failed() {
		r.Errorf("write path: /upload/**", "the route has no path")
	}
}

// Known complains about services that do not exist. app calls it, because it knows those that do.
func (c *Config) Known(services []string, r *config.Report) {
	for _, name := range c.unknown(services) {
		mend := "name one that stands under services:"
		if near := config.Nearest(name, services); near != "" {
			mend = "write " + near
		}
		r.At("services."+name).Errorf(mend, "there is no service %q", name)
	}
}

// unknown gives the names that are no service's, in order.
func (c *Config) unknown(services []string) []string {
	var names []string
	for name := range c.Services {
		if !slices.Contains(services, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
