package gate

import (
	"net/http"
	"net/netip"
	"net/textproto"
	"slices"
	"strings"
)

// hopByHop fields speak to the next hop only: RFC 9110 section 7.6.1, and the older names still in use.
var hopByHop = map[string]bool{
	"Connection": true, "Proxy-Connection": true, "Keep-Alive": true, "Proxy-Authenticate": true,
	"Proxy-Authorization": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true,
}

// asserted fields say who the client is or which address it asked for. Applications believe them, so they may
// come from the gate only, never from the client's hand.
var asserted = map[string]bool{
	"Forwarded": true, "Via": true, "X-Real-Ip": true, "X-Client-Ip": true, "X-Cluster-Client-Ip": true, "X-Proxyuser-Ip": true,
	"True-Client-Ip": true, "Cf-Connecting-Ip": true, "Fastly-Client-Ip": true, "X-Original-Url": true, "X-Original-Host": true,
	"X-Rewrite-Url": true, "X-Host": true, "X-Http-Host-Override": true, "X-Originating-Ip": true, "X-Remote-Ip": true, "X-Remote-Addr": true,
	"Remote-User": true, "Remote-Groups": true, "Remote-Name": true, "Remote-Email": true, "X-Remote-User": true,
	"X-Authenticated-User": true, "X-Authenticated-Userid": true, "X-Webauth-User": true, "X-User": true, "X-Username": true,
	"X-Ssl-Client-Cert": true, "X-Ssl-Client-Verify": true, "X-Ssl-Client-S-Dn": true, "X-Client-Cert": true, "Client-Cert": true, "Client-Cert-Chain": true,
	"X-Forwarded": true, "X-Forward-For": true, // older spellings of the family below
	"Proxy": true, // CGI hands it on as HTTP_PROXY, which programs take for their own: CVE-2016-5385
	// Frameworks take the method from these, after roles and rules have judged the one that stands in the request.
	"X-Http-Method-Override": true, "X-Http-Method": true, "X-Method-Override": true,
	"Expect": true, // the gate asks for itself, where the client waits
}

// assertedPrefixes are families of such fields.
var assertedPrefixes = []string{"X-Forwarded-", "X-Auth-Request-", "X-Envoy-", "X-Tenward-", "Tenward-"}

// keepsRequestField says whether a request's field goes on to the upstream.
func keepsRequestField(name string) bool {
	if hopByHop[name] || asserted[name] {
		return false
	}
	for _, p := range assertedPrefixes {
		if strings.HasPrefix(name, p) {
			return false
		}
	}
	// CGI-like servers read X_Real_Ip and X.Real.Ip as X-Real-Ip: each such byte would carry a field past these lists.
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
		default:
			return false
		}
	}
	return true
}

// outgoingHeader copies the fields that may reach the upstream and adds what the gate asserts itself. The
// slices of values are shared with the request, which nobody changes any more.
func outgoingHeader(in http.Header, client netip.Addr, host string, forward []Field) http.Header {
	out := make(http.Header, len(in)+4)
	for name, values := range in {
		if keepsRequestField(name) {
			out[name] = values
		}
	}
	dropNamed(out, in["Connection"])
	if cookies := out["Cookie"]; len(cookies) > 0 {
		if kept := withoutOwnCookies(cookies); len(kept) > 0 {
			out["Cookie"] = kept
		} else {
			delete(out, "Cookie")
		}
	}
	if _, ok := out["User-Agent"]; !ok {
		out["User-Agent"] = noUserAgent
	}
	addr := client.String()
	forwardedFor := addr
	if client.Is6() {
		forwardedFor = `"[` + addr + `]"`
	}
	values := [4]string{"for=" + forwardedFor + `;host="` + host + `";proto=https`, addr, host, "https"}
	out["Forwarded"] = values[0:1:1]
	out["X-Forwarded-For"] = values[1:2:2]
	out["X-Forwarded-Host"] = values[2:3:3]
	out["X-Forwarded-Proto"] = values[3:4:4]
	for _, f := range forward {
		out[f.Name] = []string{f.Value}
	}
	return out
}

// noUserAgent keeps net/http from inventing one where the client sent none.
var noUserAgent = []string{""}

// dropNamed removes the fields that a Connection field names as meant for this hop.
func dropNamed(h http.Header, connection []string) {
	for _, line := range connection {
		for name := range strings.SplitSeq(line, ",") {
			if name = textproto.TrimString(name); name != "" {
				delete(h, textproto.CanonicalMIMEHeaderKey(name))
			}
		}
	}
}

// SessionCookie holds what proves a session to the gate. All cookies whose names begin with it are Tenward's own. Its
// prefix binds it to one host, to TLS and to the root path, and browsers take it only from an answer, never from script
// (RFC 6265bis section 4.1.3).
const SessionCookie = "__Host-Http-tenward"

// ownCookies are how the names of Tenward's cookies begin, today's and those of before.
var ownCookies = [...]string{SessionCookie, "__Host-tenward"}

// ownCookie says whether a cookie, or a Set-Cookie line, is of such a name.
func ownCookie(pair string) bool {
	pair = textproto.TrimString(pair)
	return strings.HasPrefix(pair, ownCookies[0]) || strings.HasPrefix(pair, ownCookies[1])
}

// withoutOwnCookies removes Tenward's cookies: what proves a session to the gate is no business of an application.
func withoutOwnCookies(lines []string) []string {
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "tenward") }) {
		return lines
	}
	var kept []string
	for _, l := range lines {
		for pair := range strings.SplitSeq(l, ";") {
			if pair = textproto.TrimString(pair); pair != "" && !ownCookie(pair) {
				kept = append(kept, pair)
			}
		}
	}
	if len(kept) == 0 {
		return nil
	}
	return []string{strings.Join(kept, "; ")}
}

// withoutOwnSetCookies removes cookies that an application would set in Tenward's name.
func withoutOwnSetCookies(lines []string) []string {
	if !slices.ContainsFunc(lines, ownCookie) {
		return lines
	}
	return slices.DeleteFunc(slices.Clone(lines), ownCookie)
}

// passes says whether a field of an answer may come from an upstream.
func passes(name string) bool { return !hopByHop[name] && !strings.HasPrefix(name, "Tenward-") }

// copyAnswerHeader copies the upstream's fields for the client, without those of its own hop and without any
// that the client would take for Tenward's word.
func copyAnswerHeader(dst, src http.Header) {
	for name, values := range src {
		if !passes(name) {
			continue
		}
		if name == "Set-Cookie" {
			if values = withoutOwnSetCookies(values); len(values) == 0 {
				continue
			}
		}
		dst[name] = values
	}
	dropNamed(dst, src["Connection"])
}
