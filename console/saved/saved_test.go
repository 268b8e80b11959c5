package saved_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/console/saved"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/event/outbox/outboxtest"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

var (
	ada = saved.Who{Person: "p-ada", Shares: true}
	bob = saved.Who{Person: "p-bob"}
)

// shelf is views on one engine, and the record of what was done to them.
type shelf struct {
	*testing.T
	*saved.Views
	record *outboxtest.Record
}

func each(t *testing.T, test func(*shelf)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r := new(outboxtest.Record)
		now := func() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }
		box, err := outbox.New(t.Context(), db, r, "a", now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		test(&shelf{t, saved.New(db, box), r})
	})
}

func (s *shelf) save(who saved.Who, name, query string, shared bool) saved.View {
	s.Helper()
	v, _, err := s.Save(s.Context(), who, saved.View{Name: name, Query: query, Shared: shared})
	if err != nil {
		s.Fatal(err)
	}
	return v
}

// sees are the names that somebody sees, with what they ask for.
func (s *shelf) sees(who saved.Who) []string {
	s.Helper()
	views, _, err := s.List(s.Context(), who.Person)
	if err != nil {
		s.Fatal(err)
	}
	var names []string
	for _, v := range views {
		name := v.Name + " = " + v.Query
		if v.Shared {
			name += " (shared)"
		}
		names = append(names, name)
	}
	return names
}

func (s *shelf) want(who saved.Who, want ...string) {
	s.Helper()
	if got := s.sees(who); !slices.Equal(got, want) {
		s.Errorf("%s sees %q, want %q", who.Person, got, want)
	}
}

func (s *shelf) refused(what, code string, err error) {
	s.Helper()
	if got := problem.Of(err).Code; got != code {
		s.Errorf("%s: %s (%v), want %s", what, got, err, code)
	}
}

func TestAViewIsFoundAgain(t *testing.T) {
	each(t, func(s *shelf) {
		s.save(ada, "  my   Zoo ", "last:24h   status:404 service:zoo", false)
		s.save(ada, "everything", "", false)
		s.save(ada, "All refused", "verdict:refused last:7d", true)
		s.want(ada, "everything = ", "my Zoo = status:404 service:zoo last:24h", "All refused = verdict:refused last:7d (shared)")
		s.want(bob, "All refused = verdict:refused last:7d (shared)")
	})
}

func TestSavingUnderANameThatIsThereReplacesIt(t *testing.T) {
	each(t, func(s *shelf) {
		first := s.save(ada, "Zoo", "service:zoo", false)
		s.save(bob, "Zoo", "service:other", false) // a name is everybody's own
		s.save(ada, "Zoo", "service:shared", true)
		v, before, err := s.Save(s.Context(), ada, saved.View{Name: "zOO", Query: "service:zoo status:404"})
		if err != nil || before == nil || before.Query != "service:zoo" || before.Name != "Zoo" || v.ID != first.ID {
			s.Fatalf("replaced %+v by %+v, %v", before, v, err)
		}
		s.want(ada, "zOO = service:zoo status:404", "Zoo = service:shared (shared)")
		s.want(bob, "Zoo = service:other", "Zoo = service:shared (shared)")
	})
}

func TestNobodyReachesSomebodyElsesView(t *testing.T) {
	each(t, func(s *shelf) {
		mine := s.save(ada, "Secret name", "client:192.0.2.7", false)
		_, err := s.Rename(s.Context(), bob, mine.ID, "found")
		s.refused("renaming it", "console.view.unknown", err)
		_, err = s.Remove(s.Context(), bob, mine.ID)
		s.refused("removing it", "console.view.unknown", err)
		_, err = s.Choose(s.Context(), bob, mine.ID, false)
		s.refused("beginning with it", "console.view.unknown", err)
		_, _, err = s.Save(s.Context(), bob, saved.View{ID: mine.ID, Name: "Secret name", Query: "service:zoo"})
		s.refused("saving over its id", "console.view.taken", err)
		s.want(bob)
		s.want(ada, "Secret name = client:192.0.2.7")
		for _, e := range s.record.Events() {
			if text := fmt.Sprintf("%+v", e); strings.Contains(text, "Secret") || strings.Contains(text, "192.0.2.7") {
				s.Errorf("the record tells everybody: %s", text)
			}
		}
	})
}

func TestWhoMayNotShareChangesNothingThatIsShared(t *testing.T) {
	each(t, func(s *shelf) {
		all := s.save(ada, "All", "verdict:refused", true)
		_, _, err := s.Save(s.Context(), bob, saved.View{Name: "All", Query: "", Shared: true})
		s.refused("replacing it", "console.view.shared", err)
		_, err = s.Rename(s.Context(), bob, all.ID, "None")
		s.refused("renaming it", "console.view.shared", err)
		_, err = s.Remove(s.Context(), bob, all.ID)
		s.refused("removing it", "console.view.shared", err)
		if _, err = s.Choose(s.Context(), bob, all.ID, false); err != nil {
			s.Errorf("beginning with it: %v", err)
		}
		s.want(bob, "All = verdict:refused (shared)")
		other := saved.Who{Person: "p-eve", Shares: true}
		if _, err := s.Rename(s.Context(), other, all.ID, "Everything refused"); err != nil {
			s.Errorf("another one who may share: %v", err)
		}
		s.want(bob, "Everything refused = verdict:refused (shared)")
	})
}

