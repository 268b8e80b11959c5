package access

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/store"
)

func (s *Service) checks() []practice.Check {
	const asvs = "OWASP ASVS 5.0 "
	return []practice.Check{
		{
			ID: "access/strangers-refused", Title: "Nobody gets in without a sign-in", Source: asvs + "V8.2.1", Every: 10 * time.Minute, Timeout: time.Minute,
			Stale: []string{"app.process.started"},
			Fix:   "Look at what stands under services.*.public, and whether something else answers on the gate's port.", Run: s.strangersRefused,
		},
		{
			ID: "access/assertions-verify", Title: "Upstreams can verify who asks", Source: "RFC 7519, RFC 7517", Every: time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"app.process.started"},
			Fix:   "See that the portal's /.well-known/jwks.json can be reached, and restart the node whose keys differ.", Run: s.assertionsVerify,
		},
		{
			ID: "access/owner-exists", Title: "Somebody can look after this server", Source: asvs + "V8.1.1", Every: time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"access.role.", "authentication.person."},
			Fix:   "tenward person invite --role owner NAME, on the server; two owners are better than one.", Run: s.ownerExists,
		},
		{
			ID: "access/roles-exist", Title: "Every grant names a role that exists", Source: "INCITS 359-2012", Every: time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"access.role.", "authentication.person."},
			Fix:   "Write the role under access.roles again, or take it away: tenward person revoke NAME ROLE.", Run: s.rolesExist,
		},
		{
			ID: "access/disabled-hold-nothing", Title: "Who is kept out holds no roles", Source: "NIST SP 800-53 AC-2(3)", Every: time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"access.role.", "authentication.person."},
			Fix:   "tenward person revoke NAME ROLE, so that letting them in again gives nothing back by accident.", Run: s.disabledHoldNothing,
		},
		{
			ID: "access/roles-held", Title: "Every role is somebody's", Source: "NIST SP 800-53 AC-6(7)", Every: 24 * time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"access.role.", "authentication.person."},
			Fix:   "Give the role to whom it was written for, or take it out of access.roles.", Run: s.rolesHeld,
		},
	}
}

// strangersRefused asks each service for a page that nobody has made public, as a stranger.
func (s *Service) strangersRefused(ctx context.Context) ([]practice.Finding, error) {
	var findings []practice.Finding
	for _, service := range slices.Sorted(maps.Keys(s.closed)) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+s.closed[service]+"/tenward-check-"+rand.Text(), http.NoBody)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Accept", "application/json")
		status, _, err := s.ask(r)
		switch {
		case err != nil:
			findings = append(findings, practice.Found(practice.Unknown, service, "The gate could not be asked: %v.", err))
		case status == http.StatusUnauthorized, status == http.StatusForbidden:
			findings = append(findings, practice.Found(practice.Pass, service, "A stranger was refused with %d.", status))
		default:
			findings = append(findings, practice.Found(practice.Fail, service, "A stranger was answered with %d.", status))
		}
	}
	for _, service := range s.open {
		findings = append(findings, practice.Found(practice.Warn, service, "Everything is public here: that is what stands under services.%s.public.", service))
	}
	return findings, nil
}

// ask sends a request from outside, and reads a bounded answer.
func (s *Service) ask(r *http.Request) (status int, body []byte, err error) {
	answer, err := s.probe(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	body, err = io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, body, err
}

// assertionsVerify does what an upstream does: it takes the published keys, and verifies what this node signs now.
func (s *Service) assertionsVerify(ctx context.Context) ([]practice.Finding, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.issuer+"/.well-known/jwks.json", http.NoBody)
	if err != nil {
		return nil, err
	}
	status, body, err := s.ask(r)
	if err != nil {
		return []practice.Finding{practice.Found(practice.Unknown, "assertions", "The key set could not be fetched: %v.", err)}, nil
	}
	var set jose.JSONWebKeySet
	if unread := json.Unmarshal(body, &set) != nil; status != http.StatusOK || unread {
		return []practice.Finding{practice.Found(practice.Fail, "assertions", "The portal's key set is none: it was answered with %d.", status)}, nil //nolint:nilerr // that it cannot be read is the answer
	}
	nobody := &identity.Session{Person: &identity.Person{ID: "check", Account: "check"}, Began: s.now()}
	token, err := s.assert(nobody, &holder{roles: &roleSet{}, assertions: map[string]assertion{}}, "tenward-check")
	if err != nil {
		return nil, err
	}
	read, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err == nil {
		err = read.Claims(set, &jwt.Claims{})
	}
	if err != nil {
		return []practice.Finding{practice.Found(practice.Fail, "assertions", "What this node signs does not verify with the published keys: %v.", err)}, nil
	}
	return []practice.Finding{practice.Found(practice.Pass, "assertions", "What this node signs verifies with the published keys.")}, nil
}

