package gate_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/gate/gatetest"
)

// spoken starts an application in each protocol that upstreams may speak, and gives what a gate in front of it is started with.
func spoken(t *testing.T, h http.HandlerFunc) map[string]func(*gate.Options) {
	t.Helper()
	at := func(u string) func(*gate.Options) {
		return func(o *gate.Options) { o.Services[0].Upstream = gatetest.To(t, u) }
	}
	secure := httptest.NewUnstartedServer(h)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	t.Cleanup(secure.Close)
	roots := x509.NewCertPool()
	roots.AddCert(secure.Certificate())
	return map[string]func(*gate.Options){
		"http": at(upstream(t, h)), "h2c": at(h2c(t, h)),
		"https": func(o *gate.Options) {
			at(secure.URL)(o)
			o.Services[0].Upstream.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		},
	}
}

// eachWay runs a test for each protocol of client and upstream.
func eachWay(t *testing.T, h http.HandlerFunc, change func(*gate.Options), test func(t *testing.T, s *gatetest.Started, c *http.Client)) {
	t.Helper()
	for name, use := range spoken(t, h) {
		for _, major := range []int{1, 2} {
			t.Run(fmt.Sprintf("HTTP/%d to %s", major, name), func(t *testing.T) {
				s := gatetest.Start(t, "http://unused.test", func(o *gate.Options) {
					if use(o); change != nil {
						change(o)
					}
				})
				test(t, s, client(t, s, major))
			})
		}
	}
}

// Three hundred million bytes of nobody knows how many go through a process that holds a small part of them, whatever the
// protocols are.
func TestUploadsOfAnyLengthAreNeverHeld(t *testing.T) {
	const size = 300 << 20
	var came atomic.Int64
	eachWay(t, func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		came.Store(n)
	}, func(o *gate.Options) { o.Limits.Body = size }, func(t *testing.T, _ *gatetest.Started, c *http.Client) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://notes.test/", &watched{pieces: pieces{size}, t: t, bound: 96 << 20})
		if err != nil {
			t.Fatal(err)
		}
		res, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK || came.Load() != size {
			t.Errorf("answered %s, %d bytes came of %d", res.Status, came.Load(), size)
		}
	})
}

func TestABodyPastItsLimitIsRefusedOnItsWay(t *testing.T) {
	eachWay(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) },
		func(o *gate.Options) { o.Limits.Body = 1 << 20 }, func(t *testing.T, s *gatetest.Started, c *http.Client) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://notes.test/", &pieces{1<<20 + 1})
			if err != nil {
				t.Fatal(err)
			}
			res, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("answered %s", res.Status)
			}
			s.Record.Next(t)
			if u := s.Gate.Measures()["notes"].Upstreams[0]; u.Failed != 0 || u.InFlight != 0 {
				t.Errorf("it is held against the upstream: %+v", u)
			}
		})
}

// A client that waits to be asked for its body is asked when the application asks, and not when it will not have it. The library
// lets nobody know of an HTTP/2 client that waits: it may be asked in any case.
func TestTheApplicationAsksForABodyOrNot(t *testing.T) {
	eachWay(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.Copy(w, r.Body)
	}, nil, func(t *testing.T, _ *gatetest.Started, c *http.Client) {
		c.Transport.(*http.Transport).ExpectContinueTimeout = time.Minute
		for path, want := range map[string]struct {
			status int
			body   string
			asked  bool
		}{"/": {200, "milk", true}, "/no": {401, "", false}} {
			var asked atomic.Bool
			sent := &noted{Reader: strings.NewReader("milk")}
			ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got100Continue: func() { asked.Store(true) }})
			r, err := http.NewRequestWithContext(ctx, http.MethodPut, "https://notes.test"+path, sent)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Expect", "100-continue")
			res, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			waits := res.ProtoMajor == 2 || asked.Load() == want.asked && sent.read.Load() == want.asked
			if res.StatusCode != want.status || string(text) != want.body || !waits {
				t.Errorf("%s: answered %s %q, asked for the body: %v, sent: %v", path, res.Status, text, asked.Load(), sent.read.Load())
			}
		}
	})
}

// noted notes whether it was read.
type noted struct {
	io.Reader
	read atomic.Bool
}

func (n *noted) Read(p []byte) (int, error) {
	n.read.Store(true)
	return n.Reader.Read(p)
}