func TestARemovedViewIsTakenBackWithWhoBeganWithIt(t *testing.T) {
	each(t, func(s *shelf) {
		all := s.save(ada, "All", "verdict:refused", true)
		if before, err := s.Choose(s.Context(), bob, all.ID, false); err != nil || before != "" {
			s.Fatal(before, err)
		}
		was, err := s.Remove(s.Context(), ada, all.ID)
		if err != nil || was.Query != "verdict:refused" {
			s.Fatalf("removed %+v, %v", was, err)
		}
		s.want(bob)
		if back := s.saveAgain(ada, was); back.ID != all.ID {
			s.Errorf("it comes back as %s, it was %s", back.ID, all.ID)
		}
		if _, first, err := s.List(s.Context(), bob.Person); err != nil || first != all.ID {
			s.Errorf("bob begins with %q, %v", first, err)
		}
		for _, id := range []string{"refused", ""} {
			if _, err := s.Choose(s.Context(), bob, id, true); err != nil {
				s.Fatal(err)
			}
			if _, first, err := s.List(s.Context(), bob.Person); err != nil || first != id {
				s.Errorf("bob begins with %q, %v, want %q", first, err, id)
			}
		}
		want := []string{"console.view.saved", "console.view.chosen", "console.view.removed", "console.view.saved", "console.view.chosen", "console.view.chosen"}
		if got := s.record.Kinds(); !slices.Equal(got, want) {
			s.Errorf("the record has %v", got)
		}
		if e := s.record.Events()[0]; e.Class != event.APIActivity || e.Detail("name") != "All" || e.Detail("by") != "p-ada" || e.Detail("view") != all.ID {
			s.Errorf("it says %+v", e)
		}
	})
}

func (s *shelf) saveAgain(who saved.Who, v saved.View) saved.View {
	s.Helper()
	back, _, err := s.Save(s.Context(), who, v)
	if err != nil {
		s.Fatal(err)
	}
	return back
}

func TestWhatIsNoViewIsRefused(t *testing.T) {
	each(t, func(s *shelf) {
		one := s.save(ada, "one", "service:a", false)
		s.save(ada, "two", "service:b", false)
		for name, v := range map[string]struct {
			view saved.View
			code string
		}{
			"no name":                  {saved.View{Name: " \t"}, "console.view.malformed"},
			"a name of 41 characters":  {saved.View{Name: strings.Repeat("ö", 41)}, "console.view.malformed"},
			"a name that turns around": {saved.View{Name: "a\u202eb"}, "console.view.malformed"},
			"a name of broken bytes":   {saved.View{Name: "a\xff"}, "console.view.malformed"},
			"an unreadable query":      {saved.View{Name: "x", Query: "verdict:perhaps"}, "index.query.value"},
			"a long query":             {saved.View{Name: "x", Query: strings.Repeat("a", 2001)}, "index.query.long"},
		} {
			_, _, err := s.Save(s.Context(), ada, v.view)
			s.refused(name, v.code, err)
		}
		_, err := s.Rename(s.Context(), ada, one.ID, "TWO")
		s.refused("a name that is taken", "console.view.taken", err)
		_, err = s.Rename(s.Context(), ada, one.ID, "")
		s.refused("no new name", "console.view.malformed", err)
		if before, err := s.Rename(s.Context(), ada, one.ID, "One"); err != nil || before.Name != "one" {
			s.Errorf("writing it large: %+v, %v", before, err)
		}
		_, err = s.Remove(s.Context(), ada, "nothing")
		s.refused("removing what there is not", "console.view.unknown", err)
		s.want(ada, "One = service:a", "two = service:b")
		if n := len(s.record.Events()); n != 3 {
			s.Errorf("%d events: what was refused is recorded as done", n)
		}
	})
}

func TestAPersonHasSoManyViewsAtMost(t *testing.T) {
	each(t, func(s *shelf) {
		for n := range saved.MaxViews {
			s.save(ada, fmt.Sprintf("view %d", n), "", false)
		}
		_, _, err := s.Save(s.Context(), ada, saved.View{Name: "one more"})
		s.refused("one more", "console.view.many", err)
		s.save(ada, "view 7", "service:a", false) // what is there may be replaced
		s.save(ada, "shared", "", true)
		s.save(bob, "bob's", "", false)
		if n := len(s.sees(ada)); n != saved.MaxViews+1 {
			s.Errorf("ada sees %d", n)
		}
	})
}
