package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// soon is when an end should have been seen to: a month is time for whoever renews by hand.
const soon = 30 * 24 * time.Hour

// certificates looks at the authority that clients trust, at the files that the configuration names, and at what the one that runs
// shows to clients.
func certificates(ctx context.Context, w *World) []Line {
	var lines []Line
	trusted, err := os.ReadFile(w.Public)
	switch {
	case os.IsNotExist(err):
		lines = append(lines, line(Skip, "There is no %s yet: the first start makes it.", w.Public))
	case err != nil:
		lines = append(lines, line(Skip, "%s is not for this user to see.", w.Public))
	default:
		lines = append(lines, w.certificate(Certificate{Name: "what clients trust", File: w.Public, PEM: trusted},
			"Move it away and restart tenward, which writes it anew; then give it to the clients again."))
	}
	for _, c := range w.Certificates {
		lines = append(lines, w.certificate(c, "Put a renewed one in its place, then: tenward reload"))
	}
	if _, held := w.locked(); held && trusted != nil && w.Serves != "" {
		lines = append(lines, w.shown(ctx, trusted)...)
	}
	return fold(lines, "Every certificate is valid for a month at least, and covers its names (%d).")
}

func (w *World) certificate(c Certificate, mend string) Line {
	block, _ := pem.Decode(c.PEM)
	if block == nil || block.Type != "CERTIFICATE" {
		return line(Fail, "%s (%s) holds no certificate.", c.File, c.Name).do("%s", mend)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return line(Fail, "%s (%s) holds no certificate that can be read.", c.File, c.Name).do("%s", mend)
	}
	now := w.Now()
	switch {
	case now.After(cert.NotAfter):
		return line(Fail, "%s (%s) ended on %s.", c.File, c.Name, cert.NotAfter.UTC().Format(time.DateOnly)).do("%s", mend)
	case now.Before(cert.NotBefore):
		return line(Fail, "%s (%s) begins only on %s.", c.File, c.Name, cert.NotBefore.UTC().Format(time.DateTime)).do("%s", mend)
	case cert.NotAfter.Sub(now) < soon:
		return line(Warn, "%s (%s) ends on %s.", c.File, c.Name, cert.NotAfter.UTC().Format(time.DateOnly)).do("%s", mend)
	}
	for _, host := range c.Hosts {
		if cert.VerifyHostname(host) != nil {
			return line(Fail, "%s (%s) does not cover %s.", c.File, c.Name, host).do("Have it issued for that name too, or leave the name out of the configuration.")
		}
	}
	return line(OK, "%s is valid.", c.File)
}

// shown shakes hands under each name, as a client does that trusts our authority and the system's.
func (w *World) shown(ctx context.Context, trusted []byte) []Line {
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	roots.AppendCertsFromPEM(trusted)
	var lines []Line
	for _, host := range w.Hosts {
		conf := &tls.Config{ServerName: host, RootCAs: roots, MinVersion: tls.VersionTLS12, Time: w.Now}
		conn, err := (&tls.Dialer{Config: conf}).DialContext(ctx, "tcp", w.Serves)
		if why := distrusted(err); why != nil {
			lines = append(lines, line(Fail, "Clients that ask for %s get no certificate that they could trust: %v.", host, why).
				do("If the name is new, bring it into force: tenward reload. Else see that %s is what clients trust.", w.Public))
			continue
		}
		if err != nil {
			lines = append(lines, line(Skip, "The certificate for %s could not be asked for at %s: %v.", host, w.Serves, told(err)))
			continue
		}
		lines = append(lines, line(OK, "%s has its certificate.", host))
		_ = conn.Close() // nothing was said
	}
	return lines
}

// distrusted is why a handshake was refused, by the one side or the other; nil where it did not come to that.
func distrusted(err error) error {
	if wrong, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return wrong.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return op.Err
	}
	return nil
}

// told is what went wrong on the way, without who it was.
func told(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return err
}
