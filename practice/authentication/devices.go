package authentication

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/store"
)

// devices remembers in which browsers somebody has signed in.
type devices struct {
	db   *store.DB
	tell func(ctx context.Context, c *outbox.Change, p *identity.Person, what string) error
}

// known gives the key of a browser in which the owner of this account has signed in before; empty for any other.
func (d *devices) known(ctx context.Context, account, cookie string) (string, error) {
	if cookie == "" || account == "" {
		return "", nil
	}
	hash := sha256.Sum256([]byte(cookie))
	var one int
	err := d.db.QueryRow(ctx, "SELECT 1 FROM authentication_device d JOIN identity_person p ON p.id = d.person_id WHERE d.hash = $1 AND p.account = $2",
		hash[:], account).Scan(&one)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("find device: %w", err)
	}
	return hex.EncodeToString(hash[:16]), nil
}

// greet takes the browser for somebody's own from now on. A new one is worth a notice, but for the first of all. It
// gives the cookie to set: a new one each time, so that a stolen one is good until its owner's next sign-in.
func (d *devices) greet(ctx context.Context, c *outbox.Change, p *identity.Person, from Where) (cookie string, err error) {
	had := sha256.Sum256([]byte(from.Device))
	result, err := c.Exec(ctx, "DELETE FROM authentication_device WHERE hash = $1 AND person_id = $2", had[:], string(p.ID))
	if err != nil {
		return "", fmt.Errorf("renew device: %w", err)
	}
	known, err := result.RowsAffected()
	if err != nil {
		return "", fmt.Errorf("renew device: %w", err)
	}
	var others int
	if err := c.QueryRow(ctx, "SELECT count(*) FROM authentication_device WHERE person_id = $1", string(p.ID)).Scan(&others); err != nil {
		return "", fmt.Errorf("count devices: %w", err)
	}
	cookie = rand.Text()
	hash := sha256.Sum256([]byte(cookie))
	if _, err := c.Exec(ctx, "INSERT INTO authentication_device (hash, person_id, agent, seen_at) VALUES ($1, $2, $3, $4)",
		hash[:], string(p.ID), from.Agent, c.Now().UnixMicro()); err != nil {
		return "", fmt.Errorf("keep device: %w", err)
	}
	if known == 0 && others > 0 {
		return cookie, d.tell(ctx, c, p, "device")
	}
	return cookie, nil
}
