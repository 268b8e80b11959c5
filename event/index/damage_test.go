package index

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	if err := os.WriteFile(dayPath(dir, DayOf(noon)), nil, 0o644); err != nil {
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
