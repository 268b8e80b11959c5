package node

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pquerna/otp/totp"
)

// Visitor is somebody with a browser of their own: it keeps cookies, sends what browsers send with a navigation, and
// finds a node under every host name. It follows redirects and runs no script.
type Visitor struct {
	tb     testing.TB
	Client *http.Client
	Jar    http.CookieJar
	At     *Node // the node whose addresses it knows

	route  *Node // the node that it is led to now
	now    func() time.Time
	secret string // what its authenticator app knows
	last   time.Time
	Codes  []string // its recovery codes
}

// Answer is an answer that has been read.
type Answer struct {
	*http.Response
	Body string
	URL  string // where it came from, after all redirects
}

// Visit gives a visitor of a node.
func (n *Node) Visit(tb testing.TB) *Visitor {
	tb.Helper()
	v := &Visitor{tb: tb, At: n, route: n, now: time.Now}
	var err error
	if v.Jar, err = cookiejar.New(nil); err != nil {
		tb.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(n.Data, "ca.pem"))
	if err != nil {
		tb.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	transport := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", v.dial(address))
		},
	}
	tb.Cleanup(transport.CloseIdleConnections)
	v.Client = &http.Client{Jar: v.Jar, Transport: transport, Timeout: time.Minute}
	return v
}

// Lead has another node answer from now on, as a load balancer does: the addresses that the visitor knows stay the same.
func (v *Visitor) Lead(to *Node) {
	v.route = to
	v.Client.CloseIdleConnections() // or the requests go on to where the connection leads
}

// dial finds the listener that an address means: the one of the same purpose, on the node that it is led to now.
func (v *Visitor) dial(address string) string {
	to := v.route
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if _, console, err := net.SplitHostPort(v.At.Console); err == nil && port == console {
		return to.Console
	}
	return to.Gate
}

// URL is a host's address on the gate of the node that is visited.
func (v *Visitor) URL(host, path string) string {
	_, port, err := net.SplitHostPort(v.At.Gate)
	if err != nil {
		v.tb.Fatal(err)
	}
	return "https://" + net.JoinHostPort(host, port) + path
}

// ConsoleURL is an address on the console's listener.
func (v *Visitor) ConsoleURL(host, path string) string {
	_, port, err := net.SplitHostPort(v.At.Console)
	if err != nil {
		v.tb.Fatal(err)
	}
	return "https://" + net.JoinHostPort(host, port) + path
}

// Socket opens a WebSocket as a page of this origin does; its error says how it was refused.
func (v *Visitor) Socket(address, origin string) (*websocket.Conn, *http.Response, error) {
	v.tb.Helper()
	whole := v.Client.Transport.(*http.Transport)
	old := &http.Transport{TLSClientConfig: whole.TLSClientConfig.Clone(), DialContext: whole.DialContext} // WebSockets are HTTP/1.1's
	old.TLSClientConfig.NextProtos = []string{"http/1.1"}
	v.tb.Cleanup(old.CloseIdleConnections)
	site := "same-origin"
	if !strings.HasPrefix(address, origin+"/") {
		site = "same-site"
	}
	return websocket.Dial(v.tb.Context(), strings.Replace(address, "https://", "wss://", 1), &websocket.DialOptions{
		HTTPClient: &http.Client{Jar: v.Jar, Transport: old},
		HTTPHeader: http.Header{"Origin": {origin}, "Sec-Fetch-Site": {site}, "Sec-Fetch-Mode": {"websocket"}},
	})
}

// Get goes to an address.
func (v *Visitor) Get(address string) Answer {
	v.tb.Helper()
	r, err := http.NewRequestWithContext(v.tb.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		v.tb.Fatal(err)
	}
	return v.Send(r)
}

// Post sends a form from a page of the same origin.
func (v *Visitor) Post(address string, form url.Values) Answer {
	v.tb.Helper()
	r, err := http.NewRequestWithContext(v.tb.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		v.tb.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.Send(r)
}

// Send sends a request and reads its answer.
func (v *Visitor) Send(r *http.Request) Answer {
	v.tb.Helper()
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "text/html")
	}
	answer, err := v.Client.Do(r)
	if err != nil {
		v.tb.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	if err != nil {
		v.tb.Fatal(err)
	}
	if _, to, leads := strings.Cut(answer.Header.Get("Refresh"), "url="); leads && v.Client.CheckRedirect == nil {
		next, err := answer.Request.URL.Parse(to)
		if err != nil {
			v.tb.Fatal(err)
		}
		return v.Get(next.String())
	}
	return Answer{answer, string(body), answer.Request.URL.String()}
}

var (
	shownKey  = regexp.MustCompile(`<code[^>]*>([A-Z2-7 ]{32,})</code>`)
	shownCode = regexp.MustCompile(`<li>([^<]+)</li>`)
)

// Enrol follows an invitation to its end: a password, the authenticator app, the recovery codes.
func (v *Visitor) Enrol(link, password string) Answer {
	v.tb.Helper()
	at, err := url.Parse(link)
	if err != nil {
		v.tb.Fatal(err)
	}
	if a := v.Get(link); a.StatusCode != http.StatusOK {
		v.tb.Fatalf("the invitation: %s\n%s", a.Status, a.Body)
	}
	token := at.Query().Get("token")
	a := v.Post(v.URL(at.Hostname(), "/enrol/password"), url.Values{"token": {token}, "password": {password}})
	key := shownKey.FindStringSubmatch(a.Body)
	if a.StatusCode != http.StatusOK || key == nil {
		v.tb.Fatalf("choosing a password: %s\n%s", a.Status, a.Body)
	}
	v.secret = strings.ReplaceAll(key[1], " ", "")
	a = v.Post(v.URL(at.Hostname(), "/enrol/factor"), url.Values{"token": {token}, "code": {v.Code()}})
	for _, found := range shownCode.FindAllStringSubmatch(a.Body, -1) {
		v.Codes = append(v.Codes, html.UnescapeString(found[1]))
	}
	if a.StatusCode != http.StatusOK || len(v.Codes) != 10 {
		v.tb.Fatalf("enrolling the app: %s, %d codes\n%s", a.Status, len(v.Codes), a.Body)
	}
	return a
}

// Code is what the authenticator app shows: each code is good once, so a second one in the same half minute is the next
// step's, which is good already, and a third is a recovery code.
func (v *Visitor) Code() string {
	v.tb.Helper()
	at := v.now()
	if v.last.Unix()/30 > at.Unix()/30 && len(v.Codes) > 0 {
		code := v.Codes[0]
		v.Codes = v.Codes[1:]
		return code
	}
	if !v.last.IsZero() && at.Unix()/30 <= v.last.Unix()/30 {
		at = v.last.Add(30 * time.Second)
	}
	v.last = at
	code, err := totp.GenerateCode(v.secret, at)
	if err != nil {
		v.tb.Fatal(err)
	}
	return code
}

// SignIn goes through the portal's two steps, to wherever it leads from there.
func (v *Visitor) SignIn(portal, account, password, onward string) Answer {
	v.tb.Helper()
	a := v.Post(v.URL(portal, "/login"), url.Values{"account": {account}, "password": {password}, "continue": {onward}})
	if a.StatusCode != http.StatusOK || !strings.Contains(a.URL, "/login/second") {
		v.tb.Fatalf("the first step: %s at %s\n%s", a.Status, a.URL, a.Body)
	}
	at, err := url.Parse(a.URL)
	if err != nil {
		v.tb.Fatal(err)
	}
	return v.Post(v.URL(portal, "/login/second"), url.Values{"code": {v.Code()}, "continue": {at.Query().Get("continue")}})
}
