package access

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

// consoleRoles are the console's, the greatest first.
var consoleRoles = practice.ConsoleRoles()

// May says whether a session's roles are enough for what the console asks for: the role named, or a greater one.
func (s *Service) May(ctx context.Context, session *identity.Session, role string) (bool, error) {
	h, err := s.holder(ctx, session)
	if err != nil {
		return false, err
	}
	least := slices.Index(consoleRoles, role)
	for i, name := range consoleRoles {
		if i <= least && slices.Contains(h.roles.names, name) {
			return true, nil
		}
	}
	return false, nil
}

// roleSet is a set of roles. There is one of each, so that all who hold the same roles share their decisions.
type roleSet struct{ names []string }

// roleSets are all that somebody has held since the start.
type roleSets struct {
	mu   sync.Mutex
	sets map[string]*roleSet
}

func (r *roleSets) of(names []string) *roleSet {
	slices.Sort(names)
	names = slices.Compact(names)
	key := strings.Join(names, " ")
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.sets[key]
	if one == nil {
		one = &roleSet{names}
		r.sets[key] = one
	}
	return one
}

// holder is what a session may do, kept with it.
type holder struct {
	roles  *roleSet
	until  time.Time // when one of its grants ends; zero for never
	groups string    // as the upstream's header has them

	mu         sync.Mutex
	assertions map[string]assertion // by audience
}

// holder gives what is kept with the session, or works it out.
func (s *Service) holder(ctx context.Context, session *identity.Session) (*holder, error) {
	if h, ok := session.Memo.Load().(*holder); ok && (h.until.IsZero() || s.now().Before(h.until)) {
		return h, nil
	}
	held, err := s.grantsOf(ctx, session.Person.ID)
	if err != nil {
		return nil, err
	}
	h := &holder{groups: groupsHeader(session.Person.Groups), assertions: map[string]assertion{}}
	var names []string
	for _, g := range held {
		names = append(names, g.Role)
		if !g.Ends.IsZero() && (h.until.IsZero() || g.Ends.Before(h.until)) {
			h.until = g.Ends
		}
	}
	h.roles = s.sets.of(names)
	session.Memo.Store(h)
	return h, nil
}

// groupsHeader writes groups as one field: comma-separated, with everything escaped that could end a name or the line
// (RFC 3986 section 2.1).
func groupsHeader(groups []string) string {
	const upperHex = "0123456789ABCDEF"
	var b strings.Builder
	for i, g := range groups {
		if i > 0 {
			b.WriteByte(',')
		}
		for j := range len(g) {
			if c := g[j]; c > ' ' && c < 0x7f && c != ',' && c != '%' {
				b.WriteByte(c)
			} else {
				b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
			}
		}
	}
	return b.String()
}

// Grant is a role that somebody holds.
type Grant struct {
	Role  string
	Group string    // by which group; empty when it is the person's own
	Ends  time.Time // zero for never
	By    string    // who gave it
}

const selectGrants = `SELECT g.role, '', g.ends_at, g.set_by FROM access_grant g WHERE g.person_id = $1 AND (g.ends_at = 0 OR g.ends_at > $2)
	UNION ALL SELECT g.role, i.name, g.ends_at, g.set_by FROM access_grant g JOIN identity_member m ON m.group_id = g.group_id
	JOIN identity_group i ON i.id = g.group_id WHERE m.person_id = $1 AND (g.ends_at = 0 OR g.ends_at > $2)`

// grantsOf are the grants of somebody that hold now, their own and their groups', by role.
func (s *Service) grantsOf(ctx context.Context, person identity.PersonID) ([]Grant, error) {
	rows, err := s.db.Query(ctx, selectGrants, string(person), s.now().UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	held, err := store.All(rows, func(rows *sql.Rows, g *Grant) error {
		var ends int64
		err := rows.Scan(&g.Role, &g.Group, &ends, &g.By)
		if ends != 0 {
			g.Ends = time.UnixMicro(ends).UTC()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	slices.SortFunc(held, func(a, b Grant) int { return strings.Compare(a.Role+" "+a.Group, b.Role+" "+b.Group) })
	return held, nil
}

// Grants are the grants of somebody that hold now.
func (s *Service) Grants(ctx context.Context, person identity.PersonID) ([]Grant, error) {
	return s.grantsOf(ctx, person)
}
