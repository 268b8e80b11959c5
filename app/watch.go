package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/store"
)

// readyWithin bounds what /readyz asks the database.
const readyWithin = 2 * time.Second

var errDatabaseSlow = errors.New("the database took too long")

// watchServer is the admin listener: what a monitoring system on this machine asks. It carries numbers, and no data of
// anybody.
func watchServer(m *metrics, db *store.DB, stopping <-chan struct{}, log *slog.Logger) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(newRegistry(m), promhttp.HandlerOpts{MaxRequestsInFlight: 2, Timeout: 10 * time.Second}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		faults := unready(r.Context(), m.health(), db)
		select {
		case <-stopping:
			faults = append(faults, "it is stopping")
		default:
		}
		if len(faults) == 0 {
			say(w, http.StatusOK, "ok")
			return
		}
		say(w, http.StatusServiceUnavailable, strings.Join(faults, "\n"))
	})
	return &http.Server{
		Handler: local127(mux), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // a client that has gone needs no answer
}

// unready says why this node should get no requests now. Causes are for the log: they can name hosts and paths.
func unready(ctx context.Context, h event.Health, db *store.DB) []string {
	var faults []string
	if !h.Writable {
		faults = append(faults, "the record cannot be written")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, errDatabaseSlow)
	defer cancel()
	if err := db.Ping(ctx); err != nil {
		faults = append(faults, "the database does not answer")
	}
	return faults
}

// local127 answers only to names of this machine: a page that resolves its own name to a loopback address (DNS
// rebinding) reads nothing.
func local127(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if host != "localhost" && (err != nil || !addr.IsLoopback()) {
			say(w, http.StatusMisdirectedRequest, "ask for 127.0.0.1")
			return
		}
		next.ServeHTTP(w, r)
	})
}