func TestTrailersOfAnAnswerPassInEveryProtocol(t *testing.T) {
	eachWay(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "a")
		w.Header().Set("X-Sum", "42")
		w.Header().Set(http.TrailerPrefix+"X-Late", "43")
	}, nil, func(t *testing.T, _ *gatetest.Started, c *http.Client) {
		res, err := c.Get("https://notes.test/")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.Trailer.Get("X-Sum") != "42" || res.Trailer.Get("X-Late") != "43" {
			t.Errorf("trailers %v", res.Trailer)
		}
	})
}

// free is a port that is free now.
func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Files are asked of nginx, which speaks HTTP/1.1 on one port and HTTP/2 without TLS on another: what it answers directly is what
// it answers through the gate.
func TestPartsOfFilesAreAnsweredAsTheServerAnswersThem(t *testing.T) {
	dir, plain, two := t.TempDir(), free(t), free(t)
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte(strings.Repeat("0123456789", 10_000)), 0o600); err != nil {
		t.Fatal(err)
	}
	gate.Nginx(t, fmt.Sprintf(`server { listen %s; root %s; } server { listen %s http2; root %[2]s; }`, plain, dir, two))
	direct := func(method string, h http.Header) (*http.Response, string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+plain+"/f", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = h.Clone()
		return answered(t, http.DefaultClient, r)
	}
	whole, _ := direct("GET", http.Header{})
	for _, via := range []string{"http://" + plain, "h2c://" + two} {
		for _, major := range []int{1, 2} {
			s := gatetest.Start(t, via, nil)
			c := client(t, s, major)
			for name, tt := range map[string]struct {
				method string
				head   http.Header
				status int
			}{
				"all of it":                   {"GET", http.Header{}, 200},
				"its head":                    {"HEAD", http.Header{}, 200},
				"a part":                      {"GET", http.Header{"Range": {"bytes=5-9"}}, 206},
				"the head of a part":          {"HEAD", http.Header{"Range": {"bytes=5-9"}}, 206},
				"the end":                     {"GET", http.Header{"Range": {"bytes=-3"}}, 206},
				"two parts":                   {"GET", http.Header{"Range": {"bytes=0-1,10-19"}}, 206},
				"a part that there is not":    {"GET", http.Header{"Range": {"bytes=999999-"}}, 416},
				"a part if it is the same":    {"GET", http.Header{"Range": {"bytes=5-9"}, "If-Range": whole.Header["Etag"]}, 206},
				"a part if it is another":     {"GET", http.Header{"Range": {"bytes=5-9"}, "If-Range": {`"other"`}}, 200},
				"all of it if it has changed": {"GET", http.Header{"If-None-Match": whole.Header["Etag"]}, 304},
			} {
				t.Run(fmt.Sprintf("%s over HTTP/%d from %s", name, major, via[:4]), func(t *testing.T) {
					want, text := direct(tt.method, tt.head)
					r, err := http.NewRequestWithContext(t.Context(), tt.method, "https://notes.test/f", nil)
					if err != nil {
						t.Fatal(err)
					}
					r.Header = tt.head.Clone()
					res, got := answered(t, c, r)
					if res.StatusCode != tt.status || want.StatusCode != tt.status || unbound(want, got) != unbound(want, text) {
						t.Errorf("answered %s and %d bytes, want %d and the %d bytes of %s", res.Status, len(got), tt.status, len(text), want.Status)
					}
					for _, name := range slices.Sorted(maps.Keys(want.Header)) {
						if name = textproto.CanonicalMIMEHeaderKey(name); slices.Contains([]string{"Content-Length", "Content-Range", "Accept-Ranges", "Etag", "Last-Modified"}, name) &&
							res.Header.Get(name) != want.Header.Get(name) {
							t.Errorf("%s is %q, want %q", name, res.Header.Get(name), want.Header.Get(name))
						}
					}
				})
			}
		}
	}
}

// unbound leaves the line between parts out, which nginx makes anew each time.
func unbound(of *http.Response, text string) string {
	if !strings.HasPrefix(of.Header.Get("Content-Type"), "multipart/") {
		return text
	}
	var lines []string
	for l := range strings.Lines(text) {
		if !strings.HasPrefix(l, "--") {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "")
}

func answered(t *testing.T, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}
