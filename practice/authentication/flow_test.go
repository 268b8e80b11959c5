package authentication_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/cluster"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/authentication"
)

func TestSomebodyInvitedEnrolsAndSignsInWithTwoFactors(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		if s := h.find(ada.got.Token); s == nil || s.Strength != identity.SecondFactor || len(ada.codes) != 10 {
			t.Fatalf("enrolled with %+v and %d codes", s, len(ada.codes))
		}
		if len(h.granted) != 1 || h.granted[0] != "ada editor" {
			t.Errorf("granted %v", h.granted)
		}
		first, err := h.service.Password(h.Context(), " Ada ", password, here)
		if err != nil || !first.Second || first.Device != "" {
			t.Fatalf("the first step gives %+v, %v", first, err)
		}
		begun := h.find(first.Token)
		if begun == nil || begun.Strength != identity.Begun {
			t.Fatalf("after the first step the session is %+v", begun)
		}
		second, err := h.service.Second(h.Context(), begun, h.code(ada.secret), here)
		if err != nil || second.Device == "" {
			t.Fatalf("the second step gives %+v, %v", second, err)
		}
		if h.find(first.Token) != nil {
			t.Error("the cookie of the first step is still good")
		}
		if s := h.find(second.Token); s == nil || s.Strength != identity.SecondFactor {
			t.Errorf("signed in as %+v", s)
		}
		h.saw("authentication.person.invited")
		h.saw("authentication.person.enrolled")
		h.saw("authentication.login.passed")
	})
}

func TestAnInvitationIsGoodOnceInOneBrowserForAWhile(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.invite("ada")
		mine, err := h.service.ChoosePassword(h.Context(), token, "", password, here)
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.service.ChoosePassword(h.Context(), token, "", password, here)
		h.wants(err, "authentication.invitation.refused")
		_, err = h.service.ChoosePassword(h.Context(), token, "another browser", password, here)
		h.wants(err, "authentication.invitation.refused")
		secret := h.secret(token, mine)
		_, _, err = h.service.Enrol(h.Context(), token, "", h.code(secret), here)
		h.wants(err, "authentication.invitation.refused")
		_, _, err = h.service.Enrol(h.Context(), token, mine, "000000", here)
		h.wants(err, "authentication.code.refused")
		_, err = h.service.Password(h.Context(), "ada", password, here)
		h.wants(err, "authentication.login.refused") // not before the last step
		if _, _, err := h.service.Enrol(h.Context(), token, mine, h.code(secret), here); err != nil {
			t.Fatal(err)
		}
		_, _, err = h.service.Enrol(h.Context(), token, mine, h.code(secret), here)
		h.wants(err, "authentication.invitation.refused")

		_, late := h.invite("eve")
		h.now = h.now.Add(time.Hour)
		_, err = h.service.ChoosePassword(h.Context(), late, "", password, here)
		h.wants(err, "authentication.invitation.refused")
		_, err = h.service.ChoosePassword(h.Context(), "", "", password, here)
		h.wants(err, "authentication.invitation.refused")
	})
}

func TestPoorPasswordsAreRefusedBeforeAnythingIsKept(t *testing.T) {
	each(t, func(h *house) {
		_, token := h.invite("ada")
		for _, c := range []struct{ password, code string }{
			{"short", "authentication.password.short"}, {"password1", "authentication.password.common"}, {"lovelace1815", "authentication.password.personal"},
		} {
			_, err := h.service.ChoosePassword(h.Context(), token, "", c.password, here)
			h.wants(err, c.code)
		}
		if _, err := h.service.ChoosePassword(h.Context(), token, "", password, here); err != nil {
			t.Errorf("after poor ones a good one is refused: %v", err)
		}
	})
}

func TestUnknownWrongAndDisabledGetTheSameAnswer(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		h.invite("invited")
		gone := h.enrol("gone")
		h.do(func(c *outbox.Change) error { return identity.SetState(h.Context(), c, gone.ID, identity.Disabled) })
		for _, account := range []string{ada.Account, "nobody", "invited", gone.Account, "", strings.Repeat("x", 300)} {
			secret := "not the password"
			if account == gone.Account {
				secret = password
			}
			_, err := h.service.Password(h.Context(), account, secret, here)
			h.wants(err, "authentication.login.refused")
		}
		h.saw("authentication.login.refused")
	})
}

func TestACodeIsGoodOnce(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		begin := func() *identity.Session {
			t.Helper()
			got, err := h.service.Password(h.Context(), "ada", password, here)
			if err != nil {
				t.Fatal(err)
			}
			return h.find(got.Token)
		}
		one, other := begin(), begin()
		code := h.code(ada.secret)
		if _, err := h.service.Second(h.Context(), one, code, here); err != nil {
			t.Fatal(err)
		}
		_, err := h.service.Second(h.Context(), other, code, here)
		h.wants(err, "authentication.code.refused")
		if _, err := h.service.Second(h.Context(), other, strings.ToLower(ada.codes[3]), here); err != nil {
			t.Errorf("a recovery code, typed in small letters: %v", err)
		}
		h.saw("authentication.recovery.used")
		_, err = h.service.Second(h.Context(), begin(), ada.codes[3], here)
		h.wants(err, "authentication.code.refused")
		if !slices.Contains(h.told(), "ada@example.com recovery") {
			t.Errorf("told %v", h.told())
		}
	})
}

