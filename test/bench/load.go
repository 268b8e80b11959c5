package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// load is the traffic of one kind of client.
type load struct {
	address string // where it dials
	url     string // what it asks for
	roots   *x509.CertPool
	workers int
	cookie  string // besides those of every browser; empty for a stranger
}

func (l load) client() *http.Client {
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", l.address)
			},
			TLSClientConfig:     &tls.Config{RootCAs: l.roots, MinVersion: tls.VersionTLS13},
			MaxIdleConnsPerHost: l.workers, MaxConnsPerHost: l.workers, DisableCompression: true,
		},
	}
}

// headers are those that a browser sends with each request.
var headers = map[string]string{
	"User-Agent":                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	"Accept":                    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
	"Accept-Language":           "en-GB,en;q=0.5",
	"Upgrade-Insecure-Requests": "1",
	"Sec-Fetch-Dest":            "document",
	"Sec-Fetch-Mode":            "navigate",
	"Sec-Fetch-Site":            "same-origin",
	"Cookie":                    "theme=dark; session=3f1c9a; lang=en",
}

// run sends n requests over the client's kept connections and wants 200 each time.
func (l load) run(ctx context.Context, c *http.Client, n int) error {
	var left atomic.Int64
	left.Store(int64(n))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers sync.WaitGroup
	for range l.workers {
		workers.Go(func() {
			for left.Add(-1) >= 0 && ctx.Err() == nil {
				if err := l.one(ctx, c); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

func (l load) one(ctx context.Context, c *http.Client) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url, http.NoBody)
	if err != nil {
		return err
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	if l.cookie != "" {
		r.Header.Set("Cookie", headers["Cookie"]+"; "+l.cookie)
	}
	answer, err := c.Do(r)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK || n != bodySize {
		return fmt.Errorf("%s answered %d with %d bytes", l.url, answer.StatusCode, n)
	}
	return nil
}
