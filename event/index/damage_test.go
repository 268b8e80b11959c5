package index

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

// reader gives some events the way the record would.
func reader(events []*event.Event) Reader {
	return func(ctx context.Context, feed func(context.Context, []*event.Event) error) error {
		for i := range events {
			if err := feed(ctx, events[i:i+1]); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestADayThatIsNoGoodIsSetAsideAndMadeAnew(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(t *testing.T, path string)
	}{
		{"a file of something else", func(t *testing.T, path string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file that was overwritten in the middle", func(t *testing.T, path string) {
			t.Helper()
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := os.OpenFile(path, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte(strings.Repeat("x", int(info.Size())-4096)), 4096); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file of a later version", func(t *testing.T, path string) {
			t.Helper()
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("PRAGMA user_version = " + strconv.Itoa(version+1)); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}},
		{"a file of a later version, with its log", func(t *testing.T, path string) {
			t.Helper()
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = db.Close() }) // its file is gone by then
			if _, err := db.Exec("PRAGMA journal_mode = WAL; PRAGMA user_version = " + strconv.Itoa(version+1)); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			events := randomEvents(9, 200, 2)
			x, err := Open(dir, Options{Now: func() time.Time { return noon }})
			if err != nil {
				t.Fatal(err)
			}
			if !x.Fresh() {
				t.Error("an empty folder is not fresh")
			}
			feed(t, x, events...)
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			tt.spoil(t, dayPath(dir, DayOf(noon)))
			x = open(t, dir, Options{})
			if x.Fresh() {
				t.Error("a folder with days is fresh")
			}
			if _, err := x.Search(t.Context(), parse(t, "agent"), "", 0); err != nil && !errors.Is(err, errDamaged) {
				t.Fatal(err)
			}
			late := telling(noon, "p1", "agent", "192.0.2.1")
			feed(t, x, late)
			if days, err := x.Incomplete(); err != nil || fmt.Sprint(days) != "[2026-11-24]" {
				t.Fatalf("incomplete is %v, %v", days, err)
			}
			cut := errors.New("cut short")
			err = x.Rebuild(t.Context(), func(ctx context.Context, feed func(context.Context, []*event.Event) error) error {
				return errors.Join(reader(events[:50])(ctx, feed), cut)
			})
			if days, _ := x.Incomplete(); !errors.Is(err, cut) || len(days) != 1 {
				t.Fatalf("after a rebuild that was cut short %v is incomplete, %v", days, err)
			}
			if err := x.Rebuild(t.Context(), reader(append(events, late))); err != nil {
				t.Fatal(err)
			}
			if days, err := x.Incomplete(); err != nil || len(days) != 0 {
				t.Errorf("incomplete is %v, %v", days, err)
			}
			if n := count(t, x, parse(t, "")); n != 201 {
				t.Errorf("%d rows after the rebuild, want 201", n)
			}
		})
	}
}

func TestADayThatWasHardlyBegunIsBegunAgain(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dayPath(dir, DayOf(noon)), nil, 0o644); err != nil { //nolint:gosec // what others may read is to be closed
		t.Fatal(err)
	}
	x := open(t, dir, Options{})
	if n := count(t, x, parse(t, "")); n != 0 {
		t.Error("an empty file has rows")
	}
	if info, err := os.Stat(dayPath(dir, DayOf(noon))); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	feed(t, x, telling(noon, "p1", "agent", "192.0.2.1"))
	if days, err := x.Incomplete(); err != nil || len(days) != 0 {
		t.Errorf("incomplete is %v, %v", days, err)
	}
}

// childFolder, when set, has the test process feed an index there until it is killed.
const childFolder = "TENWARD_INDEX_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stdout, feedForever(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// feedForever says after each batch how many batches are in.
func feedForever(dir string) error {
	x, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := x.Feed(context.Background(), killBatch(i)); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, i+1)
	}
}

// killBatch is the same batch in every process.
func killBatch(i int) []*event.Event {
	batch := randomEvents(uint64(i), 40, 1)
	for j, e := range batch {
		e.UID = event.ID{0, 0, 0, 0, 0, 0, 0x70, byte(i >> 8), 0x80 | byte(i&0x3f), byte(i), byte(j), 0, 0, byte(i >> 8), byte(i), byte(j)}
	}
	return batch
}

func TestWhatWasFedOutlastsAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fed := 0
	for round := range 4 {
		child := exec.CommandContext(t.Context(), self)
		child.Env = append(os.Environ(), childFolder+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			if fed = max(fed, n); n == 5+3*round {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
	}
	x := open(t, dir, Options{})
	if days, err := x.Incomplete(); err != nil || len(days) != 0 {
		t.Fatalf("incomplete is %v, %v", days, err)
	}
	var events []*event.Event
	for i := range fed {
		events = append(events, killBatch(i)...)
	}
	rows := all(t, x, parse(t, ""), 100)
	there := map[event.ID]bool{}
	for _, r := range rows {
		there[r.ID] = true
	}
	for i, e := range events {
		if !there[e.UID] {
			t.Fatalf("event %d of batch %d, which was fed, is not there", i%40, i/40)
		}
	}
	if n := count(t, x, parse(t, "")); n != int64(len(rows)) {
		t.Errorf("the minutes count %d, the rows %d", n, len(rows))
	}
	if n := count(t, x, parse(t, "-nobody")); n != int64(len(rows)) {
		t.Errorf("counted by rows %d, the rows %d", n, len(rows))
	}
}

func TestManyAskWhileItIsFed(t *testing.T) {
	x := open(t, t.TempDir(), Options{Files: 2, Searches: 3})
	events := randomEvents(11, 1000, 3)
	feed(t, x, events[:200]...)
	fed := make(chan struct{})
	var dropping atomic.Bool
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for last := int64(0); ; {
				select {
				case <-fed:
					return
				default:
				}
				n, err := x.Count(t.Context(), Query{})
				if err != nil || n < last && !dropping.Load() {
					t.Errorf("counted %d after %d, %v", n, last, err)
					return
				}
				last = n
				if _, err := x.Search(t.Context(), parse(t, conditions[i].word), "", 10); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := 200; i < len(events); i += 100 {
		feed(t, x, events[i:i+100]...)
	}
	dropping.Store(true)
	if err := x.Drop(t.Context(), noon.Add(-48*time.Hour)); err != nil {
		t.Error(err)
	}
	close(fed)
	group.Wait()
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	x := open(t, t.TempDir(), Options{Searches: 1})
	feed(t, x, randomEvents(12, 50, 2)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Search(ctx, parse(t, "api"), "", 0); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	if days, err := x.Incomplete(); err != nil || len(days) != 0 {
		t.Errorf("a context that ended made %v incomplete, %v", days, err)
	}
	done, err := x.ask(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if _, err := x.ask(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a place: %v", err)
	}
}