// ownerExists counts those who can look after the server.
func (s *Service) ownerExists(ctx context.Context) ([]practice.Finding, error) {
	var n int
	if err := s.db.QueryRow(ctx, ownersQuery).Scan(&n); err != nil {
		return nil, fmt.Errorf("count owners: %w", err)
	}
	switch n {
	case 0:
		return []practice.Finding{practice.Found(practice.Fail, "owners", "Nobody is an owner who can sign in.")}, nil
	case 1:
		return []practice.Finding{practice.Found(practice.Warn, "owners", "Only one person is an owner: when they cannot sign in, nobody can from the console.")}, nil
	default:
		return []practice.Finding{practice.Found(practice.Pass, "owners", "%d people are owners and can sign in.", n)}, nil
	}
}

// rolesExist holds the database's grants against the file's roles.
func (s *Service) rolesExist(ctx context.Context) ([]practice.Finding, error) {
	granted, err := s.texts(ctx, "SELECT DISTINCT role FROM access_grant")
	if err != nil {
		return nil, err
	}
	return eachOr(granted, append(s.roleNames(), RoleTrier), practice.Found(practice.Pass, "grants", "All roles that are given exist."), func(role string) practice.Finding {
		return practice.Found(practice.Fail, role, "The role %s is given to somebody, and is not defined any more: it allows nothing.", role)
	}), nil
}

// disabledHoldNothing finds roles of people who are kept out.
func (s *Service) disabledHoldNothing(ctx context.Context) ([]practice.Finding, error) {
	type somebody struct{ id, account string }
	rows, err := s.db.Query(ctx, `SELECT DISTINCT p.id, p.account FROM access_grant g JOIN identity_person p ON p.id = g.person_id
		WHERE p.state = 'disabled' ORDER BY p.account`)
	var held []somebody
	if err == nil {
		held, err = store.All(rows, func(rows *sql.Rows, one *somebody) error { return rows.Scan(&one.id, &one.account) })
	}
	if err != nil {
		return nil, fmt.Errorf("read who is disabled: %w", err)
	}
	var findings []practice.Finding
	for _, one := range held {
		findings = append(findings, practice.Found(practice.Warn, one.id, "%s is disabled and still holds roles.", one.account))
	}
	if findings == nil {
		findings = append(findings, practice.Found(practice.Pass, "people", "Nobody who is disabled holds a role."))
	}
	return findings, nil
}

// rolesHeld finds roles that are written and given to nobody.
func (s *Service) rolesHeld(ctx context.Context) ([]practice.Finding, error) {
	granted, err := s.texts(ctx, "SELECT DISTINCT role FROM access_grant")
	if err != nil {
		return nil, err
	}
	var defined []string
	for _, r := range s.conf.Roles {
		defined = append(defined, r.Name)
	}
	return eachOr(defined, granted, practice.Found(practice.Pass, "roles", "Every role is held by somebody."), func(role string) practice.Finding {
		return practice.Found(practice.Warn, role, "Nobody holds the role %s.", role)
	}), nil
}

// eachOr gives a finding for each text that is not among those known, or the one that says that there is none.
func eachOr(all, known []string, none practice.Finding, found func(string) practice.Finding) []practice.Finding {
	var findings []practice.Finding
	slices.Sort(all)
	for _, one := range all {
		if !slices.Contains(known, one) {
			findings = append(findings, found(one))
		}
	}
	if findings == nil {
		findings = []practice.Finding{none}
	}
	return findings
}

// texts reads one column.
func (s *Service) texts(ctx context.Context, query string) ([]string, error) {
	rows, err := s.db.Query(ctx, query)
	var all []string
	if err == nil {
		all, err = store.All(rows, func(rows *sql.Rows, one *string) error { return rows.Scan(one) })
	}
	if err != nil {
		return nil, fmt.Errorf("read grants: %w", err)
	}
	return all, nil
}
