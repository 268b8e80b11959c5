package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestADatabaseIsInspectedBesideWhoeverWorksOnIt(t *testing.T) {
	storetest.EachOptions(t, func(t *testing.T, o store.Options) {
		before := inspect(t, o)
		if before.Made || before.Place == "" {
			t.Errorf("of an empty place it says %+v", before)
		}
		if entries, err := os.ReadDir(o.Data); o.Data != "" && (err != nil || len(entries) > 0) {
			t.Errorf("looking has left %v: %v", entries, err)
		}
		db := storetest.Open(t, o)
		master := store.NewMasterKey()
		if err := db.Secrets(master).Put(t.Context(), "a", []byte("b")); err != nil {
			t.Fatal(err)
		}
		beside := inspect(t, o)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		for name, i := range map[string]store.Inspection{"beside": beside, "afterwards": inspect(t, o)} {
			if !i.Made || i.Applied != store.Timeline() || i.Pending != 0 || i.KeyID != master.ID() || time.Since(i.Latest).Abs() > time.Minute {
				t.Errorf("%s it says %+v", name, i)
			}
			if (o.Postgres != "") != (time.Since(i.Clock).Abs() < time.Minute) || !strings.Contains(i.Engine, map[bool]string{true: "PostgreSQL 1", false: "SQLite 3."}[o.Postgres != ""]) {
				t.Errorf("%s the engine is %q, its clock %s", name, i.Engine, i.Clock)
			}
			if err := i.Fits(master); err != nil {
				t.Errorf("%s its own key does not fit: %v", name, err)
			}
			wantProblem(t, i.Fits(store.NewMasterKey()), "store.masterkey.wrong", master.ID())
		}
	})
}

func inspect(t *testing.T, o store.Options) store.Inspection {
	t.Helper()
	i, err := store.Inspect(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// What an older or a newer program has left is said, and nothing is applied.
func TestInspectingAppliesNothing(t *testing.T) {
	storetest.EachOptions(t, func(t *testing.T, o store.Options) {
		db := storetest.Open(t, o)
		forget := "DELETE FROM store_migration WHERE version > 1"
		if _, err := db.Exec(t.Context(), forget); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if i := inspect(t, o); i.Applied != 1 || i.Pending != store.Timeline()-1 || i.KeyID != "" {
				t.Errorf("it says %+v", i)
			}
		}
		later := "UPDATE store_migration SET version = 9999, name = '9999_later_step.sql'"
		if _, err := db.Exec(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		_, err := store.Inspect(t.Context(), o)
		wantProblem(t, err, "store.migration.altered", "9999_later_step.sql")
	})
}

func TestInspectingWhatIsNoDatabase(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "tenward.db"), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := store.Inspect(t.Context(), store.Options{Data: folder})
	wantProblem(t, err, "store.database.foreign")
}

func TestAKeyIsFoundAndNotMade(t *testing.T) {
	folder := t.TempDir()
	none := func(string) string { return "" }
	if _, origin, err := store.FindMasterKey(none, folder); err != nil || origin.Path != "" {
		t.Errorf("before the first start it is %+v: %v", origin, err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("looking has left %v: %v", entries, err)
	}
	made, _, err := store.LoadMasterKey(none, folder)
	if err != nil {
		t.Fatal(err)
	}
	found, origin, err := store.FindMasterKey(none, folder)
	if err != nil || found.ID() != made.ID() || !origin.Beside || origin.Made {
		t.Errorf("it is %s, %+v: %v; made was %s", found, origin, err, made)
	}
	if err := os.Rename(filepath.Join(folder, "master.key"), filepath.Join(folder, "tenward.db")); err != nil {
		t.Fatal(err)
	}
	_, _, err = store.FindMasterKey(none, folder)
	wantProblem(t, err, "store.masterkey.missing")
}
