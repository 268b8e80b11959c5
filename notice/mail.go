package notice

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/tenward/tenward/problem"
)

// mailer hands letters to one mail server.
type mailer struct {
	conf  Mail
	host  string
	port  int
	trust *x509.CertPool // nil for the system's
}

func newMailer(c Mail) (*mailer, error) {
	host, text, err := net.SplitHostPort(c.Server)
	if err != nil {
		return nil, fmt.Errorf("read mail server: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("read mail server: %w", err)
	}
	m := &mailer{conf: c, host: host, port: port}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		m.trust = x509.NewCertPool()
		if err != nil || !m.trust.AppendCertsFromPEM(pem) {
			return nil, problem.New("notice.mail.ca", "The file "+c.CA+" has no certificates that can be read.", "Name a file of PEM certificates under notice.mail.ca.").Because(err)
		}
	}
	return m, nil
}

// deliver hands one letter over.
func (m *mailer) deliver(ctx context.Context, id string, put time.Time, msg *Message) error {
	letter := mail.NewMsg()
	if err := errors.Join(letter.From(m.conf.From), letter.To(msg.To)); err != nil {
		return fmt.Errorf("address letter: %w: %w", errGiveUp, err)
	}
	letter.Subject(msg.Subject)
	letter.SetDateWithValue(put)
	letter.SetMessageIDWithValue(id + "@" + m.host) // the same for each attempt, so that a mailbox can tell
	letter.SetGenHeader("Auto-Submitted", "auto-generated")
	letter.SetBodyString(mail.TypeTextPlain, msg.Body)
	options := []mail.Option{
		mail.WithPort(m.port), mail.WithTLSConfig(&tls.Config{ServerName: m.host, RootCAs: m.trust, MinVersion: tls.VersionTLS12}),
		mail.WithTimeout(attempt / 2),
	}
	if m.conf.TLS == Implicit {
		options = append(options, mail.WithSSL())
	} else {
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.conf.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.conf.User), mail.WithPassword(m.conf.Password.Reveal()))
	}
	client, err := mail.NewClient(m.host, options...)
	if err != nil {
		return fmt.Errorf("prepare letter: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, letter)
	if err == nil || letter.IsDelivered() {
		return nil // a connection that ends badly after the server has said yes changes nothing
	}
	var refused *mail.SendError
	if !errors.As(err, &refused) {
		return fmt.Errorf("send letter: %w", err)
	}
	// What the server says may hold the address: it is said to nobody.
	switch code := refused.ErrorCode(); {
	case code < 500, refused.Reason == mail.ErrSMTPMailFrom: // a sender that is refused is mended in the configuration
		return fmt.Errorf("send letter: %s: the server answered %d", refused.Reason, code)
	default:
		return fmt.Errorf("send letter: %s: %w with code %d", refused.Reason, errGiveUp, code)
	}
}
