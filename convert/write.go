package convert

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tenward/tenward/config"
)

// Places are what the old proxy had no word for.
type Places struct {
	Data            string
	Portal, Console string // host names
	HTTPS           string // where clients come in, if the plan says nothing
	Admin           string
	ConsoleListen   string
}

// Write writes the plan as a configuration, with a comment on each thing, and on what was left out.
func (p *Plan) Write(out io.Writer, at Places) error {
	p.name()
	var b strings.Builder
	from := ""
	if p.From != "" {
		from = " from " + quoted(p.From)
	}
	fmt.Fprintf(&b, `# Written by tenward init%s. It is yours to change; `+"`tenward config check`"+` says everything that is wrong with it,
# `+"`tenward config schema`"+` which keys there are, and `+"`tenward config show`"+` what they are where nothing stands here.

# Everything that Tenward keeps: database, record, keys. A relative name begins at this file.
data: %s

listen:
  https: %s # where clients come in: TLS 1.3, HTTP/1.1 and HTTP/2
  admin: %s # /metrics, /healthz and /readyz, for this machine alone

# Where people sign in, and where you look after it all: names of their own, so that no application can reach them.
portal: {host: %s}
console: {host: %s, listen: %s}

# The database is SQLite in the data folder. For several machines: store: {postgres: "${file:/etc/tenward/postgres}"}

services:
`, from, quoted(at.Data), quoted(or(p.HTTPS, at.HTTPS)), quoted(at.Admin), at.Portal, at.Console, quoted(at.ConsoleListen))
	for i, s := range p.Services {
		if i > 0 {
			b.WriteByte('\n')
		}
		s.write(&b)
	}
	p.writeLimits(&b)
	p.writeLeft(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// quoted is a text in YAML that is nothing but that text: JSON's strings are YAML's.
func quoted(s string) string { return strconv.Quote(strings.ToValidUTF8(s, "?")) }

func (s *Service) write(b *strings.Builder) {
	if s.Place.Line > 0 {
		fmt.Fprintf(b, "  # %s\n", clean(s.Place.String()))
	}
	fmt.Fprintf(b, "  %s:\n    hosts: [%s]\n", s.name, strings.Join(s.Hosts, ", "))
	if s.Path != "/" {
		fmt.Fprintf(b, "    path: %s # and everything below it\n", quoted(s.Path))
	}
	if len(s.Upstreams) == 1 {
		fmt.Fprintf(b, "    upstream: %s\n", quoted(s.Upstreams[0].URL))
	} else {
		b.WriteString("    upstreams:\n")
		for _, u := range s.Upstreams {
			weight := ""
			if u.Weight > 1 {
				weight = ", weight: " + strconv.Itoa(u.Weight)
			}
			fmt.Fprintf(b, "      - {url: %s%s}\n", quoted(u.URL), weight)
		}
		if s.Balance != "" {
			fmt.Fprintf(b, "    balance: %s\n", s.Balance)
		}
	}
	if s.Health.Path != "" {
		fmt.Fprintf(b, "    health: {path: %s", quoted(s.Health.Path))
		if s.Health.Interval > 0 {
			fmt.Fprintf(b, ", interval: %s", config.Duration(s.Health.Interval))
		}
		if s.Health.Timeout > 0 {
			fmt.Fprintf(b, ", timeout: %s", config.Duration(s.Health.Timeout))
		}
		b.WriteString("}\n")
	}
	b.WriteString("    # Everybody must sign in, and needs a role under access:. Paths for everybody are listed; all of them, as without Tenward:\n" +
		"    # public: [\"/**\"]\n")
}

func (p *Plan) writeLimits(b *strings.Builder) {
	var lines []string
	if p.Body > 0 {
		lines = append(lines, fmt.Sprintf("  body: %s # of a request; what validation looks at is less: validation.body.inspect\n", config.Size(p.Body)))
	}
	if p.Dial > 0 {
		lines = append(lines, fmt.Sprintf("  dial: %s # until a connection to an upstream stands\n", config.Duration(p.Dial)))
	}
	if p.Answer > 0 {
		lines = append(lines, fmt.Sprintf("  answer: %s # until the head of an upstream's answer\n", config.Duration(p.Answer)))
	}
	if lines != nil {
		b.WriteString("\nlimits:\n" + strings.Join(lines, ""))
	}
}

func (p *Plan) writeLeft(b *strings.Builder) {
	if len(p.Left) == 0 {
		return
	}
	b.WriteString("\n# Left out, each with its place and the reason:\n")
	for _, l := range p.sorted() {
		fmt.Fprintf(b, "#   %s\n", l)
	}
}

// WriteLeft says what was left out, a line each.
func (p *Plan) WriteLeft(out io.Writer) error {
	for _, l := range p.sorted() {
		if _, err := fmt.Fprintln(out, l); err != nil {
			return err
		}
	}
	return nil
}

// name gives every service a name of its own: the first word of its first host, and its path.
func (p *Plan) name() {
	taken := map[string]bool{"portal": true, "sign-in": true, "console": true} // Tenward's own
	for _, s := range p.Services {
		word, rest, _ := strings.Cut(s.Hosts[0], ".")
		if next, _, more := strings.Cut(rest, "."); word == "www" && more {
			word = next
		}
		name := strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
				return r
			}
			return '-'
		}, word+strings.ToLower(strings.TrimSuffix(s.Path, "/"))), "-")
		if len(name) > 50 {
			name = strings.TrimRight(name[:50], "-")
		}
		s.name = name
		for i := 2; taken[s.name]; i++ {
			s.name = name + "-" + strconv.Itoa(i)
		}
		taken[s.name] = true
	}
}
