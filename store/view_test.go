package store_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestAViewSeesOneMomentAndKeepsNobodyWaiting(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB) {
		if err := db.SetCursor(t.Context(), "a", 1); err != nil {
			t.Fatal(err)
		}
		err := db.View(t.Context(), func(tx *store.Tx) error {
			if err := db.SetCursor(t.Context(), "a", 2); err != nil {
				return fmt.Errorf("write beside the view: %w", err)
			}
			var position int
			if err := tx.QueryRow(t.Context(), "SELECT position FROM event_cursor WHERE reader = 'a'").Scan(&position); err != nil {
				return err
			}
			if position != 1 {
				t.Errorf("the view sees %d, which was written after it began", position)
			}
			if _, err := tx.Exec(t.Context(), "DELETE FROM event_cursor"); err == nil {
				t.Error("a view has written")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if next, _, err := db.Cursor(t.Context(), "a"); next != 2 || err != nil {
			t.Errorf("cursor = %d, %v", next, err)
		}
	})
}

// Both engines have the same tables in an order in which they can be filled.
func TestTablesComeInTheOrderOfTheirReferences(t *testing.T) {
	var first []store.Table
	each(t, func(t *testing.T, db *store.DB) {
		var tables []store.Table
		if err := db.View(t.Context(), func(tx *store.Tx) (err error) {
			tables, err = db.Tables(t.Context(), tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		at := func(name string) int {
			i := slices.IndexFunc(tables, func(t store.Table) bool { return t.Name == name })
			if i < 0 {
				t.Fatalf("%s is missing", name)
			}
			return i
		}
		for _, pair := range [][2]string{{"identity_person", "identity_session"}, {"identity_session", "identity_token"}, {"evidence_check", "evidence_finding"}, {"identity_group", "access_grant"}} {
			if at(pair[0]) > at(pair[1]) {
				t.Errorf("%s refers to %s, and comes before it", pair[1], pair[0])
			}
		}
		if c := tables[at("store_secret")].Columns; c[0] != (store.Column{Name: "name"}) || c[2] != (store.Column{Name: "sealed", Bytes: true}) {
			t.Errorf("store_secret has %v", c)
		}
		if first == nil {
			first = tables
			return
		}
		byName := func(a, b store.Table) int {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}
		slices.SortFunc(first, byName)
		slices.SortFunc(tables, byName)
		if fmt.Sprint(first) != fmt.Sprint(tables) {
			t.Errorf("the engines differ:\n%v\n%v", first, tables)
		}
	})
}

func TestOnlyAnEmptyDatabaseIsFilled(t *testing.T) {
	eachOptions(t, func(t *testing.T, o store.Options) {
		if err := store.Vacant(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		var applied []store.Applied
		db := storetest.Open(t, o)
		if err := db.View(t.Context(), func(tx *store.Tx) (err error) {
			applied, err = db.Applied(t.Context(), tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		wantProblem(t, store.Vacant(t.Context(), o), "store.database.occupied")
		fill := func(*store.Tx, []store.Table) error {
			t.Error("a database that is in use was filled")
			return nil
		}
		wantProblem(t, store.Fill(t.Context(), o, applied, fill), "store.database.occupied")
		wantProblem(t, store.Suits("x", append(applied, store.Applied{Version: int64(len(applied)) + 1, Name: "9999_test_new.sql"})), "store.backup.newer", "A newer Tenward")
		applied[3].Checksum = "x"
		wantProblem(t, store.Suits("x", applied), "store.backup.altered", applied[3].Name)
	})
}
