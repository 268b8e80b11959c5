package encryption

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"time"

	"github.com/tenward/tenward/practice"
)

// Outside is what there is to look at from outside. Checks dial, handshake and read files: none of them asks this
// practice what it believes.
type Outside struct {
	Listeners []Listener
	Upstreams []Upstream
	Folder    string // all that is kept, keys and database included
	Authority string // the file that clients trust; it alone may be read by everybody
	MasterKey string // the file of the master key; empty: somebody else keeps it
	Resolve   func(ctx context.Context, host string) ([]string, error)
	Trusted   *x509.CertPool // whom the gate trusts of upstreams; nil: the system's authorities
}

// Upstream is where one of a service's applications is.
type Upstream struct {
	Service string
	URL     string      // http, https, or h2c, which is in the clear too
	TLS     *tls.Config // whom the gate trusts there, and who it is; nil: as Trusted says
}

// Listener is one of this process's TLS listeners.
type Listener struct {
	Name    string   // "gate"
	Address string   // where it is reached from this machine: "127.0.0.1:8443"
	Hosts   []string // the names that it answers under
}

// LookAt says what the checks look at, which stands only after the listeners do.
func (s *Service) LookAt(o Outside) { s.outside = o }

const (
	startEvent = "app.process.started"
	// lookTime bounds one connection to one of our own listeners.
	lookTime = 5 * time.Second
)

func (s *Service) checks() []practice.Check {
	stale := []string{startEvent}
	return []practice.Check{
		{
			ID: "encryption/old-versions-refused", Title: "Nothing older than TLS 1.3 is answered", Source: "NIST SP 800-52r2 section 3.1, RFC 8996", Weight: 2,
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Look for what else answers on that port, such as a balancer that ends TLS itself: it must not offer TLS 1.2 or older.", Run: s.oldRefused,
		},
		{
			ID: "encryption/hybrid-key-exchange", Title: "What is recorded today stays closed to quantum computers", Source: "FIPS 203, draft-ietf-tls-ecdhe-mlkem",
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Look for what else ends TLS on that port; start Tenward without GODEBUG=tlsmlkem=0.", Run: s.hybrid,
		},
		{
			ID: "encryption/certificates-verify", Title: "Every host's certificate is good for those who trust ca.pem", Source: "RFC 5280 section 6, RFC 9525", Weight: 2,
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Have clients trust the ca.pem of this data folder anew (tenward trust), and see that the machine's clock is right.", Run: s.verified,
		},
		{
			ID: "encryption/certificates-last", Title: "No certificate ends soon", Source: "OWASP ASVS 5.0 V12.2, NIST SP 1800-16",
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "A host's certificate is renewed by itself: see that the machine's clock is right, and start Tenward anew. An authority that ends must be made and trusted anew.", Run: s.lasting,
		},
		{
			ID: "encryption/other-names-refused", Title: "Who asks for another name gets no certificate", Source: "RFC 6066 section 3, OWASP ASVS 5.0 V12.1",
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Look for what else answers on that port: Tenward answers a name that is not configured with the alert unrecognized_name.", Run: s.othersRefused,
		},
		{
			ID: "encryption/plain-refused", Title: "Nobody is served without TLS", Source: "OWASP ASVS 5.0 V12.1, RFC 9110 section 4.2.2",
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Look for what else answers on that port, and that it leads nowhere without TLS.", Run: s.plainRefused,
		},
		{
			ID: "encryption/keys-private", Title: "Keys lie open to nobody", Source: "OWASP ASVS 5.0 V11.7 and V13.3, NIST SP 800-57 part 1 section 6.2", Weight: 2,
			Every: time.Hour, Timeout: 2 * time.Minute, Stale: stale,
			Fix: "chmod go= what is named. Take a key that stands in the clear out of use: whoever read it has it.", Run: s.keysPrivate,
		},
		{
			ID: "encryption/upstreams-private", Title: "Nothing goes to an application in the clear", Source: "OWASP ASVS 5.0 V12.3",
			Every: time.Hour, Timeout: time.Minute, Stale: stale,
			Fix: "Let the application listen on this machine's loopback address, or give its upstream https:// and a certificate that this machine, or tls.ca of the service, trusts.", Run: s.upstreamsPrivate,
		},
	}
}
