package authentication

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/console/ui"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// perPage is how many people a page of the list has.
const perPage = 50

// personRow is somebody in the list of people.
type personRow struct {
	ID           string    `json:"id"`
	Account      string    `json:"account"`
	Kind         string    `json:"kind"` // person, or service
	Name         string    `json:"name"`
	Email        string    `json:"email,omitempty"`
	State        string    `json:"state"`
	Groups       []string  `json:"groups"`
	Roles        []string  `json:"roles"`
	SecondFactor bool      `json:"second_factor"`
	Codes        int       `json:"recovery_codes"`
	Sessions     int       `json:"sessions"`
	Created      time.Time `json:"created"`

	standing int64
}

// The standings of people, in the order of the list: what needs somebody stands first.
const (
	factorless = iota // may come in, and has no second factor
	shut              // is disabled
	awaited           // is invited
	well
)

// Pill is the standing for the eye.
func (p personRow) Pill() ui.Pill {
	switch {
	case p.standing == factorless:
		return ui.Pill{Class: "crit", Word: "No second factor"}
	case p.standing == shut:
		return ui.Pill{Class: "info", Word: "Disabled"}
	case p.standing == awaited:
		return ui.Pill{Class: "med", Word: "Invited"}
	case p.Kind == string(identity.Service):
		return ui.Pill{Class: "info", Word: "Service account"}
	default:
		return ui.Pill{Class: "ok", Word: "Active"}
	}
}

// Link leads to the person's own page.
func (p personRow) Link() string { return "/people/" + url.PathEscape(p.ID) }

// whichPeople is who is asked for; its text is the list's address.
type whichPeople struct{ Name, State, Factor, After string }

var errList = problem.New("authentication.list.malformed", "That cannot be asked of the list of people.", "Begin with the whole list.")

func readWhich(v url.Values) (w whichPeople, err error) {
	w = whichPeople{Name: strings.TrimSpace(v.Get("name")), State: v.Get("state"), Factor: v.Get("factor"), After: v.Get("after")}
	switch identity.State(w.State) {
	case "", identity.Invited, identity.Active, identity.Disabled:
	default:
		return w, errList
	}
	if w.Factor != "" && w.Factor != "none" && w.Factor != "app" || len(w.Name) > 200 {
		return w, errList
	}
	return w, nil
}

// place is behind whom the page begins.
func (w whichPeople) place() (standing int64, account string, err error) {
	if w.After == "" {
		return -1, "", nil
	}
	number, account, found := strings.Cut(w.After, ".")
	standing, err = strconv.ParseInt(number, 10, 8)
	if _, ok := identity.AccountName(account); err != nil || !found || !ok || standing < factorless || standing > well {
		return 0, "", errList.Because(err)
	}
	return standing, account, nil
}

func (w whichPeople) path() string {
	v := url.Values{}
	for _, f := range [...][2]string{{"name", w.Name}, {"state", w.State}, {"factor", w.Factor}, {"after", w.After}} {
		if f[1] != "" {
			v.Set(f[0], f[1])
		}
	}
	return (&url.URL{Path: "/people", RawQuery: v.Encode()}).String()
}

// like is the name as LIKE wants it: anywhere in the account or the name, in whatever case, and nothing in it means more
// than itself.
func (w whichPeople) like() string {
	if w.Name == "" {
		return "%"
	}
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(w.Name)) + "%"
}

// everybody is all whose name is like $1, with their standing.
const everybody = `(SELECT id, kind, account, name, email, state, created_at, apps, CASE WHEN state = 'disabled' THEN 1 WHEN state = 'invited' THEN 2
	WHEN kind = 'person' AND apps = 0 THEN 0 ELSE 3 END AS standing FROM (
	SELECT p.id, p.kind, p.account, p.name, p.email, p.state, p.created_at, (SELECT COUNT(*) FROM authentication_totp t WHERE t.person_id = p.id) AS apps
	FROM identity_person p WHERE p.account LIKE $1 ESCAPE '\' OR LOWER(p.name) LIKE $1 ESCAPE '\') AS all_people) AS known`

