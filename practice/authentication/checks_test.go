package authentication_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/authentication"
)

var errNoRoute = errors.New("no route to host")

// answered is a gate that answers everybody so.
func answered(status int) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.WriteHeader(status)
		return w.Result(), nil
	}
}

// routed is a gate that leads to the portal.
func (h *house) routed(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	for _, route := range h.service.Practice().Routes {
		if route.Pattern == r.Method+" "+r.URL.Path {
			route.Handler.ServeHTTP(w, r)
		}
	}
	return w.Result(), nil
}

// finds runs a check and holds its findings to these: "status subject".
func (h *house) finds(check string, want ...string) {
	h.Helper()
	for _, c := range h.service.Practice().Checks {
		if c.ID != check {
			continue
		}
		if c.Title == "" || c.Source == "" || c.Fix == "" {
			h.Errorf("%s lacks something: %+v", c.ID, c)
		}
		findings, err := c.Run(h.Context())
		if err != nil {
			h.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			got = append(got, f.Status.String()+" "+f.Subject)
			if f.Subject == "" || f.Sentence == "" {
				h.Errorf("%s: the finding is %+v", check, f)
			}
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			h.Errorf("%s finds %q, want %q", check, got, want)
		}
		return
	}
	h.Fatalf("there is no check %s", check)
}

func (h *house) exec(query string, args ...any) {
	h.Helper()
	if _, err := h.db.Exec(h.Context(), query, args...); err != nil {
		h.Fatal(err)
	}
}

func TestCheckSeesWhoHasNoSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		const check = "authentication/everybody-has-two-factors"
		ada := h.enrol("ada")
		h.invite("bea") // who cannot sign in yet
		h.finds(check, "pass people")
		h.exec("DELETE FROM authentication_totp")
		h.finds(check, "fail "+string(ada.ID))
		h.conf.SecondFactor = authentication.Optional
		h.rebuild()
		h.finds(check, "fail configuration", "fail "+string(ada.ID))
	})
}

func TestCheckSeesAHostThatTakesAnySession(t *testing.T) {
	each(t, func(h *house) {
		const check = "authentication/forged-sessions-refused"
		for status, want := range map[int]string{http.StatusUnauthorized: "pass notes", http.StatusOK: "fail notes", http.StatusNotFound: "fail notes", http.StatusForbidden: "fail notes"} {
			h.outside = answered(status)
			h.finds(check, want)
		}
		h.outside = func(*http.Request) (*http.Response, error) { return nil, errNoRoute }
		h.finds(check, "unknown notes")
	})
}

func TestCheckSeesAPortalWithoutItsHeaders(t *testing.T) {
	each(t, func(h *house) {
		const check = "authentication/portal-answers-safely"
		h.outside = h.routed
		h.finds(check, "pass portal")
		h.outside = func(r *http.Request) (*http.Response, error) {
			answer, err := h.routed(r)
			answer.Header.Del("Content-Security-Policy")
			return answer, err
		}
		h.finds(check, "fail portal")
		h.outside = answered(http.StatusBadGateway)
		h.finds(check, "fail portal")
		h.outside = func(*http.Request) (*http.Response, error) { return nil, errNoRoute }
		h.finds(check, "unknown portal")
	})
}

func TestCheckSeesSessionsThatShouldHaveEnded(t *testing.T) {
	each(t, func(h *house) {
		const check = "authentication/sessions-within-limits"
		ada := h.enrol("ada")
		h.finds(check, "pass sessions")
		h.exec("UPDATE identity_session SET ends_at = ends_at + 1000000")
		h.finds(check, "fail "+string(ada.ID))
		h.exec("UPDATE identity_session SET ends_at = ends_at - 1000000")
		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, ada.ID, identity.Disabled) }) // and nobody ended it
		h.finds(check, "fail "+string(ada.ID))
		h.now = h.now.Add(13 * time.Hour)
		h.finds(check, "pass sessions")
	})
}

func TestCheckSeesOldHashesAndFewCodes(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		h.finds("authentication/passwords-hashed-well", "pass passwords")
		h.finds("authentication/recovery-codes-left", "pass people")
		h.exec("UPDATE authentication_password SET hash = $1", "$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g")
		h.finds("authentication/passwords-hashed-well", "warn "+string(ada.ID))
		h.exec("DELETE FROM authentication_recovery")
		h.finds("authentication/recovery-codes-left", "warn "+string(ada.ID))
	})
}
