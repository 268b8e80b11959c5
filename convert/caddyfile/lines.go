package caddyfile

import (
	"strings"

	"github.com/tenward/tenward/convert"
)

// within is where in a site a line stands.
type within struct {
	path     string // a prefix
	stripped bool   // which the application does not see
	depth    int
}

// lines goes through a block of a site. Matchers first: they may stand behind those who name them.
func (t *translation) lines(s *site, block []directive, at within) {
	if at.depth > convert.MaxDepth {
		return // the reader has seen to it
	}
	for i := range block {
		if d := &block[i]; strings.HasPrefix(d.name(), "@") {
			t.matcher(s, d)
		}
	}
	for i := range block {
		d := &block[i]
		if !strings.HasPrefix(d.name(), "@") {
			t.line(s, d, at)
		}
	}
}

func (t *translation) line(s *site, d *directive, at within) {
	p, what := t.plan, d.String()
	switch d.name() {
	case "reverse_proxy":
		t.proxy(s, d, at)
	case "handle", "handle_path", "route":
		paths, rest, ok := t.paths(s, d, at)
		if !ok {
			return
		}
		for _, path := range paths {
			if len(rest) > 0 {
				p.Leave(d.place, what, "only a path is understood here")
				return
			}
			in := within{path, at.stripped || d.name() == "handle_path" && path != at.path, at.depth + 1}
			t.lines(s, d.block, in)
		}
	case "tls":
		t.tls(s, d)
	case "redir":
		p.Redirect(d.place, what)
	case "header":
		each(d, p.AnswerHeader)
	case "request_header":
		each(d, p.RequestHeader)
	case "encode":
		p.Compress(d.place, what)
	case "request_body":
		t.body(d)
	case "uri", "rewrite", "method":
		p.Rewrite(d.place, what)
	case "root", "file_server", "respond", "try_files", "templates", "error", "handle_errors", "abort", "fs":
		s.found = true // it is said what becomes of it
		p.Static(d.place, what)
	case "php_fastcgi":
		s.found = true
		p.Leave(d.place, what, "Tenward speaks HTTP to applications: http://, https:// or h2c://")
	case "basic_auth", "basicauth", "forward_auth":
		p.Leave(d.place, what, "people sign in at the portal, with two factors")
	case "log", "log_skip", "log_append", "log_name", "metrics", "tracing":
		p.Machine(d.place, what)
	default:
		p.Leave(d.place, what, "this is not translated")
	}
}

// each names every line of a block, or the directive where it has none.
func each(d *directive, say func(convert.Place, string)) {
	if len(d.block) == 0 {
		say(d.place, d.String())
	}
	for i := range d.block {
		say(d.block[i].place, d.String()+" "+d.block[i].String())
	}
}

// matcher takes up a named matcher that is a list of paths; any other is left out where it stands, and where it is used.
func (t *translation) matcher(s *site, d *directive) {
	words := d.args()
	if d.has && len(words) == 0 && len(d.block) == 1 {
		words = d.block[0].words
	}
	if len(words) > 1 && words[0] == "path" {
		s.matchers[d.name()] = words[1:]
		return
	}
	t.plan.Leave(d.place, d.String(), "only paths choose a service")
}

// paths are where a directive applies: the prefixes that its matcher names. rest are its other words.
func (t *translation) paths(s *site, d *directive, at within) (paths, rest []string, ok bool) {
	rest = d.args()
	if len(rest) == 0 || !strings.HasPrefix(rest[0], "/") && !strings.HasPrefix(rest[0], "@") && rest[0] != "*" {
		return []string{at.path}, rest, true
	}
	texts := rest[:1]
	if strings.HasPrefix(rest[0], "@") {
		if texts, ok = s.matchers[rest[0]]; !ok {
			t.plan.Leave(d.place, d.String(), rest[0]+" is no matcher of paths alone")
			return nil, nil, false
		}
	}
	for _, text := range texts {
		if path, ok := t.prefix(d, text, at); ok {
			paths = append(paths, path)
		}
	}
	return paths, rest[1:], len(paths) > 0
}

// prefix reads a path as matchers have it: /api/* is all below /api, /api is that alone.
func (t *translation) prefix(d *directive, text string, at within) (string, bool) {
	if text == "*" || text == "/*" {
		return at.path, true
	}
	path, stars := strings.CutSuffix(text, "*")
	switch {
	case !stars:
		t.plan.Exact(d.place, text)
	case !strings.HasSuffix(path, "/"):
		t.plan.Leave(d.place, text, "a service has whole words of a path: what only begins with the last one is not its")
	}
	path, ok := t.plan.Path(d.place, path)
	if !ok {
		return "", false
	}
	if at.stripped {
		path = strings.TrimSuffix(at.path, "/") + strings.TrimSuffix(path, "/")
	}
	if at.path != "/" && path != at.path && !strings.HasPrefix(path, at.path+"/") {
		t.plan.Leave(d.place, text, "no request comes here: the block around it is for "+at.path)
		return "", false
	}
	return path, true
}

func (t *translation) tls(s *site, d *directive) {
	switch {
	case d.arg(0) == "internal":
		s.own = true
	case len(d.args()) == 2:
		s.own = true
		t.plan.Certificate(d.place, s.hosts, d.arg(0), d.arg(1))
	case strings.Contains(d.arg(0), "@"):
		s.own = true
		t.plan.Automatic(d.place, s.hosts, d.arg(0))
	case len(d.args()) > 0:
		t.plan.Leave(d.place, d.String(), "this is not translated")
	}
	for i := range d.block {
		t.plan.Leave(d.block[i].place, "tls "+d.block[i].String(), "Tenward speaks TLS 1.3 alone, with certificates of its own authority")
	}
}

func (t *translation) body(d *directive) {
	for i := range d.block {
		in := &d.block[i]
		if in.name() != "max_size" {
			t.plan.Leave(in.place, in.String(), "this is not translated")
			continue
		}
		n, ok := sizeOf(in.arg(0))
		if !ok {
			t.plan.Leave(in.place, in.String(), "this is no size")
			continue
		}
		t.plan.LimitBody(in.place, in.String(), n)
	}
}
