// Package grpc has a real gRPC client speak to a real gRPC server with the real program between them.
//
// It is a module of its own, so that nobody who builds Tenward downloads any of what it needs.
package grpc

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	wire "google.golang.org/grpc/interop/grpc_testing"
)

// world is the program in front of one application, which it reaches in the clear, and over TLS in two places.
type world struct {
	folder, program, gate string
	app                   *service
	roots                 *x509.CertPool
	stops                 []func()
}

var here *world

func TestMain(m *testing.M) {
	w := &world{app: &service{left: make(chan struct{}, 1)}}
	code := 1
	if err := w.start(); err != nil {
		fmt.Fprintln(os.Stderr, "gRPC tests:", err)
	} else {
		here = w
		code = m.Run()
	}
	for i := len(w.stops) - 1; i >= 0; i-- {
		w.stops[i]()
	}
	os.Exit(code)
}

const configuration = `
data: data
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.example.test}
console: {host: console.example.test, listen: "127.0.0.1:0"}
services:
  plain: {hosts: [plain.example.test], upstream: "h2c://PLAIN", grpc: true, public: ["/grpc.testing.TestService/**"]}
  secure:
    hosts: [secure.example.test]
    upstreams: [{url: "https://SECURE"}, {url: "https://SECOND"}]
    balance: least-connections
    tls: {ca: app.pem, name: app.example.test}
    grpc: true
    public: ["/**"]
`

func (w *world) start() (err error) {
	if w.folder, err = os.MkdirTemp("", "tenward-grpc"); err != nil {
		return err
	}
	w.stops = append(w.stops, func() { _ = os.RemoveAll(w.folder) })
	w.program = filepath.Join(w.folder, "tenward")
	build := exec.Command("go", "build", "-o", w.program, ".")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build tenward: %w\n%s", err, out)
	}
	own, err := w.certify()
	if err != nil {
		return err
	}
	plain, err := w.serve()
	if err != nil {
		return err
	}
	secure, err := w.serve(grpc.Creds(credentials.NewServerTLSFromCert(own)))
	if err != nil {
		return err
	}
	second, err := w.serve(grpc.Creds(credentials.NewServerTLSFromCert(own)))
	if err != nil {
		return err
	}
	text := strings.NewReplacer("PLAIN", plain, "SECURE", secure, "SECOND", second).Replace(configuration)
	if err := os.WriteFile(filepath.Join(w.folder, "tenward.yaml"), []byte(text), 0o600); err != nil {
		return err
	}
	return w.run()
}

// serve has the application listen.
func (w *world) serve(o ...grpc.ServerOption) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := grpc.NewServer(o...)
	wire.RegisterTestServiceServer(s, w.app)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	w.stops = append(w.stops, func() { s.Stop(); <-done })
	return l.Addr().String(), nil
}

// certify makes the application's certificate, and writes it where the configuration looks for it.
func (w *world) certify() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	of := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"app.example.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, os.WriteFile(filepath.Join(w.folder, "app.pem"), text, 0o600)
}

// run starts the program and waits until it is ready.
func (w *world) run() error {
	cmd := exec.Command(w.program, "serve", "-c", filepath.Join(w.folder, "tenward.yaml"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	said, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	w.stops = append(w.stops, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // it was interrupted
	})
	in, log := bufio.NewScanner(said), ""
	for w.gate == "" {
		if !in.Scan() {
			return errors.New("tenward does not start: " + log)
		}
		log += in.Text() + "\n"
		if m := regexp.MustCompile(`msg=ready https=(\S+)`).FindStringSubmatch(in.Text()); m != nil {
			w.gate = m[1]
		}
	}
	go func() {
		for in.Scan() {
			fmt.Fprintln(os.Stderr, in.Text())
		}
	}()
	authority, err := os.ReadFile(filepath.Join(w.folder, "data", "ca.pem"))
	if err != nil {
		return err
	}
	w.roots = x509.NewCertPool()
	if !w.roots.AppendCertsFromPEM(authority) {
		return errors.New("ca.pem holds no certificate")
	}
	return nil
}

// dial connects to the gate as one of its hosts.
func (w *world) dial(t *testing.T, host string) *grpc.ClientConn {
	t.Helper()
	c, err := grpc.NewClient("passthrough:///"+w.gate, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{RootCAs: w.roots, ServerName: host, MinVersion: tls.VersionTLS13})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// client calls the application through it.
func (w *world) client(t *testing.T, host string) (wire.TestServiceClient, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return wire.NewTestServiceClient(w.dial(t, host)), ctx
}
