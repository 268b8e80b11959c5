package upstream

import (
	"net/http"
	"net/url"
	"strings"
)

func newMember(t Target, bit uint64, transport *http.Transport) *member {
	m := &member{
		url: t.URL, scheme: t.URL.Scheme, base: strings.TrimSuffix(t.URL.Path, "/"), weight: int64(max(t.Weight, 1)), bit: bit, transport: transport,
	}
	if m.scheme == H2C {
		m.scheme = "http"
	}
	return m
}

// aim turns an address that names a path alone into one at this upstream.
func (m *member) aim(u *url.URL) {
	u.Scheme, u.Host = m.scheme, m.url.Host
	if m.base != "" {
		u.RawPath, u.Path = m.base+u.EscapedPath(), m.base+u.Path
	}
}

// Upgrades says whether a request may ask for another protocol: HTTP/2 with prior knowledge has no way to.
func (p *Pool) Upgrades() bool {
	for _, m := range p.members {
		if m.url.Scheme == H2C {
			return false
		}
	}
	return true
}

// Close lets go of connections that nobody uses. What is under way may end.
func (p *Pool) Close() {
	for _, m := range p.members {
		m.transport.CloseIdleConnections()
	}
}
