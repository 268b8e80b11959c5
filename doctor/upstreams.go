package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
)

// upstreams asks each as the gate would.
func upstreams(ctx context.Context, w *World) []Line {
	lines := make([]Line, len(w.Upstreams))
	turns, ended := make(chan bool, atOnce), sync.WaitGroup{}
	for i := range w.Upstreams {
		turns <- true
		ended.Go(func() {
			defer func() { <-turns }()
			lines[i] = w.Upstreams[i].ask(ctx)
		})
	}
	ended.Wait()
	return fold(lines, "Every upstream answers (%d).")
}

func (u Upstream) ask(ctx context.Context) Line {
	status, err := u.Try(ctx)
	if wrong, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return line(Fail, "%s: the certificate of %s is not good: %v.", u.Service, u.URL.Host, wrong.Err).
			do("Name the authority that certified it: services.%s.tls.ca; the name that it holds: services.%s.tls.name.", u.Service, u.Service)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return line(Skip, "%s: the name of %s leads nowhere.", u.Service, u.URL.Host)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return line(Fail, "%s: %s does not answer: %v.", u.Service, u.URL.Host, told(err)).
			do("Start the application, or correct services.%s.upstream. By hand: curl -i %s", u.Service, byHand(u.URL))
	}
	if status >= 500 {
		return line(Warn, "%s: %s answers with %d.", u.Service, u.URL.Host, status).do("Look at the application's log.")
	}
	return line(OK, "%s: %s answers.", u.Service, u.URL.Host)
}

// byHand is an address as curl takes it.
func byHand(u *url.URL) string {
	if u.Scheme == "h2c" {
		return "--http2-prior-knowledge http://" + u.Host + u.Path
	}
	return u.String()
}

// around looks whether upstreams listen where others reach them: then nobody needs the gate.
func around(ctx context.Context, w *World) []Line {
	open, err := w.sockets()
	if err != nil {
		return []Line{failed("The sockets of this machine cannot be listed", err)}
	}
	own, err := w.own()
	if err != nil {
		return []Line{failed("The addresses of this machine cannot be listed", err)}
	}
	lines := make([]Line, 0, len(w.Upstreams))
	for _, u := range w.Upstreams {
		lines = append(lines, w.past(ctx, u, open, own))
	}
	return fold(lines, "Every upstream listens for this machine alone (%d).")
}

func (w *World) past(ctx context.Context, u Upstream, open []listening, own []netip.Addr) Line {
	addresses, err := w.addresses(ctx, u.URL.Hostname())
	if err != nil || len(addresses) == 0 {
		return line(Skip, "%s: the name of %s leads nowhere.", u.Service, u.URL.Host)
	}
	port, found := portOf(u.URL), false
	for _, a := range addresses {
		if !a.IsLoopback() && !slices.Contains(own, a) {
			return line(Skip, "%s: %s is on another machine: whether others reach it there cannot be seen from here.", u.Service, u.URL.Host).
				do("See that its packet filter lets nothing but this machine reach port %d.", port)
		}
		for _, s := range open {
			if s.at.Port() != port || !s.at.Addr().IsUnspecified() && s.at.Addr() != a {
				continue
			}
			if found = true; s.at.Addr().IsLoopback() {
				continue
			}
			return line(Fail, "%s: its application listens on %s (%s): whoever reaches this machine goes around the gate, unless a packet filter stops them.", u.Service, s.at, w.holder(s.inode)).
				do("Have it listen on 127.0.0.1:%d, and write that under services.%s.upstream.", port, u.Service)
		}
	}
	if !found {
		return line(Skip, "%s: nobody listens on port %d of this machine now.", u.Service, port)
	}
	return line(OK, "%s listens for this machine alone.", u.Service)
}

func portOf(u *url.URL) uint16 {
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err == nil {
		return uint16(n)
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}
