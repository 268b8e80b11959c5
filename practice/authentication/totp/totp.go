// Package totp makes and checks the six digits of an authenticator app: RFC 6238 on HMAC-SHA-1, 30 seconds, six digits,
// the one set of parameters that every app understands.
package totp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

const (
	step   = 30 * time.Second
	digits = otp.DigitsSix

	// drift is how far a phone's clock may be off, in steps: RFC 6238 section 5.2 recommends one.
	drift = 1

	// secretBytes is as long as SHA-1's output, as RFC 4226 section 4 recommends.
	secretBytes = 20
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret makes what an authenticator app and its owner's account share, in base32.
func NewSecret() string {
	b := make([]byte, secretBytes)
	rand.Read(b) // it never fails: crypto/rand ends the process instead
	return encoding.EncodeToString(b)
}

// Match says whether a code is good now, and which step it belongs to. Only steps behind last count, the one that was
// used last: no code is good twice, nor is one from before it.
func Match(secret, code string, now time.Time, last int64) (used int64, ok bool, err error) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if len(code) != digits.Length() {
		return 0, false, nil
	}
	at := now.Unix() / int64(step/time.Second)
	for s := max(at-drift, last+1); s <= at+drift; s++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(max(s, 0)), hotp.ValidateOpts{Digits: digits, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, fmt.Errorf("make code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && !ok {
			used, ok = s, true
		}
	}
	return used, ok, nil
}

// URI is what the QR code says: the key URI format of Google Authenticator, which all apps read.
func URI(issuer, account, secret string) string {
	label := url.PathEscape(issuer) + ":" + url.PathEscape(account)
	return "otpauth://totp/" + label + "?secret=" + secret + "&issuer=" + url.QueryEscape(issuer) + "&algorithm=SHA1&digits=6&period=30"
}

// Grouped is a secret as people type it from a screen.
func Grouped(secret string) string {
	var b strings.Builder
	for i, r := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
