package notice_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/notice"
)

func TestConfigurationsThatCannotWork(t *testing.T) {
	t.Setenv("PLAIN", "a pass phrase of more than 24 bytes")
	t.Setenv("SHORT", base64.StdEncoding.EncodeToString(make([]byte, 23)))
	t.Setenv("LARGE", "whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 65)))
	t.Setenv("LONG", base64.StdEncoding.EncodeToString(make([]byte, 24)))
	for _, c := range []struct{ name, text, complaint string }{
		{"a server without a port", `mail: {server: smtp.example.com, from: a@example.com}`, "no address with a port"},
		{"no sender", `mail: {server: "smtp.example.com:587"}`, "is no mail address"},
		{"a sender without a server", `mail: {from: a@example.com}`, "there is no mail server"},
		{"no encryption", `mail: {server: "smtp.example.com:25", from: a@example.com, tls: none}`, "none of the words"},
		{"a user without a password", `mail: {server: "smtp.example.com:587", from: a@example.com, user: a}`, "belong together"},
		{"a webhook in the clear", `webhooks: [{name: a, url: "http://hooks.example.com/", secret: "${env:LONG}"}]`, "do not leave this machine unencrypted"},
		{"a webhook by a name for this machine", `webhooks: [{name: a, url: "http://localhost/", secret: "${env:LONG}"}]`, "do not leave this machine unencrypted"},
		{"a short secret", `webhooks: [{name: a, url: "https://hooks.example.com/", secret: "${env:SHORT}"}]`, "the secret has 23 bytes"},
		{"a secret that is too long", `webhooks: [{name: a, url: "https://hooks.example.com/", secret: "${env:LARGE}"}]`, "the secret has 65 bytes"},
		{"a secret that receivers cannot decode", `webhooks: [{name: a, url: "https://hooks.example.com/", secret: "${env:PLAIN}"}]`, "the secret is not base64"},
		{"no secret", `webhooks: [{name: a, url: "https://hooks.example.com/"}]`, "no secret to sign with"},
		{"two of one name", `webhooks: [{name: a, url: "https://h.example.com/", secret: "${env:LONG}"}, {name: a, url: "https://h.example.com/", secret: "${env:LONG}"}]`, "two webhooks a"},
		{"all is well", `mail: {server: "smtp.example.com:587", from: a@example.com}, webhooks: [{name: a, url: "https://hooks.example.com/", secret: "${env:LONG}"}, {name: b, url: "http://[::1]:8080/", secret: "${env:LONG}"}]`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var all struct {
				Notice notice.Config `yaml:"notice"`
			}
			_, err := config.Parse("tenward.yaml", []byte("notice: {"+c.text+"}"), &all, config.Options{})
			switch {
			case c.complaint == "" && err != nil:
				t.Error(err)
			case c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)):
				t.Errorf("complains %v, want %s", err, c.complaint)
			}
		})
	}
}
