package index

import (
	"database/sql"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
)

func TestNamesThatStrangersMakeUpDoNotFillTheMemory(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	var events []*event.Event
	for i := range maxNames + 100 {
		e := telling(noon.Add(-time.Duration(i)*time.Microsecond), "", "", "192.0.2.1")
		e.HTTP.Host = "host" + strconv.Itoa(i) + ".example"
		events = append(events, e)
	}
	if err := x.Feed(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	f, release, err := x.shelf.take(t.Context(), DayOf(noon), false)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if len(f.names) > maxNames {
		t.Errorf("%d names are kept in memory, at most %d may be", len(f.names), maxNames)
	}
	if n := count(t, x, parse(t, "host:host7.example")); n != 1 {
		t.Errorf("%d rows have the host, want 1", n)
	}
}

func TestANameThatWasNotWrittenIsNotRemembered(t *testing.T) {
	x := open(t, t.TempDir(), Options{})
	feed(t, x, telling(noon, "", "", "192.0.2.1"))
	f, release, err := x.shelf.take(t.Context(), DayOf(noon), false)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	full := errors.New("the disk is full")
	learn := func(then error) (id int64, err error) {
		err = f.tx(t.Context(), func(tx *sql.Tx) error {
			w, err := f.feeding(t.Context(), tx)
			if err != nil {
				return err
			}
			id, err = w.name(t.Context(), "new")
			return errors.Join(err, then)
		})
		return id, err
	}
	if _, err := learn(full); !errors.Is(err, full) {
		t.Fatal(err)
	}
	id, err := learn(nil)
	if found, _ := f.nameID(t.Context(), "new"); err != nil || id == 0 || found != id {
		t.Errorf("the name is %d in the day and %d where it is used, %v", found, id, err)
	}
}
