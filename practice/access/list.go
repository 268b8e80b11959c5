package access

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// perPage is how many grants a page of the list has.
const perPage = 50

// grantRow is a role that a person or a group has now.
type grantRow struct {
	ID      string     `json:"id"`
	Role    string     `json:"role"`
	Person  string     `json:"person,omitempty"`  // the id
	Account string     `json:"account,omitempty"` // whose the role is; or:
	Group   string     `json:"group,omitempty"`
	Name    string     `json:"name"`
	Since   time.Time  `json:"since"`
	Ends    *time.Time `json:"ends,omitempty"` // for good where there is none
	By      string     `json:"by"`             // who gave it
	Reason  string     `json:"reason,omitempty"`
	Known   bool       `json:"known"` // the role exists

	ends int64
	own  bool // nobody takes it away: it is Tenward's
}

// whichGrants is which are asked for; its text is the list's address.
type whichGrants struct {
	Role, Name string
	Ending     string // "yes": only those that end
	After      string

	person identity.PersonID // only this one's, with those of their groups
}

var errList = problem.New("access.list.malformed", "That cannot be asked of the list of grants.", "Begin with the whole list.")

func readWhich(v url.Values) (whichGrants, error) {
	w := whichGrants{Role: v.Get("role"), Name: strings.TrimSpace(v.Get("name")), Ending: v.Get("ending"), After: v.Get("after")}
	if w.Ending != "" && w.Ending != "yes" || len(w.Name) > 200 || w.Role != "" && !roleName(w.Role) {
		return w, errList
	}
	return w, nil
}

func (w whichGrants) path() string {
	v := url.Values{}
	for _, f := range [...][2]string{{"role", w.Role}, {"name", w.Name}, {"ending", w.Ending}, {"after", w.After}} {
		if f[1] != "" {
			v.Set(f[0], f[1])
		}
	}
	return (&url.URL{Path: "/grants", RawQuery: v.Encode()}).String()
}

// endless stands for no end where grants are put in the order of their ends.
const endless = int64(1) << 62

// place is behind which grant the page begins.
func (w whichGrants) place() (ends int64, id string, err error) {
	if w.After == "" {
		return -1, "", nil
	}
	number, id, found := strings.Cut(w.After, ".")
	ends, err = strconv.ParseInt(number, 10, 64)
	if err != nil || !found || ends < 0 || len(id) != 36 {
		return 0, "", errList.Because(err)
	}
	return ends, id, nil
}

// like is the name as LIKE wants it: anywhere, in whatever case, and nothing in it means more than itself.
func (w whichGrants) like() string {
	if w.Name == "" {
		return "%"
	}
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(w.Name)) + "%"
}

// holding are all grants that hold at $1, of the role $2 if any, of whom a name is like $3, of the person $4 if any, and
// only those with an end where $5 says yes.
const holding = `(SELECT g.id, g.role, COALESCE(p.id, '') AS person, COALESCE(p.account, '') AS account, COALESCE(i.name, '') AS team, COALESCE(p.name, i.name) AS name,
	g.created_at, CASE WHEN g.ends_at = 0 THEN 4611686018427387904 ELSE g.ends_at END AS ends, COALESCE(b.name, g.set_by) AS giver, g.reason
	FROM access_grant g LEFT JOIN identity_person p ON p.id = g.person_id LEFT JOIN identity_group i ON i.id = g.group_id LEFT JOIN identity_person b ON b.id = g.set_by
	WHERE (g.ends_at = 0 OR g.ends_at > $1) AND ($2 = '' OR g.role = $2) AND (LOWER(COALESCE(p.name, i.name)) LIKE $3 ESCAPE '\' OR p.account LIKE $3 ESCAPE '\')
	AND ($4 = '' OR g.person_id = $4 OR g.group_id IN (SELECT m.group_id FROM identity_member m WHERE m.person_id = $4)) AND ($5 = '' OR g.ends_at > 0)) AS held`

// rows reads a page of grants, one more than a page has where there are more.
func (s *Service) rows(ctx context.Context, w whichGrants) ([]grantRow, error) {
	ends, id, err := w.place()
	if err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, "SELECT id, role, person, account, team, name, created_at, ends, giver, reason FROM "+holding+
		" WHERE ends > $6 OR ends = $6 AND id > $7 ORDER BY ends, id LIMIT $8",
		s.now().UnixMicro(), w.Role, w.like(), string(w.person), w.Ending, ends, id, perPage+1)
	if err != nil {
		return nil, fmt.Errorf("list grants: %w", err)
	}
	known := map[string]bool{RoleTrier: true}
	for _, name := range s.roleNames() {
		known[name] = true
	}
	list, err := store.All(rows, func(rows *sql.Rows, g *grantRow) error {
		var created int64
		err := rows.Scan(&g.ID, &g.Role, &g.Person, &g.Account, &g.Group, &g.Name, &created, &g.ends, &g.By, &g.Reason)
		g.Since, g.Known, g.own = time.UnixMicro(created).UTC(), known[g.Role], g.Role == RoleTrier
		if g.ends < endless {
			ends := time.UnixMicro(g.ends).UTC()
			g.Ends = &ends
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list grants: %w", err)
	}
	return list, nil
}

// count counts the grants that are asked for, on all pages.
func (s *Service) count(ctx context.Context, w whichGrants) (n int, err error) {
	err = s.db.QueryRow(ctx, "SELECT COUNT(*) FROM "+holding, s.now().UnixMicro(), w.Role, w.like(), string(w.person), w.Ending).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count grants: %w", err)
	}
	return n, nil
}

// holders counts the grants of each role that hold now.
func (s *Service) holders(ctx context.Context) (map[string]int, error) {
	rows, err := s.db.Query(ctx, "SELECT role, COUNT(*) FROM access_grant WHERE ends_at = 0 OR ends_at > $1 GROUP BY role", s.now().UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("count grants of roles: %w", err)
	}
	type held struct {
		role string
		n    int
	}
	all, err := store.All(rows, func(rows *sql.Rows, h *held) error { return rows.Scan(&h.role, &h.n) })
	if err != nil {
		return nil, fmt.Errorf("count grants of roles: %w", err)
	}
	counts := map[string]int{}
	for _, h := range all {
		counts[h.role] = h.n
	}
	return counts, nil
}
