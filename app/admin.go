package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The admin socket is how commands on this machine speak to the running gate: the console's API over a unix
// socket that only the same user and root may use.

func adminSocket(data string) string { return filepath.Join(data, "admin.sock") }

type peerKey struct{}

// listenAdmin makes the socket. A socket left behind by a killed process is replaced: the data folder's lock
// has shown that nobody serves it.
func listenAdmin(ctx context.Context, data string) (net.Listener, error) {
	path := adminSocket(data)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove old admin socket: %w", err)
	}
	// The folder is 0700, so nobody can come in between the two calls.
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("open admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect admin socket: %w", err), l.Close())
	}
	return l, nil
}

// adminServer answers only root and the user that runs the gate, whatever the file's mode says.
func adminServer(api http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if allowed, _ := r.Context().Value(peerKey{}).(bool); !allowed {
				http.Error(w, "only root and the user that runs tenward may ask here", http.StatusForbidden)
				return
			}
			api.ServeHTTP(w, r)
		}),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, trustedPeer(c))
		},
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// trustedPeer asks the kernel who is at the other end (unix(7), SO_PEERCRED).
func trustedPeer(c net.Conn) bool {
	conn, ok := c.(*net.UnixConn)
	if !ok {
		return false
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil || credErr != nil {
		return false
	}
	return cred.Uid == 0 || int(cred.Uid) == os.Getuid()
}

// adminClient speaks to the gate that runs on this data folder.
func adminClient(data string) *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", adminSocket(data))
		}},
	}
}