func TestTheSecondStepMustFollowTheFirst(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		got, err := h.service.Password(h.Context(), "ada", password, here)
		if err != nil {
			t.Fatal(err)
		}
		begun := h.find(got.Token)
		h.now = h.now.Add(11 * time.Minute)
		_, err = h.service.Second(h.Context(), begun, h.code(ada.secret), here)
		h.wants(err, "authentication.login.expired")
	})
}

// lost is a cluster that cannot be reached.
type lost struct{ cluster.Cluster }

var errLost = errors.New("no route to the cluster")

func (lost) Count(context.Context, string, int64, time.Duration) (int64, error) { return 0, errLost }
func (lost) Forget(context.Context, string) error                               { return errLost }

func TestGuessingIsHeldOffByEachNodeWhileTheClusterIsOutOfReach(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		h.shared = lost{h.counters}
		h.rebuild()
		n := 0
		for ; n < 100; n++ {
			if _, err := h.service.Password(h.Context(), "ada", "wrong", here); errors.Is(err, authentication.ErrThrottled) {
				break
			}
		}
		if n != 10 {
			t.Errorf("%d passwords could be tried from one place", n)
		}
		h.now = h.now.Add(16 * time.Minute)
		if _, err := h.service.Password(h.Context(), "ada", password, here); err != nil {
			t.Errorf("a quarter of an hour later: %v", err)
		}
	})
}

func TestGuessingIsHeldOffAndNobodyIsLockedOut(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		known := here
		known.Device = ada.got.Device
		throttled := func(err error) bool { return errors.Is(err, authentication.ErrThrottled) }
		n := 0
		for ; n < 100; n++ {
			if _, err := h.service.Password(h.Context(), "ada", "wrong", here); throttled(err) {
				break
			}
		}
		if n != 10 {
			t.Errorf("%d passwords could be tried from one place", n)
		}
		// Her own browser is not kept out by what others do from the same place.
		got, err := h.service.Password(h.Context(), "ada", password, known)
		if err != nil {
			t.Fatalf("her own browser: %v", err)
		}
		// Codes are counted over all sessions.
		begun := h.find(got.Token)
		for n = range 100 {
			if _, err := h.service.Second(h.Context(), begun, "000000", known); throttled(err) {
				break
			}
			if n%3 == 2 {
				got, err := h.service.Password(h.Context(), "ada", password, known)
				if err != nil {
					t.Fatal(err)
				}
				begun = h.find(got.Token)
			}
		}
		if n != 10 {
			t.Errorf("%d codes could be tried over several sessions", n)
		}
		h.now = h.now.Add(16 * time.Minute)
		total := 0 // by somebody elsewhere who knows the password
		for ; total < 200; total++ {
			got, err := h.service.Password(h.Context(), "ada", password, here)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.service.Second(h.Context(), h.find(got.Token), "000000", here); throttled(err) {
				break
			}
			h.now = h.now.Add(2 * time.Minute)
		}
		if total != 40 {
			t.Errorf("%d codes could be tried in a day by whoever knows the password", total)
		}
		got, err = h.service.Password(h.Context(), "ada", password, known)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.service.Second(h.Context(), h.find(got.Token), h.code(ada.secret), known); err != nil {
			t.Errorf("meanwhile her own browser: %v", err)
		}
		h.now = h.now.Add(24 * time.Hour)
		got, err = h.service.Password(h.Context(), "ada", password, here)
		if err != nil {
			t.Fatalf("a day later: %v", err)
		}
		if _, err := h.service.Second(h.Context(), h.find(got.Token), h.code(ada.secret), here); err != nil {
			t.Errorf("a day later: %v", err)
		}
	})
}

func TestAnOfficeBehindOneAddressIsNotTakenForGuessing(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		for n := range 12 {
			if _, err := h.service.Password(h.Context(), "ada", password, here); err != nil {
				t.Fatalf("sign-in %d: %v", n, err)
			}
		}
		session := h.find(ada.got.Token)
		for n := range 210 {
			code, err := h.service.HandOver(h.Context(), session, notes, authentication.Challenge("v"), "/")
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := h.service.Redeem(h.Context(), code, notes, "v", here); err != nil {
				t.Fatalf("handover %d: %v", n, err)
			}
		}
	})
}

// A page somewhere else can have a browser send any number of codes from its office's address.
func TestMadeUpCodesShutNobodyOut(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		session := h.find(ada.got.Token)
		_, link := h.invite("bea")
		began := len(h.record.Events())
		for range 300 {
			_, _, err := h.service.Redeem(h.Context(), "made up", notes, "v", here)
			h.wants(err, "authentication.handover.refused")
		}
		if n := len(h.record.Events()); n != began {
			t.Errorf("they left %d events of their own", n-began)
		}
		code, err := h.service.HandOver(h.Context(), session, notes, authentication.Challenge("v"), "/")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.service.Redeem(h.Context(), code, notes, "v", here); err != nil {
			t.Errorf("a good code: %v", err)
		}
		if _, err := h.service.ChoosePassword(h.Context(), link, "", password, here); err != nil {
			t.Errorf("a good invitation: %v", err)
		}
	})
}

