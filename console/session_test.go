package console_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/tenward/tenward/console"
	"github.com/tenward/tenward/identity"
)

func TestEachPageIsForThoseWhoHoldItsRole(t *testing.T) {
	s := newSite(t, exchange(1))
	places := map[string]string{
		"/traffic": "reader", "/traffic/live": "", "/api/v1/traffic": "reader",
		"/events": "auditor", "/events/live": "", "/events/" + idOf(1).String(): "auditor", "/api/v1/events": "auditor", "/api/v1/events/" + idOf(1).String(): "auditor",
	}
	for path, needs := range places {
		if needs == "" {
			continue // a stream that is let in does not end
		}
		for _, has := range []string{"", "reader", "auditor"} {
			s.session, s.role = ada(), has
			want := http.StatusForbidden
			if has == "auditor" || has == needs {
				want = http.StatusOK
			}
			if a := s.get(t, path); a.status != want {
				t.Errorf("%s with the role %q: %d, want %d", path, has, a.status, want)
			}
		}
		s.session = nil
		if a := s.get(t, path); a.status != http.StatusUnauthorized || strings.Contains(a.body, "192.0.2") {
			t.Errorf("%s for a stranger: %d", path, a.status)
		}
	}
	s.session, s.role = ada(), ""
	for path := range places {
		if a := s.get(t, path); a.status != http.StatusForbidden {
			t.Errorf("%s without a role: %d", path, a.status)
		}
	}
}

func TestWhoHasNoRoleIsToldHowToGetOne(t *testing.T) {
	s := newSite(t)
	s.session, s.role = ada(), "reader"
	a := s.get(t, "/events")
	for _, want := range []string{"signed in as ada", "the role auditor", "tenward person grant", `action="/.tenward/logout"`} {
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q:\n%s", want, a.body)
		}
	}
	golden(t, "role-missing.html", s.stable(a.body))
}

func TestRolesThatCannotBeReadOpenNothing(t *testing.T) {
	s := newSite(t, exchange(1))
	o := s.options()
	o.Events = s.record
	o.Session = func(*http.Request) *identity.Session { return ada() }
	o.May = func(context.Context, *identity.Session, string) (bool, error) {
		return true, errors.New("the database is gone: /secret/path")
	}
	s.console.Close()
	var err error
	if s.console, err = console.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.console.Close)
	if a := s.get(t, "/traffic"); a.status != http.StatusInternalServerError || strings.Contains(a.body, "secret") {
		t.Errorf("%d %s", a.status, a.body)
	}
}
