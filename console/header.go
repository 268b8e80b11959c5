package console

import (
	"net/http"
	"strings"
)

// policy lets a form lead to the portal, where people sign out, and a page load style, script, images and data from the console alone, and script turn text into markup in
// one named place alone.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self' PORTAL; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types tenward"

// answerHeaders go with every answer, errors included (OWASP Secure Headers Project).
var answerHeaders = [...][2]string{
	{"Content-Security-Policy", policy},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"X-Permitted-Cross-Domain-Policies", "none"},
	{"Referrer-Policy", "no-referrer"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Cross-Origin-Embedder-Policy", "require-corp"},
	{"Cache-Control", "no-store"}, // assets say otherwise
}

// guarded sets the headers and answers only under the console's own name: a page that resolves its own name to the
// console's address (DNS rebinding) gets nothing.
func (c *Console) guarded(next http.Handler) http.Handler {
	// Names below localhost come with a certificate of their own making: pinning them to TLS would take away the way
	// around a browser's warning after the data folder was made anew.
	name, _, _ := strings.Cut(c.host, ":")
	pin := name != "localhost" && !strings.HasSuffix(name, ".localhost")
	headers := answerHeaders
	headers[0][1] = strings.Replace(policy, "PORTAL", c.o.Portal, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, h := range headers {
			w.Header().Set(h[0], h[1])
		}
		if pin {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		if withPort(r.Host) != c.host {
			c.refuse(w, r, http.StatusMisdirectedRequest, wrongHost(c.o.URL))
			return
		}
		next.ServeHTTP(w, r)
	})
}
