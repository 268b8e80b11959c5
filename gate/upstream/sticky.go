package upstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/textproto"
	"strings"
)

// CookiePrefix begins the name of the cookie that keeps a client at one upstream; the service's name ends it. It is one of
// those names that the gate keeps from applications, in both directions.
const CookiePrefix = "__Host-tenward-upstream-"

const (
	minKey = 32
	// tokenBytes are enough to tell 64 upstreams apart; with the key in it, a token says nothing about an address.
	tokenBytes = 16
)

// token is what a service's cookie calls an upstream: the same after a restart and on every node that has the key.
func token(key []byte, service, url string) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("upstream\x00" + service + "\x00" + url)) // a hash takes everything
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:tokenBytes])
}

// remembered is where the client's cookie says that it was, if that one gets requests now.
func (p *Pool) remembered(pl *plan, c *Call) *member {
	value := cookieIn(c.Cookies, p.cookie)
	if value == "" {
		return nil
	}
	for _, m := range pl.up {
		if m.token == value && m.bit&c.tried == 0 {
			return m
		}
	}
	return nil
}

// cookieIn is the first value of a cookie; empty where there is none.
func cookieIn(lines []string, name string) string {
	for _, line := range lines {
		for pair := range strings.SplitSeq(line, ";") {
			if key, value, ok := strings.Cut(textproto.TrimString(pair), "="); ok && key == name {
				return value
			}
		}
	}
	return ""
}

// Cookie is what the client is to be given so that it stays where it is; nil where it has it, or nobody is to stay. It
// lasts as long as the browser's session.
func (c *Call) Cookie() *http.Cookie {
	if c.at == nil || c.pool.cookie == "" || cookieIn(c.Cookies, c.pool.cookie) == c.at.token {
		return nil
	}
	return &http.Cookie{Name: c.pool.cookie, Value: c.at.token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}
