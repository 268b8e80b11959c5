package store_test

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestAPostgresThatDoesNotAnswerIsNamed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	closing(t, listener)
	for _, dsn := range []string{
		"postgres://tenward:hunter2@" + address + "/tenward",
		"host=" + t.TempDir() + " user=tenward password=hunter2 dbname=tenward",
	} {
		_, err := store.Open(t.Context(), store.Options{Postgres: dsn})
		wantProblem(t, err, "store.postgres.unreachable")
		wantSilence(t, err, "hunter2")
	}
}

func TestAPostgresThatRefusesIsQuotedInOurWords(t *testing.T) {
	dsn := storetest.Postgres(t)
	db := storetest.Open(t, store.Options{Postgres: dsn})
	guest := "guest_" + dsn[strings.LastIndex(dsn, "=")+1:] // roles belong to the server, which other tests share
	exec(t, db, "CREATE ROLE "+guest+" LOGIN")
	cases := []struct{ name, dsn, code string }{
		{"no such database", dsn + "_missing", "store.postgres.missing"},
		{"no such user", strings.Replace(dsn, "user=postgres", "user=test_nobody", 1), "store.postgres.refused"},
		{"a user without rights", strings.Replace(dsn, "user=postgres", "user="+guest, 1), "store.postgres.forbidden"},
		{"read-only", dsn + " default_transaction_read_only=on", "store.postgres.readonly"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := store.Open(t.Context(), store.Options{Postgres: c.dsn})
			wantProblem(t, err, c.code)
		})
	}
}

func TestAMalformedConnectionStringIsNotQuoted(t *testing.T) {
	for _, dsn := range []string{"postgres://u:hunter2:x@db:port/x", "password: hunter2",
		"password=hunter2 nonsense", "host=db password=hunter2 sslmode=maybe",
		"host=db password=hunter2 sslmode=verify-full sslrootcert=/missing"} {
		_, err := store.Open(t.Context(), store.Options{Postgres: dsn})
		wantProblem(t, err, "store.postgres.malformed")
		wantSilence(t, err, "hunter2")
	}
}

// wantSilence checks that neither the problem nor its cause, which is for the log, gives the password away.
func wantSilence(t *testing.T, err error, password string) {
	t.Helper()
	p := problem.Of(err)
	if text := fmt.Sprint(p, p.Unwrap()); strings.Contains(text, password) {
		t.Errorf("the password is in %q", text)
	}
}

// The server's name is in the reserved domain: a connection that is not refused at once fails to resolve.
func TestAConnectionThatWouldNotProveWhoAnswersIsRefused(t *testing.T) {
	const refused, tried = "store.postgres.unverified", "store.postgres.unreachable"
	cases := []struct{ name, dsn, code string }{
		{"nothing said", "postgres://tenward@db.invalid/tenward", refused},
		{"disable", "postgres://tenward@db.invalid/tenward?sslmode=disable", refused},
		{"prefer", "postgres://tenward@db.invalid/tenward?sslmode=prefer", refused},
		{"require", "postgres://tenward@db.invalid/tenward?sslmode=require", refused},
		{"an address of the network", "postgres://tenward@192.0.2.1/tenward?sslmode=disable", refused},
		{"a second server unverified", "host=localhost,db.invalid user=tenward dbname=tenward sslmode=prefer", refused},
		{"verify-full", "postgres://tenward@db.invalid/tenward?sslmode=verify-full", tried},
		{"verify-ca", "postgres://tenward@db.invalid/tenward?sslmode=verify-ca", tried},
		{"loopback", "postgres://tenward@[::1]:1/tenward", tried},
		{"loopback by name", "postgres://tenward@localhost:1/tenward", tried},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := store.Open(t.Context(), store.Options{Postgres: c.dsn})
			wantProblem(t, err, c.code)
		})
	}
}
