package convert

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

var here = Place{"old.conf", 7}

func service(host, path string, upstreams ...string) *Service {
	s := &Service{Place: here, Hosts: []string{host}, Path: path}
	for _, u := range upstreams {
		s.Upstreams = append(s.Upstreams, Upstream{u, 1})
	}
	return s
}

func (p *Plan) says(t *testing.T, want string) {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteLeft(&b); err != nil || !strings.Contains(b.String(), want) {
		t.Errorf("left out is\n%s, without %q (%v)", b.String(), want, err)
	}
}

func TestTheFirstWhoClaimsAPlaceHasIt(t *testing.T) {
	p := new(Plan)
	p.Add(service("a.example.com", "/", "http://10.0.0.1"))
	two := service("a.example.com", "/", "http://10.0.0.2")
	two.Hosts = append(two.Hosts, "b.example.com", "b.example.com")
	p.Add(two)
	p.Add(service("a.example.com", "/api", "http://10.0.0.3"))
	p.Add(service("c.example.com", "/"))
	if len(p.Services) != 3 || len(p.Services[1].Hosts) != 1 || p.Services[1].Hosts[0] != "b.example.com" {
		t.Errorf("there are %+v", p.Services)
	}
	p.says(t, "old.conf:7: a.example.com/: it stands at old.conf:7 already")
	p.says(t, "old.conf:7: /: there is no application")
}

func TestWhatStandsTwiceCountsTwice(t *testing.T) {
	p := new(Plan)
	p.Add(service("a.example.com", "/", "http://10.0.0.1", "http://10.0.0.2", "http://10.0.0.1"))
	many := service("b.example.com", "/")
	for i := range MaxUpstreams + 1 {
		many.Upstreams = append(many.Upstreams, Upstream{fmt.Sprintf("http://10.0.1.%d", i), 1})
	}
	p.Add(many)
	if u := p.Services[0].Upstreams; len(u) != 2 || u[0].Weight != 2 || u[1].Weight != 1 {
		t.Errorf("they are %+v", u)
	}
	if n := len(p.Services[1].Upstreams); n != MaxUpstreams {
		t.Errorf("there are %d", n)
	}
	p.says(t, "http://10.0.1.64: a service has 64 upstreams at most")
}

func TestTheLargestLimitCounts(t *testing.T) {
	p := new(Plan)
	for _, n := range []int64{10 << 20, 5 << 20, 0} {
		p.LimitBody(here, fmt.Sprintf("body %d", n), n)
	}
	p.WaitAnswer(here, "answer 30s", 30*time.Second)
	p.WaitAnswer(here, "answer 60s", time.Minute)
	p.WaitAnswer(here, "answer 0s", 0)
	p.WaitDial(here, "dial 3s", 3*time.Second)
	p.Settle()
	if p.Body != 10<<20 || p.Answer != time.Minute || p.Dial != 3*time.Second || len(p.Left) != 4 {
		t.Errorf("they are %d, %s, %s, and left out %v", p.Body, p.Answer, p.Dial, p.Left)
	}
	p.says(t, "body 5242880: Tenward has one limit")
	p.says(t, "body 0: no body is without a limit")
	p.says(t, "answer 30s: Tenward has one limit")
	p.says(t, "answer 0s: this is no time")
}

func TestHealthChecksFitTheConfiguration(t *testing.T) {
	for _, tt := range []struct {
		name      string
		had, want Health
	}{
		{"a path alone", Health{Path: "/up"}, Health{Path: "/up"}},
		{"times without a path", Health{Interval: time.Second}, Health{}},
		{"a query", Health{Path: "/up?x=1"}, Health{}},
		{"no path", Health{Path: "up"}, Health{}},
		{"every second", Health{Path: "/up", Interval: time.Second}, Health{"/up", time.Second, time.Second}},
		{"too often", Health{Path: "/up", Interval: time.Millisecond}, Health{Path: "/up"}},
		{"longer than the time between", Health{Path: "/up", Interval: 5 * time.Second, Timeout: 6 * time.Second}, Health{Path: "/up", Interval: 5 * time.Second}},
		{"all that fits", Health{"/up", 5 * time.Second, time.Second}, Health{"/up", 5 * time.Second, time.Second}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := service("a.example.com", "/", "http://10.0.0.1")
			s.Health = tt.had
			new(Plan).Add(s)
			if s.Health != tt.want {
				t.Errorf("they are %+v, want %+v", s.Health, tt.want)
			}
		})
	}
}

func TestOnlyWhatCanBeWrittenDownIsTaken(t *testing.T) {
	p := new(Plan)
	for _, text := range []string{"/a*b", "a", "/\xff", "/.tenward", "/.tenward/x", "/\u202e"} {
		if path, ok := p.Path(here, text); ok {
			t.Errorf("%q is taken for the path %q", text, path)
		}
	}
	for text, want := range map[string]string{"/": "/", "//": "/", "/api/": "/api", "/a b": "/a b"} {
		if path, ok := p.Path(here, text); !ok || path != want {
			t.Errorf("%q is the path %q, %v", text, path, ok)
		}
	}
	for _, text := range []string{"ftp://a", "http://", "http://a b", "http://a/\x85"} {
		if u, ok := p.Upstream(here, text, 1); ok {
			t.Errorf("%q is taken for the upstream %q", text, u.URL)
		}
	}
	if u, ok := p.Upstream(here, "http://a:1/b/", 1000); !ok || u != (Upstream{"http://a:1/b", 100}) {
		t.Errorf("it is %+v, %v", u, ok)
	}
	p.Leave(Place{"a\nb", 1}, "x\x1b[31m\u202e  y\n z", "because\n#")
	p.says(t, "a b:1: x?[31m? y z: because #\n")
}

func TestServicesHaveNamesOfTheirOwn(t *testing.T) {
	p := new(Plan)
	for _, at := range []string{"notes.example.com/", "notes.example.org/", "www.example.com/API/v1", "portal.example.com/", "a.example.com/" + strings.Repeat("x", 80)} {
		host, path, _ := strings.Cut(at, "/")
		p.Add(service(host, "/"+path, "http://10.0.0.1"))
	}
	p.name()
	var got []string
	for _, s := range p.Services {
		got = append(got, s.name)
	}
	want := "notes notes-2 example-api-v1 portal-2 a-" + strings.Repeat("x", 48)
	if strings.Join(got, " ") != want {
		t.Errorf("they are %v, want %s", got, want)
	}
}
