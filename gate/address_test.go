package gate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

func TestOneSpellingOfAnAddressReachesTheApplication(t *testing.T) {
	const get, host = "GET ", " HTTP/1.1\r\nHost: notes.test\r\nConnection: close\r\n\r\n"
	for _, tt := range []struct {
		name, sent string
		status     int
		seen       string // the address that the application reads; "" when it must read none
	}{
		{"dot segments", get + "/a/./b/../c" + host, 200, "/a/c"},
		{"encoded dot segments", get + "/a/%2e/b/%2E%2e/c" + host, 200, "/a/c"},
		{"dots that leave the root", get + "/../etc/passwd" + host, 400, ""},
		{"encoded dots that leave the root", get + "/%2e%2e/etc/passwd" + host, 400, ""},
		{"dots with a parameter", get + "/public/..;/admin" + host, 400, ""},
		{"a parameter", get + "/a;v=1/b" + host, 200, "/a;v=1/b"},
		{"many slashes", get + "//a///b//" + host, 200, "/a/b/"},
		{"an encoded slash", get + "/a%2fb" + host, 400, ""},
		{"a backslash", get + `/a\b` + host, 400, ""},
		{"an encoded backslash", get + "/a%5cb" + host, 400, ""},
		{"a double encoding", get + "/a%252fb" + host, 400, ""},
		{"an overlong slash", get + "/%c0%af" + host, 400, ""},
		{"an overlong dot of three bytes", get + "/%e0%80%ae" + host, 400, ""},
		{"a surrogate in UTF-8", get + "/%ed%a0%80" + host, 400, ""},
		{"a zero byte", get + "/a%00.png" + host, 400, ""},
		{"an encoded line break", get + "/a%0d%0aX-A:%20b" + host, 400, ""},
		{"an escape of IIS", get + "/%u002f" + host, 400, ""},
		{"half an escape", get + "/a%2" + host, 400, ""},
		{"a fragment", get + "/a#b" + host, 400, ""},
		{"raw UTF-8", get + "/\xc3\xa9" + host, 200, "/%C3%A9"},
		{"raw bytes that are no UTF-8", get + "/\xff" + host, 400, ""},
		{"a query is left alone", get + "/a?b=%2e%2e%2F&c=%00&d=%zz;e" + host, 200, "/a?b=%2e%2e%2F&c=%00&d=%zz;e"},
		{"a second question mark", get + "/a?b?c=/../d" + host, 200, "/a?b?c=/../d"},
		{"absolute form", get + "https://notes.test/a/../b" + host, 200, "/b"},
		{"absolute form of another host than the field's", get + "https://other.test/a" + host, 421, ""},
		{"absolute form of our host with another's field", get + "https://notes.test/a HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n", 200, "/a"},
		{"absolute form with a user", get + "https://a@notes.test/b" + host, 400, ""},
		{"absolute form of no scheme of ours", get + "file:///etc/passwd" + host, 400, ""},
		{"absolute form in the clear", get + "http://notes.test/a" + host, 400, ""},
		{"a fragment behind a query", get + "/a?b#c" + host, 400, ""},
		{"opaque form", get + "https:notes.test/a" + host, 400, ""},
		{"authority form", get + "notes.test:443" + host, 400, ""},
		{"no slash at the beginning", get + "a/b" + host, 400, ""},
		{"the whole server", "OPTIONS *" + host, 400, ""},
		{"CONNECT", "CONNECT notes.test:443" + host, 405, ""},
		{"TRACE", "TRACE /" + host, 405, ""},
		{"TRACE in small letters", "trace /" + host, 405, ""},
		{"a host with a path", "GET / HTTP/1.1\r\nHost: notes.test/admin\r\nConnection: close\r\n\r\n", 400, ""},
		{"a host with a user", "GET / HTTP/1.1\r\nHost: a@notes.test\r\nConnection: close\r\n\r\n", 400, ""},
		{"a list of hosts", "GET / HTTP/1.1\r\nHost: notes.test, other.test\r\nConnection: close\r\n\r\n", 400, ""},
		{"a port that is none", "GET / HTTP/1.1\r\nHost: notes.test:x\r\nConnection: close\r\n\r\n", 421, ""},
		{"an empty host", "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n", 421, ""},
		{"a host of nobody", "GET / HTTP/1.1\r\nHost: nobody.test\r\nConnection: close\r\n\r\n", 421, ""},
		{"a host that the connection was not made for", "GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n", 421, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app := new(behind)
			s := gatetest.Start(t, upstream(t, app.ServeHTTP), func(o *gate.Options) {
				other := *o.Services[0]
				other.Name, other.Hosts = "other", []string{"other.test"}
				o.Services = append(o.Services, &other)
			})
			answers := raw(t, s, tt.sent, 2)
			if len(answers) != 1 || answers[0].StatusCode != tt.status {
				t.Fatalf("answers %+v, want one with %d; the application saw %q", answers, tt.status, app.all())
			}
			if e := s.Record.Next(t); (e.Verdict == event.Passed) != (tt.seen != "") {
				t.Errorf("recorded %s %s", e.Verdict, e.Kind)
			}
			seen := ""
			if tt.seen != "" {
				method, _, _ := strings.Cut(tt.sent, " ")
				seen = method + " " + tt.seen + " "
			}
			if app.all() != seen {
				t.Errorf("the application saw %q, want %q", app.all(), seen)
			}
		})
	}
}

func TestWhatIsPublicCannotBeStretched(t *testing.T) {
	pattern := func(p string) config.PathPattern {
		var c config.PathPattern
		if err := c.UnmarshalText([]byte(p)); err != nil {
			t.Fatal(err)
		}
		return c
	}
	public := make(chan bool, 1)
	up := gatetest.To(t, upstream(t, func(http.ResponseWriter, *http.Request) {}))
	s := gatetest.Start(t, "http://unused.test", func(o *gate.Options) {
		o.Services = []*gate.Service{
			{Name: "notes", Hosts: []string{"notes.test"}, Path: "/", Upstream: up, Public: []gate.Pattern{pattern("/search"), pattern("/assets/**")}},
			{Name: "api", Hosts: []string{"notes.test"}, Path: "/api", Upstream: up, Public: []gate.Pattern{pattern("/**")}},
		}
		o.Stages = []gate.Stage{{Name: "test.public", Phase: gate.Recorded, Run: func(_ context.Context, x *gate.Exchange) (gate.Verdict, error) {
			public <- x.Public
			return gate.Verdict{}, nil
		}}}
	})
	for _, tt := range []struct {
		path string
		want bool
	}{
		{"/search", true},
		{"/search?q=/../admin", true},
		{"/%73earch", true},
		{"//search", true},
		{"/assets/app.css", true},
		{"/api/x", true},
		{"/searchadmin", false},
		{"/search/", false},
		{"/search/admin", false},
		{"/search/../admin", false},
		{"/search;x", false},
		{"/search%3Bx", false},
		{"/search%20", false},
		{"/search%23", false},
		{"/search.", false},
		{"/Search", false},
		{"/SEARCH", false},
		{"/%53earch", false},
		{"/assets/../notes", false},
		{"/assets/%2e%2e/notes", false},
		{"/assets/..;/notes", false},
		{"/assetsadmin", false},
		{"/apis", false},
		{"/api/../notes", false},
		{"/x/search", false},
	} {
		raw(t, s, "GET "+tt.path+" HTTP/1.1\r\nHost: notes.test\r\nConnection: close\r\n\r\n", 1)
		if got := <-public; got != tt.want {
			t.Errorf("%s is public: %v, want %v", tt.path, got, tt.want)
		}
	}
}
