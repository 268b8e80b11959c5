package upstream

import (
	"net/http"
	"testing"
)

// nobody answers without a network.
type nobody struct{ res *http.Response }

func (n nobody) RoundTrip(*http.Request) (*http.Response, error) { return n.res, nil }

// offline is a pool of n upstreams without a network, and a request for it.
func offline(tb testing.TB, n int, method string) (*Pool, func()) {
	tb.Helper()
	p, c := many(tb, n, RoundRobin)
	for _, m := range p.members {
		m.transport = new(http.Transport)
		m.transport.RegisterProtocol("http", nobody{&http.Response{StatusCode: http.StatusOK, Body: http.NoBody}})
	}
	out, call, now := request(tb.Context(), method, nil), new(Call), c.now()
	return p, func() {
		out.URL.Path = "/a"
		res, err := p.Send(call, out, now)
		if err != nil {
			tb.Fatal(err)
		}
		_ = res.Body.Close()
		call.End()
	}
}

// What sending costs beside the library: nothing with one upstream, and nothing with several for what is sent once only. Hearing
// whether anybody has begun to answer, for what may be sent again, has a price.
func TestSendingMakesLittleGarbage(t *testing.T) {
	for _, tt := range []struct {
		upstreams int
		method    string
		most      float64
	}{{1, "GET", 0}, {1, "POST", 0}, {3, "POST", 0}, {3, "GET", 7}} {
		_, send := offline(t, tt.upstreams, tt.method)
		if got := testing.AllocsPerRun(1000, send); got > tt.most {
			t.Errorf("a %s to one of %d allocates %v times, want %v at most", tt.method, tt.upstreams, got, tt.most)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	for name, tt := range map[string]struct {
		upstreams int
		method    string
	}{"one": {1, "GET"}, "several/once": {3, "POST"}, "several/again": {3, "GET"}} {
		b.Run(name, func(b *testing.B) {
			_, send := offline(b, tt.upstreams, tt.method)
			b.ReportAllocs()
			for b.Loop() {
				send()
			}
		})
	}
}
