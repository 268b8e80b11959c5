// Package convert turns what another proxy was told into a configuration of Tenward's, and names whatever it leaves out.
//
// A parser for each proxy (convert/nginx, convert/caddyfile) fills a Plan; Write writes it down. What is read was written by people for
// another program, and may come from anywhere: every parser is strict and bounded, guesses nothing, and tells of each line
// that it did not translate where it stands and why. Sources: nginx.org/en/docs, caddyserver.com/docs/caddyfile.
package convert

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tenward/tenward/config"
)

// Place is where something stands.
type Place struct {
	File string
	Line int
}

func (p Place) String() string { return p.File + ":" + strconv.Itoa(p.Line) }

// Plan is what was understood.
type Plan struct {
	From     string // the file that was read
	HTTPS    string // where clients come in; empty: nothing was said
	Services []*Service
	Body     int64         // the largest body of a request; 0: nothing was said
	Answer   time.Duration // the longest wait for an answer's head
	Dial     time.Duration // the longest wait for a connection
	Left     []Left

	bounds  []bound
	seen    map[Left]bool
	claimed map[string]*Service // host and path, with a space between
}

// Service is an application.
type Service struct {
	Place     Place
	Hosts     []string
	Path      string // a prefix; "/" is all of the host
	Upstreams []Upstream
	Balance   string // as the configuration says it; empty: nothing was said
	Health    Health

	name string
}

// Upstream is where it listens.
type Upstream struct {
	URL    string
	Weight int
}

// Health is how an upstream is asked how it is.
type Health struct {
	Path              string
	Interval, Timeout time.Duration
}

// Left is what was left out.
type Left struct {
	Place Place
	What  string // the line itself, cut short
	Why   string
}

func (l Left) String() string { return fmt.Sprintf("%s: %s: %s", l.Place, l.What, l.Why) }

// maxWhat is how much of a line is worth repeating.
const maxWhat = 100

// Leave notes what is left out.
func (p *Plan) Leave(at Place, what, why string) {
	at.File, what, why = clean(at.File), clean(what), clean(why)
	if len(what) > maxWhat {
		what = strings.ToValidUTF8(what[:maxWhat], "") + "…"
	}
	l := Left{at, what, why}
	if p.seen[l] {
		return // a snippet that is taken twice is read twice
	}
	if p.seen == nil {
		p.seen = map[Left]bool{}
	}
	p.seen[l] = true
	p.Left = append(p.Left, l)
}

// clean makes a text of somebody else's one line that may stand in a comment and on a terminal.
func clean(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, text)
}

// plain says whether a text can be written down as it is.
func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Host reads a host name as the configuration wants it; what is none is left out.
func (p *Plan) Host(at Place, text string) (string, bool) {
	var h config.HostName
	if err := h.UnmarshalText([]byte(text)); err != nil {
		p.Leave(at, text, "Tenward answers to names alone that are written out; "+err.Error())
		return "", false
	}
	return string(h), true
}

// Path reads a path prefix; what is none is left out.
func (p *Plan) Path(at Place, text string) (string, bool) {
	if cut := strings.TrimRight(text, "/"); cut != "" {
		text = cut
	} else {
		text = "/"
	}
	var path config.PathPattern
	if err := path.UnmarshalText([]byte(text)); err != nil || !plain(text) || strings.Contains(text, "*") || text == own || strings.HasPrefix(text, own+"/") {
		p.Leave(at, text, "this is no path that a service can begin at")
		return "", false
	}
	return text, true
}

// own is Tenward's on every host.
const own = "/.tenward"

// Upstream reads where an application listens; what is no address of one is left out.
func (p *Plan) Upstream(at Place, text string, weight int) (Upstream, bool) {
	var u config.Upstream
	err := u.UnmarshalText([]byte(text))
	if err == nil && !plain(text) {
		err = errors.New("it has bytes that are no text")
	}
	if err != nil {
		p.Leave(at, text, "no upstream: "+err.Error())
		return Upstream{}, false
	}
	if u.Scheme == "https" {
		p.Leave(at, text, "Tenward proves whom it speaks to: if the application's certificate comes from an authority of your own, name it under tls: {ca: FILE}")
	}
	u.Path = strings.TrimSuffix(u.Path, "/")
	if weight < 1 || weight > maxWeight {
		p.Leave(at, fmt.Sprintf("%s weight %d", text, weight), "a weight is from 1 to 100")
		weight = min(max(weight, 1), maxWeight)
	}
	return Upstream{(&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String(), weight}, true
}

// Bounds of the configuration, and of what makes sense in one.
const (
	maxWeight    = 100
	MaxUpstreams = 64 // of a service
	maxServices  = 1000
	maxHosts     = 100
)

// Add takes a service up, unless its place is another's, or it has nothing to stand on.
func (p *Plan) Add(s *Service) {
	switch {
	case len(s.Hosts) == 0:
		p.Leave(s.Place, s.Path, "it names no host that clients ask for")
		return
	case len(s.Upstreams) == 0:
		p.Leave(s.Place, s.Path, "there is no application that requests could go to")
		return
	case len(p.Services) >= maxServices:
		p.Leave(s.Place, s.Path, "there are too many services")
		return
	}
	s.Upstreams = p.distinct(s)
	p.health(s)
	if p.claimed == nil {
		p.claimed = map[string]*Service{}
	}
	var hosts []string
	for i, h := range s.Hosts {
		if i == maxHosts {
			p.Leave(s.Place, h, "this name and those behind it are too many for one service")
			break
		}
		switch other := p.claimed[h+" "+s.Path]; other {
		case nil:
			p.claimed[h+" "+s.Path] = s
			hosts = append(hosts, h)
		case s: // it is named twice
		default:
			p.Leave(s.Place, h+s.Path, "it stands at "+other.Place.String()+" already, and the first counts")
		}
	}
	if s.Hosts = hosts; len(hosts) > 0 {
		p.Services = append(p.Services, s)
	}
}

// distinct adds up what stands in the list more than once.
func (p *Plan) distinct(s *Service) []Upstream {
	var list []Upstream
	for _, u := range s.Upstreams {
		i := slices.IndexFunc(list, func(o Upstream) bool { return o.URL == u.URL })
		switch {
		case i >= 0:
			list[i].Weight = min(list[i].Weight+u.Weight, maxWeight)
		case len(list) == MaxUpstreams:
			p.Leave(s.Place, u.URL, "a service has 64 upstreams at most")
		default:
			list = append(list, u)
		}
	}
	return list
}

// bound is one of the limits that Tenward has for all services together.
type bound struct {
	place Place
	what  string
	into  *int64
	n     int64
}

// Listen takes the first address up where clients came in.
func (p *Plan) Listen(at Place, what, address string) {
	var l config.Listen
	switch err := l.UnmarshalText([]byte(address)); {
	case err != nil:
		p.Leave(at, what, "this is no address to listen on; "+err.Error())
	case p.HTTPS == "":
		p.HTTPS = string(l)
	case p.HTTPS != string(l):
		p.Leave(at, what, "Tenward listens at one place (listen.https): "+p.HTTPS+" was named first")
	}
}

// sorted has what was left out in the order in which it stands in its files.
func (p *Plan) sorted() []Left {
	left := slices.Clone(p.Left)
	slices.SortStableFunc(left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line))
	})
	return left
}