// chosen are those in the state $2, if any, with the factor $3, if any.
const chosen = ` WHERE ($2 = '' OR state = $2) AND ($3 = '' OR $3 = 'none' AND apps = 0 OR $3 = 'app' AND apps > 0)`

// rows reads a page of people, one more than a page has where there are more.
func (s *Service) rows(ctx context.Context, w whichPeople) ([]personRow, error) {
	standing, account, err := w.place()
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, "SELECT id, kind, account, name, email, state, created_at, apps, standing FROM "+everybody+chosen+
		" AND (standing > $4 OR standing = $4 AND account > $5) ORDER BY standing, account LIMIT $6",
		w.like(), w.State, w.Factor, standing, account, perPage+1)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	list, err := store.All(rows, func(rows *sql.Rows, p *personRow) error {
		var created, apps int64
		err := rows.Scan(&p.ID, &p.Kind, &p.Account, &p.Name, &p.Email, &p.State, &created, &apps, &p.standing)
		p.Created, p.SecondFactor = time.UnixMicro(created).UTC(), apps > 0
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	return list, nil
}

// fill adds what other tables know of a row.
func (s *Service) fill(ctx context.Context, row *personRow) error {
	id := identity.PersonID(row.ID)
	p, err := s.people.Find(ctx, id)
	if err != nil {
		return err
	}
	row.Groups = append([]string{}, p.Groups...)
	roles, err := s.roles.Held(ctx, id)
	if err != nil {
		return err
	}
	row.Roles = append([]string{}, roles...)
	if row.Codes, err = s.factors.recoveryLeft(ctx, id); err != nil {
		return err
	}
	sessions, err := s.sessions.List(ctx, id)
	row.Sessions = len(sessions)
	return err
}

// people is a page of the list of people.
type people struct {
	People  []personRow `json:"people"`
	Matched int         `json:"matched"`        // on all pages
	Next    string      `json:"next,omitempty"` // the next page's after; absent on the last page

	which  whichPeople
	counts []peopleCount
}

// peopleCount is how many of those of the name are in a state, with or without a second factor.
type peopleCount struct {
	state string
	app   bool
	n     int
}

func (s *Service) loadPeople(ctx context.Context, v url.Values) (any, error) {
	which, err := readWhich(v)
	if err != nil {
		return nil, err
	}
	list := &people{which: which}
	if list.People, err = s.rows(ctx, which); err != nil {
		return nil, err
	}
	if len(list.People) > perPage {
		list.People = list.People[:perPage]
		last := list.People[perPage-1]
		list.Next = strconv.FormatInt(last.standing, 10) + "." + last.Account
	}
	for i := range list.People {
		if err := s.fill(ctx, &list.People[i]); err != nil {
			return nil, err
		}
	}
	if list.People == nil {
		list.People = []personRow{}
	}
	if list.counts, err = s.count(ctx, which); err != nil {
		return nil, err
	}
	list.Matched = list.countOf(which)
	return list, nil
}

// count counts those of the name in each state.
func (s *Service) count(ctx context.Context, w whichPeople) ([]peopleCount, error) {
	rows, err := s.db.Query(ctx, "SELECT state, CASE WHEN apps > 0 THEN 1 ELSE 0 END AS app, COUNT(*) FROM "+everybody+" GROUP BY state, app", w.like())
	if err != nil {
		return nil, fmt.Errorf("count people: %w", err)
	}
	counts, err := store.All(rows, func(rows *sql.Rows, c *peopleCount) error {
		var app int
		err := rows.Scan(&c.state, &app, &c.n)
		c.app = app > 0
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count people: %w", err)
	}
	return counts, nil
}

// countOf is how many are asked for.
func (l *people) countOf(w whichPeople) (n int) {
	for _, c := range l.counts {
		if (w.State == "" || w.State == c.state) && (w.Factor == "" || (w.Factor == "app") == c.app) {
			n += c.n
		}
	}
	return n
}
