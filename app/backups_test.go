package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/backup"
	"github.com/tenward/tenward/store/storetest"
)

// keeper is a node with a database and a record, whose clock the test sets.
type keeper struct {
	*backups
	c     *Config
	at    time.Time
	kinds func() []string // of the record's events
}

func newKeeper(t *testing.T, o store.Options) *keeper {
	t.Helper()
	k := &keeper{c: new(Config), at: time.Now()}
	k.c.Defaults()
	k.c.Data = t.TempDir()
	k.c.Backup.Folder = filepath.Join(k.c.Data, "backups")
	db, key := storetest.Open(t, o), store.NewMasterKey()
	h := &house{node: "a", data: k.c.Data, log: slog.New(slog.DiscardHandler), db: db, secrets: db.Secrets(key)}
	signing, err := signingKey(t.Context(), h.secrets, "a")
	if err != nil {
		t.Fatal(err)
	}
	h.record, err = event.Open(t.Context(), recordFolder(k.c.Data), event.Options{
		Node: "a", Signing: signing, Keys: newRecordKeys(h.secrets), Cursors: db, CheckpointEvery: time.Millisecond, Gather: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.record.Close() })
	k.kinds = func() (seen []string) {
		end := h.record.Health().Durable
		ctx, done := context.WithCancel(t.Context())
		defer done()
		if err := h.record.Follow(ctx, "test", func(_ context.Context, batch []*event.Event) error {
			for _, e := range batch {
				seen = append(seen, e.Kind)
			}
			if batch[len(batch)-1].Seq >= end {
				done()
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return seen
	}
	k.backups = &backups{house: h, key: key, now: func() time.Time { return k.at }}
	return k
}

func (k *keeper) kept(t *testing.T) int {
	t.Helper()
	all, err := k.c.shelf().List("a", backup.Scheduled)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestABackupIsMadeWhenOneIsDue(t *testing.T) {
	storetest.EachOptions(t, func(t *testing.T, o store.Options) {
		k := newKeeper(t, o)
		k.c.Backup.Keep = 2
		for _, step := range []struct {
			later time.Duration
			want  int
		}{{0, 1}, {23 * time.Hour, 1}, {2 * time.Hour, 2}, {time.Hour, 2}, {24 * time.Hour, 2}} {
			k.at = k.at.Add(step.later)
			if err := k.due(t.Context(), k.c); err != nil {
				t.Fatal(err)
			}
			if n := k.kept(t); n != step.want {
				t.Errorf("%s later %d are kept, want %d", step.later, n, step.want)
			}
		}
		seen := k.seen(k.c)
		if made, err := seen.Newest(); err != nil || k.at.Sub(made) > time.Second {
			t.Errorf("the newest was made at %s, %v", made, err)
		}
		if held, err := seen.Read(t.Context()); err != nil || held == nil {
			t.Errorf("the newest holds %v, %v", held, err)
		}
		if got := strings.Join(k.kinds(), " "); strings.Count(got, kindBackupMade) != 3 {
			t.Errorf("the record has %s", got)
		}
		k.c.Backup.Every = 0
		k.at = k.at.Add(time.Hour * 1000)
		if err := k.due(t.Context(), k.c); err != nil || k.kept(t) != 2 {
			t.Errorf("switched off it makes one: %v", err)
		}
	})
}

func TestThatNoneCanBeMadeIsSaidOnceAndTriedAgain(t *testing.T) {
	k := newKeeper(t, store.Options{Data: t.TempDir()})
	if err := os.WriteFile(k.c.Backup.Folder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := k.due(t.Context(), k.c); err == nil {
			t.Fatal("it was made in a folder that is a file")
		}
	}
	if k.seen(k.c).Failed() == nil {
		t.Error("the check is not told")
	}
	if got := strings.Join(k.kinds(), " "); got != kindBackupFailed {
		t.Errorf("the record has %q", got)
	}
	if err := os.Remove(k.c.Backup.Folder); err != nil {
		t.Fatal(err)
	}
	if err := k.due(t.Context(), k.c); err != nil || k.seen(k.c).Failed() != nil {
		t.Errorf("with the folder mended: %v, %v", err, k.seen(k.c).Failed())
	}
}

func TestOneBackupAtATimeAndNoneWhileStopping(t *testing.T) {
	k := newKeeper(t, store.Options{Data: t.TempDir()})
	ctx, end, err := k.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	k.stream(w, httptest.NewRequest(http.MethodPost, backupPath, nil))
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "app.backup.busy") {
		t.Errorf("a second one is answered %d %s", w.Code, w.Body)
	}
	if err := k.due(t.Context(), k.c); !errors.Is(err, errBackupBusy) {
		t.Errorf("the clock's says %v", err)
	}
	go func() { <-ctx.Done(); end() }()
	if err := k.close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(context.Cause(ctx), errStopping) {
		t.Errorf("the one under way ends because of %v", context.Cause(ctx))
	}
	if _, _, err := k.begin(t.Context()); !errors.Is(err, errStopping) {
		t.Errorf("while stopping another begins: %v", err)
	}
}

// A database that goes in the middle: half a backup has left, and its trailer says that it is none.
func TestHalfABackupIsSaidToBeNone(t *testing.T) {
	k := newKeeper(t, store.Options{Data: t.TempDir()})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.stream(w, r.WithContext(practice.WithActor(r.Context(), "uid 0")))
	}))
	defer server.Close()
	fetch := func() error {
		answer, err := server.Client().Post(server.URL, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close() //nolint:errcheck // it was only read
		from := &metered{Reader: answer.Body}
		for err == nil {
			_, err = from.Read(make([]byte, 64<<10))
		}
		_, err = outcomeOf(answer)
		return err
	}
	if err := fetch(); err != nil {
		t.Fatal(err)
	}
	if err := k.house.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := fetch(); err == nil {
		t.Fatal("without a database a backup was made")
	}
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20))
		panic(http.ErrAbortHandler)
	}))
	defer cut.Close()
	server = cut
	if err := fetch(); problem.Of(err).Code != "app.backup.cut" {
		t.Errorf("a process that ended in the middle: %v", err)
	}
}

