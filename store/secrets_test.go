package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// eachSecrets runs the test with empty secrets under a new master key on both engines.
func eachSecrets(t *testing.T, test func(t *testing.T, db *store.DB, key store.MasterKey, s *store.Secrets)) {
	t.Helper()
	each(t, func(t *testing.T, db *store.DB) {
		key := store.NewMasterKey()
		test(t, db, key, db.Secrets(key))
	})
}

func put(t *testing.T, s *store.Secrets, name, plaintext string) {
	t.Helper()
	if err := s.Put(t.Context(), name, []byte(plaintext)); err != nil {
		t.Fatal(err)
	}
}

func wantSecret(t *testing.T, s *store.Secrets, name, want string) {
	t.Helper()
	if got, err := s.Get(t.Context(), name); err != nil || string(got) != want {
		t.Errorf("%s = %q, %v, want %q", name, got, err, want)
	}
}

func TestASecretComesBackAsItWasPut(t *testing.T) {
	eachSecrets(t, func(t *testing.T, _ *store.DB, _ store.MasterKey, s *store.Secrets) {
		for _, plaintext := range []string{"", "\x00\xff", "seed", strings.Repeat("k", 64<<10)} {
			put(t, s, "encryption/ca.key", plaintext)
			wantSecret(t, s, "encryption/ca.key", plaintext)
		}
	})
}

func TestTheDatabaseHoldsNothingOfTheSecret(t *testing.T) {
	eachSecrets(t, func(t *testing.T, db *store.DB, key store.MasterKey, s *store.Secrets) {
		put(t, s, "a", "correct horse battery staple")
		first := sealed(t, db, "a")
		put(t, s, "a", "correct horse battery staple")
		second := sealed(t, db, "a")
		if bytes.Contains(first, []byte("horse")) {
			t.Error("the plaintext lies in the row")
		}
		if bytes.Equal(first, second) {
			t.Error("the same secret sealed twice looks the same: the nonce was used again")
		}
		if n := count(t, db, "SELECT count(*) FROM store_secret WHERE key_id = $1", key.ID()); n != 1 {
			t.Error("the row does not name its key")
		}
	})
}

func sealed(t *testing.T, db *store.DB, name string) (sealed []byte) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT sealed FROM store_secret WHERE name = $1", name).Scan(&sealed); err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestRowsRememberWhenTheyWereMadeAndChanged(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 123456000, time.UTC)
	db := storetest.Open(t, store.Options{Memory: true, Now: func() time.Time { return at }})
	s := db.Secrets(store.NewMasterKey())
	made := at.UnixMicro()
	put(t, s, "a", "one")
	at = at.Add(time.Hour)
	put(t, s, "a", "two")
	if n := count(t, db, "SELECT count(*) FROM store_secret WHERE created_at = $1 AND updated_at = $2", made, at.UnixMicro()); n != 1 {
		t.Error("created_at and updated_at are not the times of the two puts")
	}
}

