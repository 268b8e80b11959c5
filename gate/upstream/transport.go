package upstream

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

// H2C is the scheme of an upstream that speaks HTTP/2 without TLS, and is known to.
const H2C = "h2c"

// Timeouts bound how long an upstream may keep a request waiting.
type Timeouts struct {
	Dial   time.Duration // until a connection stands, and its TLS handshake
	Answer time.Duration // from the request's end until the answer's head
}

const (
	// MaxHead is how large an answer's head may be.
	MaxHead = 256 << 10
	// MaxIdle is how many connections that nobody uses are kept to one upstream.
	MaxIdle = 256
	// IdleFor is for how long.
	IdleFor = 90 * time.Second

	// window is how much of one HTTP/2 answer may wait here for a client that reads slowly. The library's 4 MiB, times all
	// streams that clients may open, would be theirs to fill.
	window = 512 << 10
	// An HTTP/2 connection carries many requests: one that is dead must be noticed by us, not by each of them.
	pingAfter, pingWithin = 15 * time.Second, 5 * time.Second
)

// transport is tuned for few upstreams and many requests: connections are kept, nothing is decoded on the way through,
// and no proxy settings of the environment apply. There is no way to have it not verify a certificate.
func (t Timeouts) transport(scheme string, conf *tls.Config) (*http.Transport, error) {
	protocols := new(http.Protocols)
	switch scheme {
	case "http":
		protocols.SetHTTP1(true)
	case "https":
		protocols.SetHTTP1(true)
		protocols.SetHTTP2(true)
	case H2C:
		protocols.SetUnencryptedHTTP2(true)
	default:
		return nil, fmt.Errorf("there is no way to speak %q", scheme)
	}
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: t.Dial}).DialContext,
		TLSClientConfig:        conf.Clone(),
		MaxIdleConns:           0,
		MaxIdleConnsPerHost:    MaxIdle,
		IdleConnTimeout:        IdleFor,
		ResponseHeaderTimeout:  t.Answer,
		ExpectContinueTimeout:  time.Second,
		TLSHandshakeTimeout:    t.Dial,
		DisableCompression:     true,
		MaxResponseHeaderBytes: MaxHead,
		WriteBufferSize:        16 << 10,
		ReadBufferSize:         16 << 10,
		Protocols:              protocols,
		HTTP2: &http.HTTP2Config{
			MaxReceiveBufferPerStream: window, SendPingTimeout: pingAfter, PingTimeout: pingWithin,
		},
	}, nil
}
