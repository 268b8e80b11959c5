package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/store"
)

const (
	host     = "notes.test"
	bodySize = 1 << 10
)

// serve is one of the measured processes, until a signal.
func serve(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch {
	case len(args) == 1 && args[0] == "upstream":
		return serveUpstream(ctx)
	case len(args) == 3 && args[0] == "proxy":
		return serveProxy(ctx, args[1], args[2])
	case len(args) == 3 && args[0] == "road":
		return serveRoad(ctx, args[1], args[2])
	default:
		return fmt.Errorf("nothing is called %q", args)
	}
}

// until serves and says where, until ctx ends.
func until(ctx context.Context, serve func(net.Listener) error, shut func() error) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(l) }()
	fmt.Fprintln(os.Stdout, l.Addr())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return shut()
	}
}

// serveUpstream is the application: 1 KB for every path.
func serveUpstream(ctx context.Context) error {
	body := bytes.Repeat([]byte("0123456789abcdef"), bodySize/16)
	s := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write(body) // the client counts
	})}
	return until(ctx, s.Serve, s.Close)
}

// serveProxy is the peer: the standard library's reverse proxy, bare, over a transport tuned as the gate's is.
func serveProxy(ctx context.Context, upstream, dir string) error {
	target, err := url.Parse(upstream)
	if err != nil {
		return err
	}
	cert, err := peerCertificate(filepath.Join(dir, "peer.pem"))
	if err != nil {
		return err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.SetXForwarded() },
		Transport: &http.Transport{
			MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second, ResponseHeaderTimeout: time.Minute,
			DisableCompression: true, WriteBufferSize: 16 << 10, ReadBufferSize: 16 << 10, Protocols: protocols,
		},
	}
	s := &http.Server{Handler: proxy, ReadHeaderTimeout: time.Minute, TLSConfig: &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert},
	}}
	return until(ctx, func(l net.Listener) error { return s.ServeTLS(l, "", "") }, s.Close)
}

// peerCertificate makes a certificate with the kind of key that Tenward's have, and leaves it in a file for the client.
func peerCertificate(file string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	err = os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// serveRoad is Tenward with everything on but the rules over requests: the same parts in the same order as in app.
func serveRoad(ctx context.Context, upstream, dir string) (err error) {
	var target config.Upstream
	if err := target.UnmarshalText([]byte(upstream)); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{Data: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	secrets := db.Secrets(store.NewMasterKey())
	key, err := event.NewSigningKey("a")
	if err != nil {
		return err
	}
	signing, err := event.ParseSigningKey(key)
	if err != nil {
		return err
	}
	record, err := event.Open(ctx, filepath.Join(dir, "record"), event.Options{Node: "a", Signing: signing, Keys: newKeys()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	certs, err := encryption.New(ctx, secrets, []string{host}, time.Now)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "road.pem"), certs.AuthorityPEM(), 0o600); err != nil {
		return err
	}
	stages := monitoring.New(monitoring.Config{Plain: monitoring.Refuse}, record.Health, time.Now).Practice().Stages
	people, err := newHouse(ctx, db, secrets, record)
	if err != nil {
		return err
	}
	stages = append(append(stages, people.authentication.Practice().Stages...), people.access.Practice().Stages...)
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	g, err := gate.New(gate.Options{
		Services: gate.Services(map[string]*gate.ServiceConfig{"notes": {
			Hosts: []config.HostName{host}, Path: "/", Upstream: target, Public: []config.PathPattern{"/**"},
		}}),
		Stages: stages, Limits: gate.SafeLimits(), Record: record, Log: log, Now: time.Now, Hold: people.sessions.Hold,
	})
	if err != nil {
		return err
	}
	s := gate.NewServer(gate.NewFront(g), certs.TLSConfig(), gate.SafeLimits(), log) //nolint:contextcheck // it lasts until Shutdown
	return until(ctx, s.Serve, func() error { return s.Shutdown(context.WithoutCancel(ctx)) })
}