func TestAMissingSecretIsErrNoSecret(t *testing.T) {
	eachSecrets(t, func(t *testing.T, _ *store.DB, _ store.MasterKey, s *store.Secrets) {
		if _, err := s.Get(t.Context(), "a"); !errors.Is(err, store.ErrNoSecret) {
			t.Errorf("get: %v", err)
		}
		if err := s.Delete(t.Context(), "a"); !errors.Is(err, store.ErrNoSecret) {
			t.Errorf("delete: %v", err)
		}
		put(t, s, "a", "x")
		if err := s.Delete(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		if _, err := s.Get(t.Context(), "a"); !errors.Is(err, store.ErrNoSecret) {
			t.Errorf("get after delete: %v", err)
		}
	})
}

func TestNamesAreChosenByPrefixAndSorted(t *testing.T) {
	eachSecrets(t, func(t *testing.T, _ *store.DB, _ store.MasterKey, s *store.Secrets) {
		for _, name := range []string{"b/2", "a_x", "b/1", "a", "b"} {
			put(t, s, name, "x")
		}
		for prefix, want := range map[string]string{"": "[a a_x b b/1 b/2]", "b/": "[b/1 b/2]", "a_": "[a_x]", "%": "[]"} {
			if got, err := s.Names(t.Context(), prefix); err != nil || fmt.Sprint(got) != want {
				t.Errorf("Names(%q) = %v, %v, want %s", prefix, got, err, want)
			}
		}
	})
}

func TestWhatCannotBeASecretIsRefused(t *testing.T) {
	s := storetest.Memory(t).Secrets(store.NewMasterKey())
	for _, name := range []string{"", "A", "a b", "a\x00b", "/a", "ä", "a'--", strings.Repeat("a", 201)} {
		if err := s.Put(t.Context(), name, nil); err == nil {
			t.Errorf("the name %q was taken", name)
		}
		if _, err := s.Get(t.Context(), name); err == nil || errors.Is(err, store.ErrNoSecret) {
			t.Errorf("the name %q was looked up: %v", name, err)
		}
	}
	if err := s.Put(t.Context(), "a", make([]byte, 64<<10+1)); err == nil {
		t.Error("a secret of more than 64 KiB was taken")
	}
}

func TestTheZeroMasterKeySealsAndOpensNothing(t *testing.T) {
	db := storetest.Memory(t)
	s, ctx := db.Secrets(store.MasterKey{}), t.Context()
	if err := s.Put(ctx, "a", nil); err == nil {
		t.Error("put")
	}
	if _, err := s.Get(ctx, "a"); err == nil || errors.Is(err, store.ErrNoSecret) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.GetOrMake(ctx, "a", func() ([]byte, error) { return nil, nil }); err == nil {
		t.Error("get or make")
	}
	if _, err := s.Rotate(ctx, store.NewMasterKey()); err == nil {
		t.Error("rotate from")
	}
	if _, err := db.Secrets(store.NewMasterKey()).Rotate(ctx, store.MasterKey{}); err == nil {
		t.Error("rotate to")
	}
}

func TestAnAlteredRowIsDetected(t *testing.T) {
	cases := []struct {
		name  string
		alter func(t *testing.T, db *store.DB)
	}{
		{"swapped with another name", func(t *testing.T, db *store.DB) {
			a, b := sealed(t, db, "a"), sealed(t, db, "b")
			exec(t, db, "UPDATE store_secret SET sealed = $1 WHERE name = 'a'", b)
			exec(t, db, "UPDATE store_secret SET sealed = $1 WHERE name = 'b'", a)
		}},
		{"moved to another name", func(t *testing.T, db *store.DB) {
			exec(t, db, "DELETE FROM store_secret WHERE name = 'a'")
			exec(t, db, "UPDATE store_secret SET name = 'a' WHERE name = 'b'")
		}},
		{"one bit flipped", func(t *testing.T, db *store.DB) {
			bytes := sealed(t, db, "a")
			bytes[len(bytes)-1] ^= 1
			exec(t, db, "UPDATE store_secret SET sealed = $1 WHERE name = 'a'", bytes)
		}},
		{"cut short", func(t *testing.T, db *store.DB) {
			exec(t, db, "UPDATE store_secret SET sealed = $1 WHERE name = 'a'", sealed(t, db, "a")[:10])
		}},
		{"emptied", func(t *testing.T, db *store.DB) {
			exec(t, db, "UPDATE store_secret SET sealed = $1 WHERE name = 'a'", []byte{})
		}},
		{"of another format", func(t *testing.T, db *store.DB) {
			bytes := sealed(t, db, "a")
			bytes[0]++
			exec(t, db, "UPDATE store_secret SET sealed = $1 WHERE name = 'a'", bytes)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			eachSecrets(t, func(t *testing.T, db *store.DB, _ store.MasterKey, s *store.Secrets) {
				put(t, s, "a", "one")
				put(t, s, "b", "two")
				c.alter(t, db)
				_, err := s.Get(t.Context(), "a")
				wantProblem(t, err, "store.secret.altered", "secret a ")
				_, err = s.GetOrMake(t.Context(), "a", func() ([]byte, error) { return []byte("new"), nil })
				wantProblem(t, err, "store.secret.altered")
			})
		})
	}
}

func TestAnotherMasterKeyIsRefusedBeforeItReadsOrWrites(t *testing.T) {
	eachSecrets(t, func(t *testing.T, db *store.DB, key store.MasterKey, s *store.Secrets) {
		put(t, s, "a", "one")
		other := store.NewMasterKey()
		wrong, ctx := db.Secrets(other), t.Context()
		acts := map[string]func() error{
			"get":          func() error { _, err := wrong.Get(ctx, "a"); return err },
			"put in place": func() error { return wrong.Put(ctx, "a", []byte("two")) },
			"put beside":   func() error { return wrong.Put(ctx, "b", []byte("two")) },
			"make beside": func() error {
				_, err := wrong.GetOrMake(ctx, "b", func() ([]byte, error) { return nil, nil })
				return err
			},
			"rotate": func() error { _, err := wrong.Rotate(ctx, store.NewMasterKey()); return err },
		}
		for name, act := range acts {
			t.Run(name, func(t *testing.T) {
				wantProblem(t, act(), "store.masterkey.wrong", key.ID(), other.ID())
			})
		}
		if names, err := s.Names(ctx, ""); err != nil || fmt.Sprint(names) != "[a]" {
			t.Errorf("names = %v, %v", names, err)
		}
		wantSecret(t, s, "a", "one")

		exec(t, db, "UPDATE store_secret SET key_id = $1", other.ID()) // a row that claims the other key
		_, err := wrong.Get(ctx, "a")
		wantProblem(t, err, "store.secret.altered")
	})
}

func TestGetOrMakeMakesOnceAndKeepsWhatTheFirstMade(t *testing.T) {
	eachSecrets(t, func(t *testing.T, _ *store.DB, _ store.MasterKey, s *store.Secrets) {
		ctx, boom := t.Context(), errors.New("boom")
		if _, err := s.GetOrMake(ctx, "a", func() ([]byte, error) { return nil, boom }); !errors.Is(err, boom) {
			t.Errorf("got %v, want the maker's error", err)
		}
		got, err := s.GetOrMake(ctx, "a", func() ([]byte, error) {
			put(t, s, "a", "of somebody quicker")
			return []byte("mine"), nil
		})
		if err != nil || string(got) != "of somebody quicker" {
			t.Errorf("got %q, %v", got, err)
		}
		got, err = s.GetOrMake(ctx, "a", func() ([]byte, error) { t.Error("made again"); return nil, nil })
		if err != nil || string(got) != "of somebody quicker" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestRotationSealsEverythingUnderTheNextKey(t *testing.T) {
	eachSecrets(t, func(t *testing.T, db *store.DB, key store.MasterKey, s *store.Secrets) {
		put(t, s, "a", "one")
		put(t, s, "b", "two")
		next := store.NewMasterKey()
		under, err := s.Rotate(t.Context(), next)
		if err != nil {
			t.Fatal(err)
		}
		for _, now := range []*store.Secrets{under, db.Secrets(next)} {
			wantSecret(t, now, "a", "one")
			wantSecret(t, now, "b", "two")
		}
		_, err = s.Get(t.Context(), "a")
		wantProblem(t, err, "store.masterkey.wrong")
		if n := count(t, db, "SELECT count(*) FROM store_secret WHERE key_id = $1", key.ID()); n != 0 {
			t.Errorf("%d rows still under the old key", n)
		}
	})
}

func TestRotationThatMeetsAnAlteredRowChangesNothing(t *testing.T) {
	eachSecrets(t, func(t *testing.T, db *store.DB, _ store.MasterKey, s *store.Secrets) {
		for _, name := range []string{"a", "b", "c"} {
			put(t, s, name, name)
		}
		exec(t, db, "UPDATE store_secret SET sealed = $1 WHERE name = 'b'", []byte{1, 2, 3})
		_, err := s.Rotate(t.Context(), store.NewMasterKey())
		wantProblem(t, err, "store.secret.altered")
		wantSecret(t, s, "a", "a")
		wantSecret(t, s, "c", "c")
	})
}
