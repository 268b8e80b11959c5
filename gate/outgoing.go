package gate

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tenward/tenward/gate/upstream"
)

// connect makes the service's way to its upstreams. Where a handler answers there is none.
func (s *Service) connect(o *Options) (err error) {
	if s.Handler != nil {
		return nil
	}
	s.pool, err = upstream.New(upstream.Options{
		Service: s.Name, Spec: s.Upstream, Key: o.StickyKey, Log: o.Log, Now: o.Now,
		Timeouts: upstream.Timeouts{Dial: o.Limits.Dial, Answer: o.Limits.Answer},
	})
	s.meter.pool.Store(s.pool)
	return err
}

// outgoing is the request as an upstream gets it, but for which one that is. Its trailers end here: nobody has looked at them,
// and some servers take them for fields. gRPC has none in requests.
func (x *Exchange) outgoing(ctx context.Context) *http.Request {
	in := x.Request
	out := (&http.Request{
		Method: in.Method, Host: in.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		URL:    &url.URL{Path: in.URL.Path, RawPath: in.URL.RawPath, RawQuery: in.URL.RawQuery, ForceQuery: in.URL.ForceQuery},
		Header: outgoingHeader(in.Header, x.Client.Addr(), in.Host, x.Forward), ContentLength: in.ContentLength,
	}).WithContext(ctx)
	switch {
	case in.Body == nil || in.Body == http.NoBody:
	case x.ahead != nil:
		out.Body = x.ahead.lend()
	default:
		out.Body = in.Body
		if expectsContinue(in) {
			// The upstream says whether the body is to come: the client is told to go on when the body is first read. The
			// library keeps the field of HTTP/2 requests to itself; there the body is asked for as soon as a connection stands.
			out.Header["Expect"] = continues
		}
	}
	if x.RPC {
		out.Header["Te"] = trailersPlease
	}
	return out
}

// Values that many requests share; nobody changes them.
var (
	continues      = []string{"100-continue"}
	trailersPlease = []string{"trailers"} // gRPC servers refuse calls without it
)

// expectsContinue says whether the client waits with its body (RFC 9110 section 10.1.1).
func expectsContinue(r *http.Request) bool {
	return len(r.Header["Expect"]) == 1 && strings.EqualFold(r.Header["Expect"][0], "100-continue") && r.ProtoAtLeast(1, 1)
}

// isRPC says whether a request is a gRPC call: HTTP/2, POST, and a type of that family.
func isRPC(r *http.Request) bool {
	if r.ProtoMajor != 2 || r.Method != http.MethodPost || len(r.Header["Content-Type"]) != 1 {
		return false
	}
	rest, ok := strings.CutPrefix(r.Header["Content-Type"][0], "application/grpc")
	return ok && (rest == "" || rest[0] == '+' || rest[0] == ';')
}