// Whose key was made after the database's moment would read as lost.
func TestABackupHasEveryKeyOfItsRecord(t *testing.T) {
	storetest.EachOptions(t, func(t *testing.T, o store.Options) {
		k := newKeeper(t, o)
		if err := k.house.record.Append(t.Context(), started()); err != nil {
			t.Fatal(err)
		}
		if err := k.house.db.View(t.Context(), func(tx *store.Tx) error {
			if ok, err := k.complete(t.Context(), tx); !ok || err != nil {
				t.Errorf("with all keys there it says %v, %v", ok, err)
			}
			if err := k.house.secrets.Put(t.Context(), keySecret+"20991231", []byte("x")); err != nil {
				return err
			}
			if ok, err := k.complete(t.Context(), tx); ok || err != nil {
				t.Errorf("with a key that is newer than the moment it says %v, %v", ok, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// older makes a database as the Tenward of before this one's last change had it.
func older(t *testing.T, o store.Options) []store.Applied {
	t.Helper()
	var applied []store.Applied
	newest := storetest.Memory(t)
	if err := newest.View(t.Context(), func(tx *store.Tx) (err error) {
		applied, err = newest.Applied(t.Context(), tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	applied = applied[:len(applied)-1]
	if err := store.Fill(t.Context(), o, applied, func(tx *store.Tx, _ []store.Table) error {
		_, err := tx.Exec(t.Context(), "INSERT INTO event_cursor (reader, position, updated_at) VALUES ('before', 7, 0)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return applied
}

func TestBeforeAnUpdateTheDatabaseIsBackedUpAndCanGoBack(t *testing.T) {
	storetest.EachOptions(t, func(t *testing.T, o store.Options) {
		applied := older(t, o)
		c := new(Config)
		c.Defaults()
		c.Backup.Folder = filepath.Join(t.TempDir(), "backups")
		b := &backups{house: &house{log: slog.New(slog.DiscardHandler)}, key: store.NewMasterKey(), now: time.Now}
		o.Before = b.before(c)

		if err := os.WriteFile(c.Backup.Folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), o); problem.Of(err).Code != "app.update.unsaved" || problem.Of(err).Next == "" {
			t.Fatalf("with no place for a backup it says %v", err)
		}
		if err := os.Remove(c.Backup.Folder); err != nil {
			t.Fatal(err)
		}
		db, err := store.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		all, err := backup.Shelf{Folder: c.Backup.Folder}.List("a", backup.Update)
		if err != nil || len(all) != 1 {
			t.Fatalf("there are %v, %v: the update that was refused must have changed nothing", all, err)
		}

		f, err := os.Open(all[0].Path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		back := store.Options{Data: t.TempDir()}
		m, _, err := backup.Restore(t.Context(), f, backup.Target{Key: b.key, Data: back.Data, Database: back})
		if err != nil || len(m.Applied) != len(applied) || m.Record != nil {
			t.Fatalf("%+v, %v", m, err)
		}
		var asked store.Update
		back.Before = func(_ context.Context, _ *store.DB, u store.Update) error { asked = u; return nil }
		again := storetest.Open(t, back)
		if asked.From != len(applied) || asked.To != len(applied)+1 {
			t.Errorf("what came back had gone through %d changes, want %d", asked.From, len(applied))
		}
		if next, _, err := again.Cursor(t.Context(), "before"); next != 7 || err != nil {
			t.Errorf("its row says %d, %v", next, err)
		}
	})
}

// A restore must not bring back who was signed out, or a link that was used.
func TestWhatEndedSinceDoesNotComeBack(t *testing.T) {
	k := newKeeper(t, store.Options{Data: t.TempDir()})
	for _, q := range []string{
		"INSERT INTO identity_person (id, kind, account, name, email, locale, state, created_at, updated_at) VALUES ('p', 'person', 'ada', '', '', '', 'active', 0, 0)",
		"INSERT INTO identity_session (id, person_id, strength, address, agent, began_at, seen_at, ends_at) VALUES ('s', 'p', 2, '', '', 0, 0, 1)",
		"INSERT INTO identity_token (hash, session_id, face, host) VALUES ('t', 's', 'portal', 'h')",
		"INSERT INTO event_outbox (id, node, body, created_at) VALUES ('x', 'a', '{}', 5)",
	} {
		if _, err := k.house.db.Exec(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "x")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	if _, _, err := backup.Write(t.Context(), f, k.source(backup.Asked)); err != nil {
		t.Fatal(err)
	}
	storetest.EachOptions(t, func(t *testing.T, o store.Options) {
		data := o.Data
		if data == "" {
			data = t.TempDir()
		}
		to := backup.Target{Key: k.key, Data: data, Database: o, Verify: soundRecord, Also: func(ctx context.Context, m *backup.Manifest, tx *store.Tx, tables []store.Table) error {
			return afterRestore(ctx, "a", m, tx, tables, time.Now())
		}}
		if _, _, err := backup.Restore(t.Context(), f, to); err != nil {
			t.Fatal(err)
		}
		db := storetest.Open(t, o)
		for query, want := range map[string]int{
			"SELECT count(*) FROM identity_person": 1, "SELECT count(*) FROM identity_session": 0, "SELECT count(*) FROM identity_token": 0,
			"SELECT count(*) FROM event_outbox": 2,
		} {
			var n int
			if err := db.QueryRow(t.Context(), query).Scan(&n); err != nil || n != want {
				t.Errorf("%s: %d, %v; want %d", query, n, err, want)
			}
		}
		var first string
		if err := db.QueryRow(t.Context(), "SELECT body FROM event_outbox ORDER BY created_at LIMIT 1").Scan(&first); err != nil || !strings.Contains(first, "app.backup.restored") {
			t.Errorf("the first to be relayed is %s, %v", first, err)
		}
	})
}

func TestADamagedRecordIsNotRestored(t *testing.T) {
	k := newKeeper(t, store.Options{Data: t.TempDir()})
	if err := k.house.record.Append(t.Context(), started()); err != nil {
		t.Fatal(err)
	}
	if _, err := k.house.record.Copy(t.Context()); err != nil { // it is sealed
		t.Fatal(err)
	}
	dir := recordFolder(k.c.Data)
	if err := soundRecord(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-5] ^= 1
	if err := os.WriteFile(files[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := soundRecord(t.Context(), dir); problem.Of(err).Code != "app.restore.record" {
		t.Errorf("it says %v", err)
	}
}

func TestWhatTheSectionBackupMaySay(t *testing.T) {
	for text, want := range map[string]string{
		"{every: 1m}": "at least 10m", "{keep: 0}": "0 cannot be kept", "{updates: 2000}": "2000 cannot be kept", "{folder: \"\"}": "has no name", "{every: 0s}": "",
	} {
		file := filepath.Join(t.TempDir(), "tenward.yaml")
		if err := os.WriteFile(file, []byte("portal: {host: login.test}\nconsole: {host: console.test}\nservices: {s: {hosts: [s.test], upstream: \"http://127.0.0.1:1\"}}\nbackup: "+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, _, err := loadConfig(file, config.Options{})
		switch {
		case want == "" && (err != nil || c.Backup.Folder != "/var/lib/tenward/backups"):
			t.Errorf("%s: %+v, %v", text, c, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s says %v, want %q", text, err, want)
		}
	}
}
