package config

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Listen is an address to listen on, written :443 (all addresses) or 127.0.0.1:9444.
type Listen string

// UnmarshalText reads it.
func (l *Listen) UnmarshalText(text []byte) error {
	const mend = "write :443 for all addresses, or 127.0.0.1:9444 for one"
	s := string(text)
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return Bad(mend, "%q names no port", s)
	}
	if host := s[:i]; host != "" {
		if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil {
			return Bad(mend, "%q is no address to listen on", host)
		}
	}
	if port, err := strconv.ParseUint(s[i+1:], 10, 16); err != nil || strconv.FormatUint(port, 10) != s[i+1:] {
		return Bad(mend, "%q is no port (0 to 65535)", s[i+1:])
	}
	*l = Listen(s)
	return nil
}

// HostName is a DNS name, in lower case and without port: notes.example.com.
type HostName string

// UnmarshalText reads it; RFC 1123 section 2.1 says what a host name is.
func (h *HostName) UnmarshalText(text []byte) error {
	s := strings.ToLower(string(text))
	switch {
	case strings.Contains(s, "://"):
		return Bad("write the host name alone: notes.example.com", "%q is a URL", s)
	case strings.Contains(s, ":"):
		return Bad("leave the port out: the listener has one", "%q names a port", s)
	case strings.Contains(s, "*"):
		return Bad("name each host", "%q has a wildcard", s)
	case strings.HasSuffix(s, "."):
		return Bad("leave the last dot out", "%q ends in a dot", s)
	case len(s) == 0 || len(s) > 253:
		return Bad("write a name such as notes.example.com", "%q is no host name", s)
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return Bad("write a name: browsers tie sessions and passkeys to names", "%q is an address", s)
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return Bad("use letters, digits and dashes; names in other scripts in their xn-- form", "%q is no host name", s)
		}
	}
	*h = HostName(s)
	return nil
}

// URL is an address on the web: https://hooks.example.com/a, with a path when it has one.
type URL struct{ url.URL }

// UnmarshalText reads it.
func (u *URL) UnmarshalText(text []byte) error {
	parsed, err := parseURL(text, "http", "https")
	if err == nil {
		u.URL = *parsed
	}
	return err
}

// Upstream is where an application listens: http://127.0.0.1:3000, with a path when it lives below one. h2c:// is one that speaks
// HTTP/2 without TLS.
type Upstream struct{ url.URL }

// UnmarshalText reads it.
func (u *Upstream) UnmarshalText(text []byte) error {
	parsed, err := parseURL(text, "http", "https", "h2c")
	if err == nil {
		u.URL = *parsed
	}
	return err
}

// MarshalText writes it.
func (u Upstream) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

func parseURL(text []byte, schemes ...string) (*url.URL, error) {
	const mend = "write it like http://127.0.0.1:3000"
	s := string(text)
	parsed, err := url.Parse(s)
	switch {
	case strings.Contains(s, "@"):
		return nil, &badScalar{sentence: "the URL holds a name or password", mend: "leave everything up to the @ out", secret: true}
	case err != nil || strings.ContainsAny(s, " \\"):
		return nil, Bad(mend, "this is no URL")
	case !slices.Contains(schemes, parsed.Scheme):
		return nil, Bad(mend, "%q begins with neither %s://", s, strings.Join(schemes, ":// nor "))
	case parsed.Hostname() == "":
		return nil, Bad(mend, "%q names no host", s)
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return nil, Bad("leave everything from ? or # on out", "%q has a query or fragment", s)
	case parsed.Path != "" && parsed.Path != "/" && PathPattern(parsed.Path).check() != nil, strings.Contains(parsed.Path, "*"), parsed.RawPath != "":
		return nil, Bad("write a plain path", "%q has a path that could be read in two ways", s)
	}
	if port := parsed.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, Bad(mend, "%q is no port (1 to 65535)", port)
		}
	}
	return parsed, nil
}

// MarshalText writes it.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// AnyPort says that the system is to choose a free port.
func (l Listen) AnyPort() bool { return strings.HasSuffix(string(l), ":0") }

// Loopback says whether only this machine can reach it.
func (l Listen) Loopback() bool {
	at, err := netip.ParseAddrPort(string(l))
	return err == nil && at.Addr().IsLoopback()
}
