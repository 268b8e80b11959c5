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
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/practice"
)

// The admin socket is how commands on this machine speak to the running gate: the console's API over a unix
// socket that only the same user and root may use.

func adminSocket(data string) string { return filepath.Join(data, "admin.sock") }

type peerKey struct{}

// peer is who is at the other end of the socket.
type peer struct {
	uid     uint32
	trusted bool
}

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
			who, _ := r.Context().Value(peerKey{}).(peer)
			if !who.trusted {
				http.Error(w, "only root and the user that runs tenward may ask here", http.StatusForbidden)
				return
			}
			actor := "uid " + strconv.FormatUint(uint64(who.uid), 10)
			ctx := practice.WithRole(practice.WithActor(r.Context(), actor), practice.RoleOwner) // whoever has the machine may all
			api.ServeHTTP(w, r.WithContext(ctx))
		}),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, peerOf(c))
		},
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// peerOf asks the kernel who is at the other end (unix(7), SO_PEERCRED). Whoever it cannot name is not trusted.
func peerOf(c net.Conn) peer {
	conn, ok := c.(*net.UnixConn)
	if !ok {
		return peer{}
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return peer{}
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil || credErr != nil {
		return peer{}
	}
	return peer{cred.Uid, cred.Uid == 0 || int(cred.Uid) == os.Getuid()}
}

// adminClient speaks to the gate that runs on this data folder. How long an answer may take the caller says.
func adminClient(data string) *http.Client {
	return &http.Client{
		Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", adminSocket(data))
		}},
	}
}
