package password

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/tenward/tenward/problem"
)

func TestOnlyTheSamePasswordVerifies(t *testing.T) {
	h := New(1)
	kept, err := h.Hash(t.Context(), "correct horse ﬁne")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kept, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(kept, "horse") {
		t.Errorf("kept as %s", kept)
	}
	for _, c := range []struct {
		name, password, kept string
		want                 bool
	}{
		{"the same", "correct horse ﬁne", kept, true},
		{"the same, typed on another keyboard", "correct horse fine", kept, true},
		{"another case", "Correct horse fine", kept, false},
		{"one more character", "correct horse fine ", kept, false},
		{"nothing", "", kept, false},
		{"somebody unknown", "correct horse fine", "", false},
		{"somebody unknown, and nothing", "", "", false},
	} {
		if got, err := h.Verify(t.Context(), c.password, c.kept); got != c.want || err != nil {
			t.Errorf("%s: %t, %v, want %t", c.name, got, err, c.want)
		}
	}
	if again, err := h.Hash(t.Context(), "correct horse ﬁne"); err != nil || again == kept {
		t.Errorf("two hashes of one password are the same, or %v", err)
	}
}

func TestAHashThatCannotBeReadIsAnErrorAndNeverRight(t *testing.T) {
	const good = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	h := New(1)
	if _, err := h.Verify(t.Context(), "x", good); err != nil {
		t.Fatalf("the hash that the others are made from: %v", err)
	}
	for _, bad := range []string{
		"plain", "$", "$argon2i" + good[9:], strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "m=19456", "m=99999999", 1),
		strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "t=2", "t=99", 1), strings.Replace(good, "p=1", "p=0", 1), strings.Replace(good, "p=1", "p=99", 1),
		strings.Replace(good, "m=19456", "m=x", 1), good[:len(good)-4], good + "$", strings.Replace(good, "$AAAAAAAAAAAAAAAAAAAAAA$", "$AAAA$", 1), strings.Replace(good, "AAA", "A*A", 1),
	} {
		if ok, err := h.Verify(t.Context(), "x", bad); ok || err == nil {
			t.Errorf("%s: %t, %v", bad, ok, err)
		}
		if !Outdated(bad) {
			t.Errorf("%s is not outdated", bad)
		}
	}
	for parameters, readable := range map[string]bool{"m=8,t=64,p=1": true, "m=8,t=65,p=1": false, "m=7,t=1,p=1": false} {
		if _, err := h.Verify(t.Context(), "x", strings.Replace(good, "m=19456,t=2,p=1", parameters, 1)); (err == nil) != readable {
			t.Errorf("%s: %v", parameters, err)
		}
	}
	if !Outdated(strings.Replace(good, "t=2", "t=1", 1)) || Outdated(good) {
		t.Error("outdated is what has other parameters, and nothing else")
	}
}

func TestAStormWaitsForItsTurnAndGivesUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(1)
		h.slots <- struct{}{} // somebody is at it
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := h.Verify(ctx, "x", "")
			done <- err
		}()
		synctest.Wait()
		why := errors.New("the client went away")
		cancel(why)
		if err := <-done; !errors.Is(err, why) {
			t.Errorf("gave up with %v", err)
		}
	})
}

func TestWhichPasswordsAreRefused(t *testing.T) {
	about := []string{"Ada Lovelace", "ada.lovelace@example.com", "Tenward"}
	for _, c := range []struct{ password, code string }{
		{"correct horse battery", ""},
		{"Tr0ub4dor&3 staple", ""},
		{"vierzig grüne Fenster", ""},
		{"дождь и чайник", ""},
		{"qpwoeirutyzm", ""},
		{"   spaces count   ", ""},
		{"short", "authentication.password.short"},
		{"siebenZ", "authentication.password.short"},
		{strings.Repeat("long enough ", 30), "authentication.password.long"},
		{"aaaaaaaaaa", "authentication.password.repeated"},
		{"abcabcabcabc", "authentication.password.repeated"},
		{"password", "authentication.password.common"},
		{"PassWord", "authentication.password.common"},
		{"p@ssw0rd", "authentication.password.common"},
		{"password1!", "authentication.password.common"},
		{"2024michelle", "authentication.password.common"},
		{"sunshine99", "authentication.password.common"},
		{"elizabeth", "authentication.password.common"},
		{"12345678", "authentication.password.common"},
		{"lovelace1815", "authentication.password.personal"},
		{"L0vel@ce!!", "authentication.password.personal"},
		{"tenward2026", "authentication.password.personal"},
		{"lovelace walks on the beach", ""},
	} {
		err := Check(c.password, MinWithFactor, about...)
		if c.code == "" && err != nil {
			t.Errorf("%q is refused: %v", c.password, err)
		}
		if p := problem.Of(err); c.code != "" && (err == nil || p.Code != c.code || p.Next == "") {
			t.Errorf("%q: %v, want %s", c.password, err, c.code)
		} else if err != nil && c.password != "password" && strings.Contains(p.Sentence, c.password) {
			t.Errorf("the refusal of %q quotes it", c.password)
		}
	}
	if Check("fourteen chars", MinWithoutFactor) == nil {
		t.Error("without a second factor fourteen characters are enough")
	}
	if err := Check("fifteen letters", MinWithoutFactor); err != nil {
		t.Errorf("without a second factor fifteen characters are not enough: %v", err)
	}
}

func TestTheBlocklistHasTenThousandPasswordsOfALengthThatWouldPassOtherwise(t *testing.T) {
	n := 0
	for word := range blocklist() {
		if Check(word, MinWithFactor) == errCommon { //nolint:errorlint // this very one
			n++
		}
	}
	if n < 10_000 {
		t.Errorf("%d passwords are refused for being common, want 10000", n)
	}
}

func BenchmarkVerify(b *testing.B) {
	h := New(1)
	for b.Loop() {
		if _, err := h.Verify(b.Context(), "correct horse battery", ""); err != nil {
			b.Fatal(err)
		}
	}
}
