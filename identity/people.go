package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/store"
)

// People reads who there is. Writing is done by the functions that take an outbox.Change.
type People struct {
	db *store.DB
}

// NewPeople reads from this database.
func NewPeople(db *store.DB) *People { return &People{db: db} }

const selectPerson = "SELECT id, kind, account, name, email, locale, state, created_at FROM identity_person"

// querier is a database or a transaction.
type querier interface {
	Query(context.Context, string, ...any) (*sql.Rows, error)
	QueryRow(context.Context, string, ...any) *sql.Row
}

// Find gives the person of this id, or ErrNotFound.
func (p *People) Find(ctx context.Context, id PersonID) (*Person, error) {
	return findPerson(ctx, p.db, selectPerson+" WHERE id = $1", string(id))
}

// FindAccount gives the person who signs in by this name, or ErrNotFound.
func (p *People) FindAccount(ctx context.Context, account string) (*Person, error) {
	name, ok := AccountName(account)
	if !ok {
		return nil, fmt.Errorf("find person: %w", ErrNotFound)
	}
	return findPerson(ctx, p.db, selectPerson+" WHERE account = $1", name)
}

// FindIn is Find inside a change.
func FindIn(ctx context.Context, c *outbox.Change, id PersonID) (*Person, error) {
	return findPerson(ctx, c, selectPerson+" WHERE id = $1", string(id))
}

func findPerson(ctx context.Context, q querier, query string, arg string) (*Person, error) {
	var one Person
	if err := scanPerson(q.QueryRow(ctx, query, arg).Scan, &one); errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("find person: %w", ErrNotFound)
	} else if err != nil {
		return nil, fmt.Errorf("find person: %w", err)
	}
	groups, err := groupsOf(ctx, q, one.ID)
	if err != nil {
		return nil, err
	}
	one.Groups = groups
	return &one, nil
}

// List gives a page of up to n people whose account follows after, in the order of their accounts; 100 at most.
func (p *People) List(ctx context.Context, after string, n int) ([]Person, error) {
	rows, err := p.db.Query(ctx, selectPerson+" WHERE account > $1 ORDER BY account LIMIT $2", after, min(max(n, 1), 100))
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	people, err := store.All(rows, func(rows *sql.Rows, one *Person) error { return scanPerson(rows.Scan, one) })
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	for i := range people {
		if people[i].Groups, err = groupsOf(ctx, p.db, people[i].ID); err != nil {
			return nil, err
		}
	}
	return people, nil
}

func scanPerson(scan func(...any) error, one *Person) error {
	var created int64
	err := scan(&one.ID, &one.Kind, &one.Account, &one.Name, &one.Email, &one.Locale, &one.State, &created)
	one.Created = time.UnixMicro(created).UTC()
	return err
}

// Add makes somebody new. Account is brought into its form, id and time are filled in; ErrTaken when somebody has it.
func Add(ctx context.Context, c *outbox.Change, one *Person) error {
	account, ok := AccountName(one.Account)
	if !ok {
		return fmt.Errorf("add person: %q cannot be an account name", one.Account)
	}
	if len(one.Name) > maxName || len(one.Email) > maxName {
		return errors.New("add person: a name has at most 200 bytes")
	}
	one.Account, one.ID, one.Created = account, NewPersonID(c.Now()), c.Now()
	if one.Name == "" {
		one.Name = account
	}
	if one.Locale == "" {
		one.Locale = "en"
	}
	result, err := c.Exec(ctx, `INSERT INTO identity_person (id, kind, account, name, email, locale, state, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) ON CONFLICT (account) DO NOTHING`,
		string(one.ID), string(one.Kind), one.Account, one.Name, one.Email, one.Locale, string(one.State), c.Now().UnixMicro())
	return changed(result, err, ErrTaken, "add person")
}

// ServiceAccount gives the service account of this name, and makes it where there is none: made says so. ErrTaken when a human
// being has the name. An account that was disabled stays so.
func ServiceAccount(ctx context.Context, c *outbox.Change, account, name string) (one *Person, made bool, err error) {
	one, err = findPerson(ctx, c, selectPerson+" WHERE account = $1", account)
	switch {
	case errors.Is(err, ErrNotFound):
		one = &Person{Kind: Service, Account: account, Name: name, State: Active}
		return one, true, Add(ctx, c, one)
	case err != nil:
		return nil, false, err
	case one.Kind != Service:
		return nil, false, fmt.Errorf("find service account: %w", ErrTaken)
	}
	return one, false, nil
}

// renewed is when a person changed. It also numbers their forms, which the nodes compare, and never stays the same.
const renewed = "updated_at = CASE WHEN updated_at < $1 THEN $1 ELSE updated_at + 1 END"

// renew makes what is known of somebody another form.
func renew(ctx context.Context, c *outbox.Change, id PersonID) error {
	if _, err := c.Exec(ctx, "UPDATE identity_person SET "+renewed+" WHERE id = $2", c.Now().UnixMicro(), string(id)); err != nil {
		return fmt.Errorf("renew person: %w", err)
	}
	return nil
}

// SetState lets somebody in, or no longer. Ending their sessions is their caller's to ask for: Sessions.EndAll.
func SetState(ctx context.Context, c *outbox.Change, id PersonID, s State) error {
	result, err := c.Exec(ctx, "UPDATE identity_person SET "+renewed+", state = $3 WHERE id = $2", c.Now().UnixMicro(), string(id), string(s))
	return changed(result, err, ErrNotFound, "set state of person")
}

// Join puts somebody into a group, which is made when there is none of this name.
func Join(ctx context.Context, c *outbox.Change, id PersonID, group string) error {
	if group = strings.TrimSpace(group); group == "" || len(group) > maxName {
		return fmt.Errorf("join group: %q cannot be a group's name", group)
	}
	if _, err := c.Exec(ctx, "INSERT INTO identity_group (id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
		string(NewPersonID(c.Now())), group, c.Now().UnixMicro()); err != nil {
		return fmt.Errorf("make group: %w", err)
	}
	_, err := c.Exec(ctx, `INSERT INTO identity_member (group_id, person_id) SELECT id, $1 FROM identity_group WHERE name = $2
		ON CONFLICT (group_id, person_id) DO NOTHING`, string(id), group)
	if err != nil {
		return fmt.Errorf("join group: %w", err)
	}
	return nil
}

// Leave takes somebody out of a group; ErrNotFound when they were not in it.
func Leave(ctx context.Context, c *outbox.Change, id PersonID, group string) error {
	result, err := c.Exec(ctx, "DELETE FROM identity_member WHERE person_id = $1 AND group_id IN (SELECT id FROM identity_group WHERE name = $2)",
		string(id), group)
	return changed(result, err, ErrNotFound, "leave group")
}

func groupsOf(ctx context.Context, q querier, id PersonID) ([]string, error) {
	rows, err := q.Query(ctx, "SELECT g.name FROM identity_group g JOIN identity_member m ON m.group_id = g.id WHERE m.person_id = $1", string(id))
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	groups, err := store.All(rows, func(rows *sql.Rows, name *string) error { return rows.Scan(name) })
	if err != nil {
		return nil, fmt.Errorf("list groups: %w", err)
	}
	slices.Sort(groups) // not in SQL: the engines compare text differently
	return groups, nil
}

// changed turns "no row was touched" into the error that it means.
func changed(result sql.Result, err, none error, doing string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	if n == 0 {
		return fmt.Errorf("%s: %w", doing, none)
	}
	return nil
}
