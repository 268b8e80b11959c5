package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenward/tenward/problem"
)

// ErrNoSecret is returned for a name under which nothing is kept.
var ErrNoSecret = errors.New("no such secret")

// secretName is a path of lower-case words, like encryption/ca.key. Strict, because names are part of what is sealed.
var secretName = regexp.MustCompile(`^[a-z0-9][a-z0-9._/@-]{0,199}$`)

// secretLimit bounds one secret: keys and seeds are small, and whatever is larger belongs elsewhere.
const secretLimit = 64 << 10

// Secrets keeps values sealed under a master key. All rows are under one key: another key is refused before it writes.
// Sealing shows a value that was altered or moved to another name; it cannot show a row put back to an older value.
type Secrets struct {
	db     *DB
	sealer sealer
	err    error // why nothing can be sealed: the zero master key
}

// Secrets gives the secrets of this database under the master key.
func (db *DB) Secrets(master MasterKey) *Secrets {
	s, err := newSealer(master)
	return &Secrets{db: db, sealer: s, err: err}
}

// Put keeps the plaintext under the name, in place of what was there.
func (s *Secrets) Put(ctx context.Context, name string, plaintext []byte) error {
	return s.db.Tx(ctx, func(tx *Tx) error { return s.PutIn(ctx, tx, name, plaintext) })
}

// PutIn is Put inside a transaction.
func (s *Secrets) PutIn(ctx context.Context, tx *Tx, name string, plaintext []byte) error {
	if err := s.usable(name, plaintext); err != nil {
		return fmt.Errorf("put secret: %w", err)
	}
	if err := s.oneKey(ctx, tx); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO store_secret (name, key_id, sealed, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
		ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at`,
		name, s.sealer.id, s.sealer.seal(name, plaintext), s.db.now().UnixMicro())
	if err != nil {
		return fmt.Errorf("put secret %s: %w", name, err)
	}
	return nil
}

// GetIn is Get inside a transaction.
func (s *Secrets) GetIn(ctx context.Context, tx *Tx, name string) ([]byte, error) {
	if err := s.usable(name, nil); err != nil {
		return nil, fmt.Errorf("get secret: %w", err)
	}
	return s.read(name, tx.QueryRow(ctx, selectSecret, name))
}

// Get returns the plaintext kept under the name, or ErrNoSecret.
func (s *Secrets) Get(ctx context.Context, name string) ([]byte, error) {
	if err := s.usable(name, nil); err != nil {
		return nil, fmt.Errorf("get secret: %w", err)
	}
	return s.read(name, s.db.QueryRow(ctx, selectSecret, name))
}

const selectSecret = "SELECT key_id, sealed FROM store_secret WHERE name = $1" //nolint:gosec // a query, not a credential

func (s *Secrets) read(name string, row *sql.Row) ([]byte, error) {
	var id string
	var sealed []byte
	if err := row.Scan(&id, &sealed); errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("get secret %s: %w", name, ErrNoSecret)
	} else if err != nil {
		return nil, fmt.Errorf("get secret %s: %w", name, s.db.fault(err))
	}
	return s.unseal(name, id, sealed)
}

func (s *Secrets) unseal(name, id string, sealed []byte) ([]byte, error) {
	if id != s.sealer.id {
		return nil, s.wrongKey(id)
	}
	plaintext, err := s.sealer.open(name, sealed)
	if err != nil {
		return nil, problem.New("store.secret.altered",
			fmt.Sprintf("The secret %s in %s was altered since it was sealed.", name, s.db.place),
			"Find out who can write to the database, then put a backup of the data folder in its place.").
			Because(fmt.Errorf("open secret %s: %w", name, err))
	}
	return plaintext, nil
}

// GetOrMake returns the secret of that name; where there is none it keeps what makeIt returns. Of several processes that
// begin at once, all return the value of the one that came first.
func (s *Secrets) GetOrMake(ctx context.Context, name string, makeIt func() ([]byte, error)) ([]byte, error) {
	plaintext, err := s.Get(ctx, name)
	if !errors.Is(err, ErrNoSecret) {
		return plaintext, err
	}
	made, err := makeIt() // outside the transaction: making a key takes its time
	if err != nil {
		return nil, fmt.Errorf("make secret %s: %w", name, err)
	}
	if err := s.usable(name, made); err != nil {
		return nil, fmt.Errorf("make secret: %w", err)
	}
	sealed := s.sealer.seal(name, made)
	err = s.db.Tx(ctx, func(tx *Tx) error {
		if err := s.oneKey(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO store_secret (name, key_id, sealed, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $4) ON CONFLICT (name) DO NOTHING`,
			name, s.sealer.id, sealed, s.db.now().UnixMicro()); err != nil {
			return fmt.Errorf("make secret %s: %w", name, err)
		}
		plaintext, err = s.read(name, tx.QueryRow(ctx, selectSecret, name))
		return err
	})
	if err != nil {
		return nil, err
	}
	return plaintext, nil
}

// Delete forgets the secret, or returns ErrNoSecret.
func (s *Secrets) Delete(ctx context.Context, name string) error {
	result, err := s.db.Exec(ctx, "DELETE FROM store_secret WHERE name = $1", name)
	if err != nil {
		return fmt.Errorf("delete secret %s: %w", name, err)
	}
	if n, err := result.RowsAffected(); err != nil {
		return fmt.Errorf("delete secret %s: %w", name, err)
	} else if n == 0 {
		return fmt.Errorf("delete secret %s: %w", name, ErrNoSecret)
	}
	return nil
}

// Names lists the secrets whose names begin with prefix, sorted.
func (s *Secrets) Names(ctx context.Context, prefix string) ([]string, error) {
	rows, err := s.db.Query(ctx, "SELECT name FROM store_secret")
	if err != nil {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	names, err := All(rows, func(rows *sql.Rows, name *string) error { return rows.Scan(name) })
	if err != nil {
		return nil, fmt.Errorf("list secrets: %w", err)
	}
	// Chosen and sorted here and not in SQL: the engines, and their locales, compare text differently.
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
	slices.Sort(names)
	return names, nil
}

// usable refuses what may not be sealed, before anything is asked of the database.
func (s *Secrets) usable(name string, plaintext []byte) error {
	switch {
	case s.err != nil:
		return s.err
	case !secretName.MatchString(name):
		return fmt.Errorf("the name %q is not made of lower-case words, digits and ._/@-", name)
	case len(plaintext) > secretLimit:
		return fmt.Errorf("%s has %d bytes, more than %d", name, len(plaintext), secretLimit)
	}
	return nil
}

// oneKey refuses to write while rows are sealed under another key: a database under two keys opens with neither.
func (s *Secrets) oneKey(ctx context.Context, tx *Tx) error {
	var other string
	err := tx.QueryRow(ctx, "SELECT key_id FROM store_secret WHERE key_id <> $1 LIMIT 1", s.sealer.id).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read key ids: %w", err)
	}
	return s.wrongKey(other)
}

func (s *Secrets) wrongKey(id string) error { return wrongKey(s.db.place, id, s.sealer.id) }

func wrongKey(place, wanted, given string) error {
	return problem.New("store.masterkey.wrong",
		fmt.Sprintf("The secrets in %s are sealed under the master key %s; the one given is %s.", place, wanted, given),
		fmt.Sprintf("Give Tenward the master key %s: from its copy, or from the other nodes on this database.", wanted))
}
