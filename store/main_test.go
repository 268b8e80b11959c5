package store_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// The test binary runs itself as a second process for what one process cannot show: being killed, and beginning at the
// same time as another.
func TestMain(m *testing.M) {
	if part := os.Getenv("TENWARD_STORE_TEST"); part != "" {
		os.Exit(secondProcess(part))
	}
	os.Exit(m.Run())
}

// wantProblem checks that err is the problem with the code, that it has a next step, and that it says all of that.
func wantProblem(t *testing.T, err error, code string, says ...string) {
	t.Helper()
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok {
		t.Fatalf("got %v, want a problem %s", err, code)
	}
	if p.Code != code || p.Next == "" {
		t.Fatalf("got problem %s (%v), want %s with a next step", p.Code, p, code)
	}
	for _, text := range says {
		if !strings.Contains(p.Error(), text) {
			t.Errorf("%q does not say %q", p, text)
		}
	}
}

func count(t *testing.T, db *store.DB, query string, args ...any) int {
	t.Helper()
	var n int
	if err := db.QueryRow(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func exec(t *testing.T, db *store.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), query, args...); err != nil {
		t.Fatal(err)
	}
}

var each, eachOptions = storetest.Each, storetest.EachOptions
