package upstream

import (
	"net/http"
	"strings"
	"testing"
)

func sticky(t *testing.T, c *clock, urls ...string) *Pool {
	t.Helper()
	return to(t, c, func(o *Options) { o.Spec.Balance = Sticky }, urls...)
}

// visit asks once with a cookie, and gives who answered and the cookie that the client has then.
func visit(t *testing.T, p *Pool, has string) (who, cookie string) {
	t.Helper()
	c := &Call{Cookies: []string{"a=1; b=2"}}
	if has != "" {
		c.Cookies = append(c.Cookies, "c=3; "+p.cookie+"="+has)
	}
	res, err := p.Send(c, request(t.Context(), http.MethodGet, nil), p.now())
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	defer c.End()
	cookie = has
	if set := c.Cookie(); set != nil {
		if set.Name != "__Host-tenward-upstream-notes" || !set.HttpOnly || !set.Secure || set.SameSite != http.SameSiteLaxMode || set.Path != "/" || set.Domain != "" || set.MaxAge != 0 || set.Valid() != nil {
			t.Errorf("the cookie is %s", set)
		}
		if strings.Contains(set.Value, "127") || len(set.Value) != 22 {
			t.Errorf("its value is %q", set.Value)
		}
		cookie = set.Value
	}
	return c.at.url.Host, cookie
}

func TestAClientStaysWhereItWas(t *testing.T) {
	p := sticky(t, newClock(), application(t, "a"), application(t, "b"), application(t, "c"))
	first, cookie := visit(t, p, "")
	if cookie == "" {
		t.Fatal("it was given nothing to stay with")
	}
	for range 10 {
		if who, again := visit(t, p, cookie); who != first || again != cookie {
			t.Fatalf("it went to %s with %s, want %s with the same cookie", who, again, first)
		}
	}
	seen := map[string]bool{}
	for range 3 {
		who, _ := visit(t, p, "")
		seen[who] = true
	}
	if len(seen) != 3 {
		t.Errorf("three others went to %v only", seen)
	}
}

func TestAClientMovesOnceWhenItsUpstreamFails(t *testing.T) {
	c := newClock()
	p := sticky(t, c, application(t, "a"), application(t, "b"), application(t, "c"))
	first, cookie := visit(t, p, "")
	for _, m := range p.members {
		if m.url.Host == first {
			p.checked(m, "status 503", c.now())
		}
	}
	second, moved := visit(t, p, cookie)
	if second == first || moved == cookie {
		t.Fatalf("it is still at %s", first)
	}
	if who, again := visit(t, p, moved); who != second || again != moved {
		t.Errorf("and moved again to %s", who)
	}
}

func TestAMadeUpCookieLeadsNowhere(t *testing.T) {
	p := sticky(t, newClock(), application(t, "a"), application(t, "b"))
	for _, made := range []string{"127.0.0.1", "a", strings.Repeat("A", 22), `"` + p.members[0].token + `"`} {
		if _, cookie := visit(t, p, made); cookie == made {
			t.Errorf("%s was taken for one of ours", made)
		}
	}
}

func TestTokensAreTheSameOnEveryNodeAndSayNothing(t *testing.T) {
	key, other := make([]byte, 32), append(make([]byte, 31), 1)
	one := token(key, "notes", "http://10.0.0.1")
	if token(key, "notes", "http://10.0.0.1") != one {
		t.Error("another node with the same key says something else")
	}
	for what, differs := range map[string]string{
		"another key": token(other, "notes", "http://10.0.0.1"), "another service": token(key, "shop", "http://10.0.0.1"), "another upstream": token(key, "notes", "http://10.0.0.2"),
	} {
		if differs == one {
			t.Errorf("%s makes the same token", what)
		}
	}
}

func TestOnlyStickyServicesSetCookies(t *testing.T) {
	for _, b := range []Balance{RoundRobin, LeastConnections} {
		p := to(t, newClock(), func(o *Options) { o.Spec.Balance = b }, application(t, "a"), application(t, "b"))
		c := new(Call)
		res, err := p.Send(c, request(t.Context(), http.MethodGet, nil), p.now())
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if set := c.Cookie(); set != nil {
			t.Errorf("%s sets %s", b, set)
		}
		c.End()
	}
	if c := new(Call).Cookie(); c != nil {
		t.Errorf("who was nowhere is given %s", c)
	}
}

// What clients send as cookies is outside bytes: the reading agrees with the library's wherever that can read.
func FuzzCookie(f *testing.F) {
	for _, s := range []string{"a=b", "n=x; n=y", " n = x", "n", "n=", ";;n=x;", "xn=1; n=2", `n="q"`, "n=x y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := cookieIn([]string{line}, "n")
		if strings.Contains(got, ";") {
			t.Fatalf("%q holds another cookie", got)
		}
		cookies, err := http.ParseCookie(line)
		if err != nil {
			return
		}
		want := ""
		for _, c := range cookies {
			if c.Name == "n" {
				want = c.Value
				if c.Quoted {
					want = `"` + want + `"`
				}
				break
			}
		}
		if got != want {
			t.Fatalf("of %q it reads %q, the library %q", line, got, want)
		}
	})
}
