package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// From each engine to each: what stood in the one stands in the other.
func TestWhatWasBackedUpStandsAgainOnEitherEngine(t *testing.T) {
	key := store.NewMasterKey()
	eachOptions(t, func(t *testing.T, from store.Options) {
		db := storetest.Open(t, from)
		lived(t, db, key)
		b := written(t, source(db, key, smallRecord()))
		want := rows(t, db)
		m, totals, err := Check(t.Context(), bytes.NewReader(b), key, "x")
		if err != nil || m.Node != "a" || m.Version != "v1.2.3" || !m.Made.Equal(noon) || m.Record.Events != 7 || totals.Rows < 250 || totals.Files != 6 {
			t.Fatalf("%+v %+v %v", m, totals, err)
		}
		eachOptions(t, func(t *testing.T, o store.Options) {
			to := target(t, key, o)
			var done, total int64
			to.Progress = func(d, of int64) { done, total = d, of }
			if err := restore(t, b, to); err != nil {
				t.Fatal(err)
			}
			if done != total || total != 2*int64(len(b)) {
				t.Errorf("it told of %d of %d bytes", done, total)
			}
			again := storetest.Open(t, o)
			if got := rows(t, again); got != want {
				t.Errorf("got\n%.2000s\nwant\n%.2000s", got, want)
			}
			if secret, err := again.Secrets(key).Get(t.Context(), "test/secret"); string(secret) != "open sesame" || err != nil {
				t.Errorf("the secret is %q, %v", secret, err)
			}
			files := map[string]string{}
			for name, content := range smallRecord() {
				sum := sha256.Sum256(content)
				files[name] = hex.EncodeToString(sum[:])
			}
			if got := digest(t, filepath.Join(to.Data, "record")); !maps.Equal(got, files) {
				t.Errorf("the record has %v", got)
			}
			if err := Unfinished(to.Data); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestNothingOfWhatIsSecretCanBeReadInABackup(t *testing.T) {
	key := store.NewMasterKey()
	db := storetest.Memory(t)
	lived(t, db, key)
	b := written(t, source(db, key, smallRecord()))
	for _, text := range []string{"ada", "open sesame", "TENWARD\n", "identity_person", "v1.2.3", "tenward-master-key"} {
		if bytes.Contains(b, []byte(text)) {
			t.Errorf("it has %q in the clear", text)
		}
	}
	if again := written(t, source(db, key, smallRecord())); bytes.Equal(again[headerSize:headerSize+100], b[headerSize:headerSize+100]) {
		t.Error("two backups were sealed alike")
	}
}

func TestAnotherMasterKeyOpensNothingAndIsNamed(t *testing.T) {
	key, other := store.NewMasterKey(), store.NewMasterKey()
	b := written(t, source(storetest.Memory(t), key, nil))
	_, _, err := Check(t.Context(), bytes.NewReader(b), other, "x")
	wantProblem(t, err, "backup.masterkey.wrong", key.ID(), other.ID())
	if _, err := ReadManifest(bytes.NewReader(b), other); err == nil {
		t.Error("its manifest was read")
	}
}

// What is there already is never overwritten, whatever it is.
func TestOnlyAnEmptyPlaceIsFilled(t *testing.T) {
	key := store.NewMasterKey()
	db := storetest.Memory(t)
	b := written(t, source(db, key, smallRecord()))
	eachOptions(t, func(t *testing.T, o store.Options) {
		to := target(t, key, o)
		for _, name := range []string{"record", "tenward.yaml", "index"} {
			path := filepath.Join(to.Data, name)
			if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			wantProblem(t, restore(t, b, to), "backup.restore.occupied", name)
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		wantEmpty(t, to)
		for _, name := range []string{"master.key", "lock"} {
			if err := os.WriteFile(filepath.Join(to.Data, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := restore(t, b, to); err != nil {
			t.Fatal(err)
		}
		if err := restore(t, b, to); err == nil {
			t.Fatal("it was restored over itself")
		}
	})
}

// One that holds only the database goes beside a record that stands; a database that stands is not touched.
func TestADatabaseAloneGoesBesideTheRecord(t *testing.T) {
	key := store.NewMasterKey()
	db := storetest.Memory(t)
	lived(t, db, key)
	s := source(db, key, nil)
	s.Reason = Update
	b := written(t, s)
	eachOptions(t, func(t *testing.T, o store.Options) {
		to := target(t, key, o)
		path := filepath.Join(to.Data, "record", "key.pub")
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := restore(t, b, to); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); string(got) != "mine" || err != nil {
			t.Errorf("the record has %q, %v", got, err)
		}
		wantProblem(t, restore(t, b, to), "store.database.occupied")
	})
}

func TestWhatFailsAtTheEndIsTakenAway(t *testing.T) {
	key := store.NewMasterKey()
	b := written(t, source(storetest.Memory(t), key, smallRecord()))
	broken := errors.New("the record does not hold")
	eachOptions(t, func(t *testing.T, o store.Options) {
		to := target(t, key, o)
		to.Verify = func(_ context.Context, dir string) error {
			if _, err := os.Stat(filepath.Join(dir, "key.pub")); err != nil {
				t.Errorf("there is nothing to verify: %v", err)
			}
			wantProblem(t, Unfinished(to.Data), "backup.restore.unfinished")
			return broken
		}
		if err := restore(t, b, to); !errors.Is(err, broken) {
			t.Fatalf("it says %v", err)
		}
		wantEmpty(t, to)
		to.Verify = nil
		to.Also = func(ctx context.Context, m *Manifest, tx *store.Tx, tables []store.Table) error {
			_, err := tx.Exec(ctx, "DELETE FROM nowhere")
			return err
		}
		if err := restore(t, b, to); err == nil {
			t.Fatal("it says nothing")
		}
		wantEmpty(t, to)
	})
}

// Writers add to two tables in one transaction and move between rows. Whatever moment the backup shows, both agree.
func TestABackupOfABusyDatabaseShowsOneMoment(t *testing.T) {
	key := store.NewMasterKey()
	eachOptions(t, func(t *testing.T, from store.Options) {
		db := storetest.Open(t, from)
		for i := range 20 {
			exec(t, db, "INSERT INTO event_cursor (reader, position, updated_at) VALUES ($1, 1000, 0)", fmt.Sprint("r", i))
		}
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					err := db.Tx(t.Context(), func(tx *store.Tx) error {
						id := fmt.Sprintf("%d-%d", w, i)
						for _, q := range []string{
							"INSERT INTO identity_group (id, name, created_at) VALUES ($1, $1, 0)",
							"INSERT INTO event_outbox (id, node, body, created_at) VALUES ($1, 'a', '', 0)",
						} {
							if _, err := tx.Exec(t.Context(), q, id); err != nil {
								return err
							}
						}
						for _, q := range []string{"UPDATE event_cursor SET position = position - 1 WHERE reader = $1", "UPDATE event_cursor SET position = position + 1 WHERE reader = $1"} {
							reader := fmt.Sprint("r", (i*7+w+len(q))%20)
							if _, err := tx.Exec(t.Context(), q, reader); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil && t.Context().Err() == nil {
						t.Errorf("a writer fails beside a backup: %v", err)
						return
					}
				}
			})
		}
		var taken [][]byte
		for range 5 {
			taken = append(taken, written(t, source(db, key, nil)))
		}
		close(stop)
		writers.Wait()
		for _, b := range taken {
			o := store.Options{Data: t.TempDir()}
			if err := restore(t, b, target(t, key, o)); err != nil {
				t.Fatal(err)
			}
			again := storetest.Open(t, o)
			groups, events := count(t, again, "SELECT count(*) FROM identity_group"), count(t, again, "SELECT count(*) FROM event_outbox")
			if sum := count(t, again, "SELECT SUM(position) FROM event_cursor"); groups != events || sum != 20_000 {
				t.Errorf("%d groups, %d events, a sum of %d: no moment had that", groups, events, sum)
			}
		}
	})
}

// peak is the largest heap that was seen while something went through it.
type peak struct {
	base, most uint64
	n          int
}

func (p *peak) Write(b []byte) (int, error) {
	if p.n += len(b); p.n > 1<<20 || p.base == 0 {
		p.n = 0
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if p.base == 0 {
			p.base = m.HeapAlloc
		}
		p.most = max(p.most, m.HeapAlloc)
	}
	return len(b), nil
}

// 200,000 rows of half a kilobyte are 100 MB. What is in memory is bounded, both ways.
func TestManyRowsNeedLittleMemory(t *testing.T) {
	key := store.NewMasterKey()
	const bound = 48 << 20
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	eachOptions(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o)
		exec(t, db, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
			INSERT INTO identity_group (id, name, created_at) SELECT 'g' || i, 'n' || i || $2, i FROM n`, n, strings.Repeat("0123456789abcdef", 32))
		runtime.GC()
		path := filepath.Join(t.TempDir(), "x")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		seen := new(peak)
		_, totals, err := Write(t.Context(), both{f, seen}, source(db, key, nil))
		if err != nil {
			t.Fatal(err)
		}
		if totals.Rows < int64(n) || totals.Bytes < int64(n)*500 {
			t.Fatalf("%+v", totals)
		}
		to := target(t, key, store.Options{Data: t.TempDir()})
		to.Progress = func(int64, int64) { _, _ = seen.Write(make([]byte, 32<<10)) }
		if _, _, err := Restore(t.Context(), f, to); err != nil {
			t.Fatal(err)
		}
		if grown := seen.most - min(seen.base, seen.most); grown > bound {
			t.Errorf("the heap grew by %d MiB", grown>>20)
		}
		if got := count(t, storetest.Open(t, to.Database), "SELECT count(*) FROM identity_group"); got != n {
			t.Errorf("%d rows came back", got)
		}
	})
}

type both struct {
	a, b interface{ Write([]byte) (int, error) }
}

func (w both) Write(p []byte) (int, error) {
	if n, err := w.a.Write(p); err != nil {
		return n, err
	}
	return w.b.Write(p)
}

// The record may need what the database of the moment does not have yet. Then another moment is chosen, and at last taken
// as it is.
func TestAnotherMomentIsChosenWhereTheRecordNeedsMore(t *testing.T) {
	key := store.NewMasterKey()
	eachOptions(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o)
		for _, short := range []int{0, 2, 100} {
			s := source(db, key, nil)
			asked, copied := 0, 0
			s.Record = func(context.Context) (Files, error) { copied++; return smallRecord(), nil }
			s.Complete = func(context.Context, *store.Tx) (bool, error) { asked++; return asked > short, nil }
			b := written(t, s)
			if want := min(short+1, moments); copied != want {
				t.Errorf("%d moments were tried, want %d", copied, want)
			}
			if _, totals, err := Check(t.Context(), bytes.NewReader(b), key, "x"); err != nil || totals.Files != int64(len(smallRecord())) {
				t.Errorf("%+v, %v", totals, err)
			}
		}
	})
}
