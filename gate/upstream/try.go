package upstream

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// Try asks one target of a service once, from outside of any pool: over the connection that requests would get, certificate
// and all. It asks for the head of the page that health checks ask for, else of the first one, and gives the status.
func Try(ctx context.Context, s Spec, t Target, within Timeouts) (status int, err error) {
	transport, err := within.transport(t.URL.Scheme, s.TLS)
	if err != nil {
		return 0, err
	}
	defer transport.CloseIdleConnections()
	at := &url.URL{Path: s.Health.Path}
	if at.Path == "" {
		at.Path = "/"
	}
	newMember(t, 1, transport).aim(at)
	r := (&http.Request{
		Method: http.MethodHead, URL: at, Host: s.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"User-Agent": {"Tenward doctor"}},
	}).WithContext(ctx)
	if s.Health.Path != "" {
		r.Method = http.MethodGet // it is there to be asked for
	}
	res, err := transport.RoundTrip(r)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", t.URL, err)
	}
	return res.StatusCode, res.Body.Close()
}
