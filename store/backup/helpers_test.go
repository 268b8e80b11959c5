package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)

// The test binary runs itself as a second process for what one process cannot show: being killed, and a full disk.
func TestMain(m *testing.M) {
	if part := os.Getenv("TENWARD_BACKUP_TEST"); part != "" {
		os.Exit(secondProcess(part))
	}
	os.Exit(m.Run())
}

// fakeRecord is a record's files as they are named.
type fakeRecord map[string][]byte

func (f fakeRecord) Extent() (events, leaves uint64) { return 7, 2 }

func (f fakeRecord) Each(give func(string, io.Reader) error) error {
	names := make([]string, 0, len(f))
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := give(name, bytes.NewReader(f[name])); err != nil {
			return err
		}
	}
	return nil
}

func smallRecord() fakeRecord {
	return fakeRecord{
		"key.pub": []byte("tenward/a+01020304+AAAA\n"), "log/checkpoint": []byte("tenward/a\n2\nAAAA\n"),
		"log/tile/entries/000.p/2": []byte("leaves"), "log/tile/0/000.p/2": bytes.Repeat([]byte{1}, 64),
		"log/tile/entries/x001/234": {}, "00000000000000000001.seg": bytes.Repeat([]byte("TENWARD\n"), 90_000),
	}
}

func source(db *store.DB, key store.MasterKey, record Files) Source {
	s := Source{Key: key, DB: db, Node: "a", Version: "v1.2.3", Reason: Asked, Now: func() time.Time { return noon }}
	if record != nil {
		s.Record = func(context.Context) (Files, error) { return record, nil }
	}
	return s
}

func written(tb testing.TB, s Source) []byte {
	tb.Helper()
	var b bytes.Buffer
	if _, _, err := Write(tb.Context(), &b, s); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func exec(tb testing.TB, db *store.DB, query string, args ...any) {
	tb.Helper()
	if _, err := db.Exec(tb.Context(), query, args...); err != nil {
		tb.Fatal(err)
	}
}

func count(tb testing.TB, db *store.DB, query string, args ...any) int {
	tb.Helper()
	var n int
	if err := db.QueryRow(tb.Context(), query, args...).Scan(&n); err != nil {
		tb.Fatal(err)
	}
	return n
}

// lived is a database with something of everything in it.
func lived(t *testing.T, db *store.DB, key store.MasterKey) {
	t.Helper()
	exec(t, db, `INSERT INTO identity_person (id, kind, account, name, email, locale, state, created_at, updated_at)
		VALUES ('p1', 'person', 'ada', 'Ada ünïcode 漢', '', 'en', 'active', -5, 9223372036854775807)`)
	exec(t, db, "INSERT INTO identity_group (id, name, created_at) VALUES ('g1', 'a''b;--', 0)")
	exec(t, db, "INSERT INTO identity_member (group_id, person_id) VALUES ('g1', 'p1')")
	exec(t, db, "INSERT INTO access_grant (id, group_id, role, set_by, created_at, ends_at) VALUES ('r1', 'g1', 'reader', 'me', 1, 0)")
	exec(t, db, `INSERT INTO identity_session (id, person_id, strength, address, agent, began_at, seen_at, ends_at)
		VALUES ('s1', 'p1', 2, '192.0.2.1', 'x', 1, 2, 3)`)
	exec(t, db, "INSERT INTO identity_token (hash, session_id, face, host) VALUES ($1, 's1', 'portal', 'h')", []byte{0, 255, 1})
	exec(t, db, "INSERT INTO validation_exclusion (id, version, state, service, rule, target, path, reason, set_by, created_at) VALUES ('e', 3, 'accepted', 's', 942100, 'ARGS:q', '/**', '', 'me', 1)")
	for i := range 250 {
		exec(t, db, "INSERT INTO event_outbox (id, node, body, created_at) VALUES ($1, 'a', $2, $3)", fmt.Sprint("o", i), bytes.Repeat([]byte{byte(i)}, i*20), i)
	}
	if err := db.Secrets(key).Put(t.Context(), "test/secret", []byte("open sesame")); err != nil {
		t.Fatal(err)
	}
}

// rows are all rows of all tables, as one text.
func rows(t *testing.T, db *store.DB) string {
	t.Helper()
	var all []string
	if err := db.View(t.Context(), func(tx *store.Tx) error {
		tables, err := db.Tables(t.Context(), tx)
		if err != nil {
			return err
		}
		applied, err := db.Applied(t.Context(), tx)
		if err != nil {
			return err
		}
		all = append(all, fmt.Sprint(applied))
		for _, table := range tables {
			values, places := make([]any, len(table.Columns)), make([]any, len(table.Columns))
			for i := range values {
				places[i] = &values[i]
			}
			found, err := tx.Query(t.Context(), "SELECT * FROM "+table.Name)
			if err != nil {
				return err
			}
			for found.Next() {
				if err := found.Scan(places...); err != nil {
					return errors.Join(err, found.Close())
				}
				for i, v := range values {
					if b, ok := v.([]byte); ok {
						values[i] = append([]byte{}, b...) // no bytes are the same as none
					}
				}
				all = append(all, fmt.Sprintf("%s %#v", table.Name, values))
			}
			if err := errors.Join(found.Err(), found.Close()); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// target is an empty place.
func target(t *testing.T, key store.MasterKey, o store.Options) Target {
	t.Helper()
	data := o.Data
	if data == "" {
		data = t.TempDir()
	}
	return Target{Key: key, Name: "x.backup", Data: data, Database: o}
}

func restore(t *testing.T, b []byte, to Target) error {
	t.Helper()
	_, _, err := Restore(t.Context(), bytes.NewReader(b), to)
	return err
}

func wantProblem(t *testing.T, err error, code string, says ...string) {
	t.Helper()
	p := problem.Of(err)
	if err == nil || p.Code != code || p.Next == "" {
		t.Fatalf("got %v (%s), want %s with a next step", err, p.Code, code)
	}
	for _, text := range says {
		if !strings.Contains(p.Sentence+" "+p.Next, text) {
			t.Errorf("%q does not say %q", p.Sentence+" "+p.Next, text)
		}
	}
}

// wantEmpty says that nothing stands in the place.
func wantEmpty(t *testing.T, to Target) {
	t.Helper()
	entries, err := os.ReadDir(to.Data)
	if err != nil || len(entries) > 0 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
	if err := store.Vacant(t.Context(), to.Database); err != nil {
		t.Errorf("the database has something: %v", err)
	}
}

// digest is a folder's files by name and content.
func digest(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		sum := sha256.Sum256(b)
		rel, _ := filepath.Rel(dir, path)
		found[filepath.ToSlash(rel)] = hex.EncodeToString(sum[:])
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

var eachOptions = storetest.EachOptions
