package waf

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"
)

// shared is one compiled rule set for all tests: compiling takes a good part of a second.
var compiled = sync.OnceValues(func() (*WAF, error) { return New(Options{}) })

func newWAF(t testing.TB) *WAF {
	t.Helper()
	w, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// request makes one as an ordinary browser sends it; change may make it another.
func request(method, uri, contentType, body string) *Request {
	r := &Request{
		Client: netip.MustParseAddrPort("203.0.113.7:51000"), Method: method, URI: uri, Host: "notes.test", Protocol: "HTTP/1.1",
		Headers: map[string][]string{
			"User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"},
			"Accept":     {"text/html,application/json;q=0.9,*/*;q=0.8"},
		},
		Body: []byte(body),
	}
	if contentType != "" {
		r.Headers["Content-Type"] = []string{contentType}
	}
	return r
}

func inspect(t testing.TB, w *WAF, r *Request) Result {
	t.Helper()
	got, err := w.Inspect(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSmoke(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	w := newWAF(t)
	t.Log("start", time.Since(start))
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Log("heap MiB", float64(after.HeapAlloc-before.HeapAlloc)/1e6)
	for _, r := range []*Request{
		request("GET", "/search?q=milk", "", ""),
		request("GET", "/search?q=1'+or+1=1--+", "", ""),
		request("POST", "/search", "application/json", `{"q":"<script>alert(1)</script>"}`),
		request("POST", "/search", "application/vnd.api+json", `{"q":"milk","a":[1,2]}`),
		request("PATCH", "/search", "application/json; charset=utf-8", `{"q":"milk","a":[1,2]}`),
		request("POST", "/search", "multipart/form-data; boundary=abc", "--abc\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\n<script>alert(1)</script>\r\n--abc--\r\n"),
		request("POST", "/search", "multipart/form-data; boundary=abc", "--abc\r\nContent-Disposition: form-data; name=\"q\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n<scrip\r\n--abc--\r\n"),
		request("POST", "/search", "text/xml", `<?xml version="1.0"?><a b="c">x</a>`),
		request("POST", "/search", "text/plain", `hello there`),
		request("POST", "/search", "application/octet-stream", `hello there`),
		request("POST", "/search", "", `a=b`),
	} {
		t.Logf("%+v", inspect(t, w, r))
	}
}
