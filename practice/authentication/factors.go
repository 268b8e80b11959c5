package authentication

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice/authentication/totp"
	"github.com/tenward/tenward/store"
)

// factors keeps what people prove themselves with.
type factors struct {
	db      *store.DB
	secrets *store.Secrets
}

// passwordHash gives what is kept of somebody's password; empty when they have none.
func (f *factors) passwordHash(ctx context.Context, id identity.PersonID) (string, error) {
	var hash string
	err := f.db.QueryRow(ctx, "SELECT hash FROM authentication_password WHERE person_id = $1", string(id)).Scan(&hash)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("find password: %w", err)
	}
	return hash, nil
}

// passwordSet is since when somebody has their password; zero when they have none.
func (f *factors) passwordSet(ctx context.Context, id identity.PersonID) (time.Time, error) {
	var set int64
	err := f.db.QueryRow(ctx, "SELECT set_at FROM authentication_password WHERE person_id = $1", string(id)).Scan(&set)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("find password: %w", err)
	}
	return time.UnixMicro(set).UTC(), nil
}

func (f *factors) setPassword(ctx context.Context, c *outbox.Change, id identity.PersonID, hash string) error {
	_, err := c.Exec(ctx, `INSERT INTO authentication_password (person_id, hash, set_at) VALUES ($1, $2, $3)
		ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, set_at = excluded.set_at`, string(id), hash, c.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("set password: %w", err)
	}
	return nil
}

// App is one authenticator app as its owner sees it.
type App struct {
	ID, Name    string
	Added, Used time.Time
	lastStep    int64
}

