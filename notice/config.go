package notice

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/tenward/tenward/config"
)

// Config is the section `notice:`.
type Config struct {
	Mail     Mail      `yaml:"mail" doc:"The mail server that letters are handed to; left out, none are sent."`
	Webhooks []Webhook `yaml:"webhooks" doc:"Programs that are told what people are written about, without the letters' links."`
}

// Mail is where letters are handed to.
type Mail struct {
	Server   string        `yaml:"server" doc:"smtp.example.com:587."`
	TLS      Security      `yaml:"tls" doc:"starttls (587) or implicit (465). The server's certificate is verified either way."`
	User     string        `yaml:"user" doc:"Who signs in there; left out, nobody does."`
	Password config.Secret `yaml:"password" doc:"With what."`
	From     string        `yaml:"from" doc:"Whom letters come from: tenward@example.com."`
	CA       string        `yaml:"ca" doc:"A PEM file of the authorities to trust in place of the system's."`
}

// Webhook is one program that is told.
type Webhook struct {
	Name   string        `yaml:"name" doc:"Small letters, digits and dashes."`
	URL    config.URL    `yaml:"url" doc:"https://…; plain http only to this machine itself."`
	Secret config.Secret `yaml:"secret" doc:"With which messages are signed: 24 to 64 bytes in base64, with whsec_ before them or without."`
}

// Security is how the connection to the mail server is encrypted. There is no way without.
type Security string

// The ways.
const (
	StartTLS Security = "starttls"
	Implicit Security = "implicit"
)

// Words are all there are.
func (Security) Words() []string { return []string{string(StartTLS), string(Implicit)} }

// Defaults is STARTTLS.
func (m *Mail) Defaults() { m.TLS = StartTLS }

// What Standard Webhooks asks of a secret, in bytes.
const (
	minSecret = 24
	maxSecret = 64
)

// Validate looks for what would fail at the first letter.
func (c *Config) Validate(r *config.Report) {
	c.Mail.validate(r.At("mail"))
	seen := map[string]bool{}
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		at := r.At("webhooks[" + strconv.Itoa(i) + "]")
		switch {
		case w.Name == "" || len(w.Name) > 40 || strings.Trim(w.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
			at.At("name").Errorf("use up to 40 small letters, digits and dashes", "%q cannot name a webhook", w.Name)
		case seen[w.Name]:
			at.At("name").Errorf("give it another name", "there are two webhooks %s", w.Name)
		}
		seen[w.Name] = true
		switch {
		case w.URL.Host == "" && !at.At("url").Failed():
			at.At("url").Errorf("write url: https://hooks.example.com/tenward", "the webhook has no address")
		case w.URL.Scheme != "https" && !local(w.URL.Hostname()) && !at.At("url").Failed():
			at.At("url").Errorf("write https://", "messages about people do not leave this machine unencrypted")
		}
		if !w.Secret.Set() && !at.At("secret").Failed() {
			at.At("secret").Errorf("write secret: \"${file:/etc/tenward/webhook}\"", "the webhook has no secret to sign with")
		} else if _, err := w.key(); err != nil && w.Secret.Reveal() != "" {
			at.At("secret").Errorf("make one: openssl rand -base64 32", "%v", err)
		}
	}
}

func (m *Mail) validate(r *config.Report) {
	if m.Server == "" {
		if m.From != "" || m.User != "" {
			r.At("server").Errorf("write server: smtp.example.com:587", "there is no mail server")
		}
		return
	}
	if host, port, err := net.SplitHostPort(m.Server); err != nil || host == "" || !number(port) {
		r.At("server").Errorf("write server: smtp.example.com:587", "%q is no address with a port", m.Server)
	}
	if at, err := mail.ParseAddress(m.From); err != nil || at.Address != m.From {
		r.At("from").Errorf("write from: tenward@example.com", "%q is no mail address", m.From)
	}
	if (m.User == "") != !m.Password.Set() {
		r.At("password").Errorf("write both, or none", "user and password belong together")
	}
	if m.CA != "" {
		if _, err := os.Stat(m.CA); err != nil {
			r.At("ca").Errorf("name a file of PEM certificates", "%s cannot be read", m.CA)
		}
	}
}

func number(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// local says whether a host is this machine by its address: names can change what they mean.
func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// key is what the secret signs with. It is decoded also without whsec_, as the libraries that verify do.
func (w *Webhook) key() ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(w.Secret.Reveal()), "whsec_"))
	if err != nil {
		return nil, errors.New("the secret is not base64")
	}
	if len(key) < minSecret || len(key) > maxSecret {
		return nil, fmt.Errorf("the secret has %d bytes, and needs %d to %d", len(key), minSecret, maxSecret)
	}
	return key, nil
}