// post sends the portal's form of signing in with a wrong password, from a browser of this name.
func (h *house) post(account, agent string) *httptest.ResponseRecorder {
	h.Helper()
	routes := h.service.Practice().Routes
	i := slices.IndexFunc(routes, func(r practice.Route) bool { return r.Pattern == "POST /login" })
	form := url.Values{"account": {account}, "password": {"wrong"}}
	q := httptest.NewRequestWithContext(h.Context(), http.MethodPost, "https://"+portal+"/login", strings.NewReader(form.Encode()))
	q.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}, "User-Agent": {agent}}
	w := httptest.NewRecorder()
	routes[i].Handler.ServeHTTP(w, q)
	return w
}

func TestABrowserWhoseNameIsNoTextIsOnTheRecordToo(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		before := len(h.record.Events())
		if w := h.post("ada", strings.Repeat("é", 127)+"a\xc3\xa9\xff\xfe"); w.Code != http.StatusUnauthorized {
			t.Errorf("answered %d", w.Code)
		}
		if got := h.record.Events()[before:]; len(got) != 1 || got[0].Kind != "authentication.login.refused" {
			t.Errorf("recorded %+v", got)
		}
	})
}

func TestWhoGuessesIsToldWhenToTryAgain(t *testing.T) {
	each(t, func(h *house) {
		h.enrol("ada")
		for range 100 {
			w := h.post("ada", "a browser")
			if w.Code == http.StatusTooManyRequests {
				if after := w.Header().Get("Retry-After"); after != "900" {
					t.Errorf("to be tried again after %q", after)
				}
				return
			}
			if after := w.Header().Get("Retry-After"); w.Code != http.StatusUnauthorized || after != "" {
				t.Fatalf("answered %d, to be tried again after %q", w.Code, after)
			}
		}
		t.Error("a hundred guesses were judged")
	})
}

func TestAHandoverIsBoundToHostBrowserAndMoment(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		session := h.find(ada.got.Token)
		ask := func() (code, verifier string) {
			t.Helper()
			verifier = "a verifier that only this browser has"
			code, err := h.service.HandOver(h.Context(), session, notes, authentication.Challenge(verifier), "/notes?page=2")
			if err != nil {
				t.Fatal(err)
			}
			return code, verifier
		}
		code, verifier := ask()
		token, path, err := h.service.Redeem(h.Context(), code, notes, verifier, here)
		if err != nil || path != "/notes?page=2" {
			t.Fatalf("%q, %v", path, err)
		}
		if _, err := h.session.Find(h.Context(), token, identity.Application, notes); err != nil {
			t.Errorf("the token is not good on its host: %v", err)
		}
		if h.find(token) != nil {
			t.Error("the application's token opens the portal")
		}
		_, _, err = h.service.Redeem(h.Context(), code, notes, verifier, here)
		h.wants(err, "authentication.handover.refused")

		for name, try := range map[string]func(code, verifier string) error{
			"another host": func(c, v string) error {
				_, _, err := h.service.Redeem(h.Context(), c, "console.example.com", v, here)
				return err
			},
			"another browser": func(c, _ string) error {
				_, _, err := h.service.Redeem(h.Context(), c, notes, "another", here)
				return err
			},
			"a browser without the cookie": func(c, _ string) error { _, _, err := h.service.Redeem(h.Context(), c, notes, "", here); return err },
			"too late": func(c, v string) error {
				h.now = h.now.Add(time.Minute)
				_, _, err := h.service.Redeem(h.Context(), c, notes, v, here)
				return err
			},
		} {
			code, verifier := ask()
			h.wants(try(code, verifier), "authentication.handover.refused")
			if _, _, err := h.service.Redeem(h.Context(), code, notes, verifier, here); err == nil {
				t.Errorf("%s: the code was good once more", name)
			}
		}
		_, err = h.service.HandOver(h.Context(), session, "evil.example.net", authentication.Challenge(verifier), "/")
		h.wants(err, "authentication.handover.unknown")
		h.saw("authentication.handover.refused")
	})
}

func TestSigningOutEndsEveryOrigin(t *testing.T) {
	each(t, func(h *house) {
		ada := h.enrol("ada")
		session := h.find(ada.got.Token)
		code, err := h.service.HandOver(h.Context(), session, notes, authentication.Challenge("v"), "/")
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := h.service.Redeem(h.Context(), code, notes, "v", here)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.service.SignOut(h.Context(), session, here); err != nil {
			t.Fatal(err)
		}
		if _, err := h.session.Find(h.Context(), token, identity.Application, notes); !errors.Is(err, identity.ErrNoSession) {
			t.Errorf("the application's session goes on: %v", err)
		}
		if h.find(ada.got.Token) != nil {
			t.Error("the portal's session goes on")
		}
	})
}
