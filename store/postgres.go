package store

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/tenward/tenward/problem"
)

const (
	// pool is how many connections one node opens at most: PostgreSQL allows 100 by default, for all nodes together.
	pool = 16
	// connectTimeout ends the wait for a server that does not answer, where the connection string says nothing else.
	connectTimeout = 5 * time.Second
	// connectionAge is when a connection is replaced, so that nodes come back to a server after it has moved.
	connectionAge = 30 * time.Minute
)

func (db *DB) openPostgres(dsn string) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// The parser's error may quote the password; it is left out, also of the log.
		return problem.New("store.postgres.malformed", "The PostgreSQL connection string cannot be read.",
			"Write it like postgres://tenward@db.example.com/tenward?sslmode=verify-full; the files that it names must exist.")
	}
	db.dialect, db.place = postgres, postgresPlace(config)
	hops := []hop{{config.Host, config.TLSConfig}}
	for _, f := range config.Fallbacks {
		hops = append(hops, hop{f.Host, f.TLSConfig})
	}
	for _, h := range hops {
		if !h.trusted() {
			return problem.New("store.postgres.unverified",
				fmt.Sprintf("The connection to PostgreSQL at %s would not prove who answers.", h.host),
				"Add sslmode=verify-full to the connection string, and sslrootcert=FILE when the server's certificate comes from your own CA.")
		}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "tenward"
	}
	db.write = stdlib.OpenDB(*config)
	db.write.SetMaxOpenConns(pool)
	db.write.SetMaxIdleConns(pool)
	db.write.SetConnMaxLifetime(connectionAge)
	db.read = db.write
	return nil
}

// postgresPlace names the database without user and password.
func postgresPlace(c *pgx.ConnConfig) string {
	return net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))) + "/" + c.Database
}

// hop is one way to the server that the driver may take.
type hop struct {
	host string
	tls  *tls.Config
}

// trusted tells whether nobody in between can read or answer: a socket or loopback, or TLS that verifies the server.
// The driver's own default would fall back to plain text when the server, or somebody in its place, asks for it.
func (h hop) trusted() bool {
	if filepath.IsAbs(h.host) || h.host == "localhost" {
		return true
	}
	if addr, err := netip.ParseAddr(h.host); err == nil && addr.IsLoopback() {
		return true
	}
	return h.tls != nil && (!h.tls.InsecureSkipVerify || h.tls.VerifyPeerCertificate != nil)
}
