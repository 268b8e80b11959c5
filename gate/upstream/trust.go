package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"

	"github.com/tenward/tenward/config"
)

// TLSConfig is a service's `tls:`, for its https:// upstreams. It can change whom the gate believes, not that it asks: there
// is no key that switches verification off.
type TLSConfig struct {
	CA   config.File     `yaml:"ca" doc:"Certificates in PEM of the authorities that upstreams must be certified by; without it those of this machine."`
	Name config.HostName `yaml:"name" doc:"The name that an upstream's certificate must hold, and that it is asked for by; without it the URL's host."`
	Cert config.File     `yaml:"cert" doc:"Our own certificate in PEM, with its chain, for upstreams that ask who we are."`
	Key  config.Secret   `yaml:"key" doc:"Its key: ${file:/path/to/it}."`
}

// Set says whether anything of it is.
func (c *TLSConfig) Set() bool {
	return c.CA.Set() || c.Name != "" || c.Cert.Set() || c.Key.Set()
}

// Validate reads the certificates.
func (c *TLSConfig) Validate(r *config.Report) {
	if c.Cert.Set() != c.Key.Set() && !r.At("cert").Failed() && !r.At("key").Failed() {
		r.Errorf("write both cert and key", "a certificate and its key belong together")
		return
	}
	if text := c.CA.Content(); text != nil && !r.At("ca").Failed() && authorities(text) == nil {
		r.At("ca").Errorf("name a file of certificates in PEM", "the file %s holds no certificates, or something else too", c.CA)
	}
	if c.Cert.Content() == nil || c.Key.Reveal() == "" || r.At("cert").Failed() {
		return
	}
	if _, err := tls.X509KeyPair(c.Cert.Content(), []byte(c.Key.Reveal())); err != nil {
		r.At("cert").Errorf("name a certificate and its own key, both in PEM", "certificate and key do not fit together")
	}
}

// authorities are the certificates of a file that holds nothing else; nil for any other.
func authorities(text []byte) *x509.CertPool {
	pool, found := x509.NewCertPool(), false
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if block.Type != "CERTIFICATE" || err != nil {
			return nil
		}
		pool.AddCert(cert)
		text, found = rest, true
	}
	if !found {
		return nil
	}
	return pool
}

// TLS is the configuration of connections to upstreams; nil where nothing is said. It was validated.
func (c *TLSConfig) TLS() *tls.Config {
	if !c.Set() {
		return nil
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: string(c.Name)}
	if c.CA.Set() {
		if conf.RootCAs = authorities(c.CA.Content()); conf.RootCAs == nil {
			conf.RootCAs = x509.NewCertPool() // nobody is believed rather than everybody that the system believes
		}
	}
	if pair, err := tls.X509KeyPair(c.Cert.Content(), []byte(c.Key.Reveal())); err == nil {
		conf.Certificates = []tls.Certificate{pair}
	}
	return conf
}