func (f *factors) apps(ctx context.Context, id identity.PersonID) ([]App, error) {
	rows, err := f.db.Query(ctx, "SELECT id, name, last_step, created_at, used_at FROM authentication_totp WHERE person_id = $1 ORDER BY created_at, id", string(id))
	if err != nil {
		return nil, fmt.Errorf("list authenticator apps: %w", err)
	}
	apps, err := store.All(rows, func(rows *sql.Rows, a *App) error {
		var added, used int64
		err := rows.Scan(&a.ID, &a.Name, &a.lastStep, &added, &used)
		a.Added, a.Used = time.UnixMicro(added).UTC(), time.UnixMicro(used).UTC()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list authenticator apps: %w", err)
	}
	return apps, nil
}

func appSecret(id string) string { return "authentication/totp/" + id }

// addApp keeps an app whose code has been shown once, in the step that it was good for.
func (f *factors) addApp(ctx context.Context, c *outbox.Change, person identity.PersonID, name, secret string, step int64) error {
	id := string(identity.NewPersonID(c.Now()))
	if err := f.secrets.PutIn(ctx, c.Tx, appSecret(id), []byte(secret)); err != nil {
		return err
	}
	_, err := c.Exec(ctx, "INSERT INTO authentication_totp (id, person_id, name, last_step, created_at, used_at) VALUES ($1, $2, $3, $4, $5, $5)",
		id, string(person), name, step, c.Now().UnixMicro())
	if err != nil {
		return fmt.Errorf("add authenticator app: %w", err)
	}
	return nil
}

// removeFactors takes away all that somebody proved themselves with.
func (f *factors) removeFactors(ctx context.Context, c *outbox.Change, person identity.PersonID) error {
	rows, err := c.Query(ctx, "DELETE FROM authentication_totp WHERE person_id = $1 RETURNING id", string(person))
	if err != nil {
		return fmt.Errorf("remove authenticator apps: %w", err)
	}
	ids, err := store.All(rows, func(rows *sql.Rows, id *string) error { return rows.Scan(id) })
	if err != nil {
		return fmt.Errorf("remove authenticator apps: %w", err)
	}
	for _, id := range ids {
		if _, err := c.Exec(ctx, "DELETE FROM store_secret WHERE name = $1", appSecret(id)); err != nil {
			return fmt.Errorf("remove secret of authenticator app: %w", err)
		}
	}
	for _, table := range []string{"authentication_password", "authentication_recovery", "authentication_device"} {
		if _, err := c.Exec(ctx, "DELETE FROM "+table+" WHERE person_id = $1", string(person)); err != nil {
			return fmt.Errorf("remove factors: %w", err)
		}
	}
	return nil
}

// useCode finds the app whose code this is, and sees to it that the code is never good again: the step moves on in the
// same statement that says whose turn it was, so that of two requests with one code only one succeeds.
func (f *factors) useCode(ctx context.Context, c *outbox.Change, person identity.PersonID, code string) (bool, error) {
	rows, err := c.Query(ctx, "SELECT id, last_step FROM authentication_totp WHERE person_id = $1", string(person))
	if err != nil {
		return false, fmt.Errorf("list authenticator apps: %w", err)
	}
	apps, err := store.All(rows, func(rows *sql.Rows, a *App) error { return rows.Scan(&a.ID, &a.lastStep) })
	if err != nil {
		return false, fmt.Errorf("list authenticator apps: %w", err)
	}
	for _, a := range apps {
		secret, err := f.secrets.GetIn(ctx, c.Tx, appSecret(a.ID))
		if err != nil {
			return false, err
		}
		step, ok, err := totp.Match(string(secret), code, c.Now(), a.lastStep)
		if err != nil || !ok {
			if err != nil {
				return false, err
			}
			continue
		}
		result, err := c.Exec(ctx, "UPDATE authentication_totp SET last_step = $1, used_at = $2 WHERE id = $3 AND last_step < $1", step, c.Now().UnixMicro(), a.ID)
		if err != nil {
			return false, fmt.Errorf("use code: %w", err)
		}
		n, err := result.RowsAffected()
		return n == 1, err
	}
	return false, nil
}

const (
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits: nobody guesses that, and a fast hash is enough
)

var recoveryText = base32.StdEncoding.WithPadding(base32.NoPadding)

// newRecoveryCodes replaces somebody's recovery codes and gives the new ones, as they are shown this one time.
func (f *factors) newRecoveryCodes(ctx context.Context, c *outbox.Change, person identity.PersonID) ([]string, error) {
	if _, err := c.Exec(ctx, "DELETE FROM authentication_recovery WHERE person_id = $1", string(person)); err != nil {
		return nil, fmt.Errorf("remove recovery codes: %w", err)
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		var b [recoveryBytes]byte
		rand.Read(b[:]) // it never fails: crypto/rand ends the process instead
		text := recoveryText.EncodeToString(b[:])
		codes[i] = text[0:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16]
		hash := hashRecovery(codes[i])
		if _, err := c.Exec(ctx, "INSERT INTO authentication_recovery (person_id, hash) VALUES ($1, $2)", string(person), hash[:]); err != nil {
			return nil, fmt.Errorf("keep recovery code: %w", err)
		}
	}
	return codes, nil
}

// useRecoveryCode says whether the code is one of somebody's, and removes it.
func (f *factors) useRecoveryCode(ctx context.Context, c *outbox.Change, person identity.PersonID, code string) (bool, error) {
	hash := hashRecovery(code)
	result, err := c.Exec(ctx, "DELETE FROM authentication_recovery WHERE person_id = $1 AND hash = $2", string(person), hash[:])
	if err != nil {
		return false, fmt.Errorf("use recovery code: %w", err)
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// recoveryLeft says how many codes somebody has left.
func (f *factors) recoveryLeft(ctx context.Context, person identity.PersonID) (n int, err error) {
	if err := f.db.QueryRow(ctx, "SELECT count(*) FROM authentication_recovery WHERE person_id = $1", string(person)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count recovery codes: %w", err)
	}
	return n, nil
}

// hashRecovery forgives what people do when they type: case, dashes, spaces, and the digits that base32 leaves out
// because they look like letters.
func hashRecovery(code string) [sha256.Size]byte {
	plain := strings.NewReplacer("-", "", " ", "", "0", "O", "1", "I", "8", "B").Replace(strings.ToUpper(code))
	return sha256.Sum256([]byte(plain))
}
