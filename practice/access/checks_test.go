package access_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/access"
)

// answered is a gate that answers everybody so.
func answered(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		w.WriteHeader(status)
		_, err := w.WriteString(body)
		return w.Result(), err
	}
}

// asked is a gate that asks the practice's own routes.
func (h *house) asked(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.service.Practice().Routes[0].Handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// wants runs a check and holds its findings to these: "status subject".
func (h *house) wants(check string, want ...string) {
	h.Helper()
	for _, c := range h.service.Practice().Checks {
		if c.ID != check {
			continue
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

func TestStrangersRefusedSeesAnOpenDoor(t *testing.T) {
	each(t, func(h *house) {
		var asked string
		h.outside = func(r *http.Request) (*http.Response, error) {
			asked = r.URL.String()
			return answered(http.StatusUnauthorized, "")(r)
		}
		h.wants("access/strangers-refused", "pass notes")
		if !strings.HasPrefix(asked, "https://notes.example.com:8443/below/") {
			t.Errorf("it asks at %s", asked)
		}
		for _, status := range []int{http.StatusOK, http.StatusNotFound, http.StatusBadGateway} { // the last two are the application's
			h.outside = answered(status, "")
			h.wants("access/strangers-refused", "fail notes")
		}
		h.outside = func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") }
		h.wants("access/strangers-refused", "unknown notes")
	})
}

func TestWhatIsMeantToBePublicIsNoHole(t *testing.T) {
	each(t, func(h *house) {
		h.options.Closed, h.options.Open = nil, []string{"notes"}
		h.rebuild()
		h.wants("access/strangers-refused", "warn notes")
	})
}

func TestAssertionsVerifySeesOtherKeys(t *testing.T) {
	each(t, func(h *house) {
		h.outside = h.asked
		h.wants("access/assertions-verify", "pass assertions")
		old := h.published()
		if _, err := h.options.DB.Exec(t.Context(), "DELETE FROM store_secret WHERE name = 'access/assertion-keys'"); err != nil {
			t.Fatal(err)
		}
		other, err := access.New(t.Context(), h.options) // a node that has made keys of its own
		if err != nil {
			t.Fatal(err)
		}
		h.service = other
		h.outside = answered(http.StatusOK, string(old))
		h.wants("access/assertions-verify", "fail assertions")
		h.outside = answered(http.StatusOK, "<html>")
		h.wants("access/assertions-verify", "fail assertions")
		h.outside = answered(http.StatusNotFound, "{}")
		h.wants("access/assertions-verify", "fail assertions")
		h.outside = func(*http.Request) (*http.Response, error) { return nil, errors.New("no route to host") }
		h.wants("access/assertions-verify", "unknown assertions")
	})
}

func TestOwnerExistsCountsThoseWhoCanSignIn(t *testing.T) {
	each(t, func(h *house) {
		h.wants("access/owner-exists", "fail owners")
		h.person("ada", "owner")
		h.wants("access/owner-exists", "warn owners")
		bea := h.person("bea", "owner")
		h.wants("access/owner-exists", "pass owners")
		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, bea.ID, identity.Invited) })
		h.wants("access/owner-exists", "warn owners")
	})
}

func TestGrantsAndRolesThatDoNotMatch(t *testing.T) {
	each(t, func(h *house) {
		h.wants("access/roles-exist", "pass grants")
		h.wants("access/roles-held", "warn editor", "warn guest", "warn viewer")
		h.person("ada", "viewer", "editor", "guest")
		h.wants("access/roles-held", "pass roles")
		h.wants("access/disabled-hold-nothing", "pass people")

		// The file loses a role that somebody holds.
		h.options.Config.Roles = h.options.Config.Roles[1:]
		h.rebuild()
		h.wants("access/roles-exist", "fail viewer")

		bea := h.person("bea", "editor")
		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, bea.ID, identity.Disabled) })
		h.wants("access/disabled-hold-nothing", "warn "+string(bea.ID))
	})
}
