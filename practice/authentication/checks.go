package authentication

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/authentication/password"
	"github.com/tenward/tenward/store"
)

func (s *Service) checks() []practice.Check {
	return []practice.Check{
		{
			ID: "authentication/everybody-has-two-factors", Title: "Everybody signs in with two factors", Source: "NIST SP 800-63B-4 AAL2", Every: time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"authentication.person.", "authentication.recovery."},
			Fix:   "Set authentication.second_factor to required; make a link for whoever has none: tenward person reset NAME.", Run: s.everybodyHasTwoFactors,
		},
		{
			ID: "authentication/forged-sessions-refused", Title: "A made-up session opens nothing", Source: "OWASP ASVS 5.0 V7.2", Every: 10 * time.Minute, Timeout: time.Minute,
			Stale: []string{"app.process.started"},
			Fix:   "See what answers on that host: it may not be this gate.", Run: s.forgedRefused,
		},
		{
			ID: "authentication/portal-answers-safely", Title: "The portal answers, and cannot be framed or kept", Source: "OWASP ASVS 5.0 V3.4", Every: 10 * time.Minute, Timeout: time.Minute,
			Stale: []string{"app.process.started"},
			Fix:   "See whether something between clients and the gate changes its answers.", Run: s.portalAnswersSafely,
		},
		{
			ID: "authentication/sessions-within-limits", Title: "No session outlives its limits or its person", Source: "NIST SP 800-63B-4 section 5.2", Every: time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"authentication.person."},
			Fix:   "Let the person begin anew (tenward person disable NAME, then enable), and see whether the database was changed by hand.", Run: s.sessionsWithinLimits,
		},
		{
			ID: "authentication/passwords-hashed-well", Title: "Passwords are kept as they should be today", Source: "OWASP Password Storage Cheat Sheet", Every: 24 * time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"authentication.person.", "authentication.password."},
			Fix:   "They are hashed anew when their owners sign in; make a link for who never does: tenward person reset NAME.", Run: s.passwordsHashedWell,
		},
		{
			ID: "authentication/recovery-codes-left", Title: "Everybody has recovery codes left", Source: "NIST SP 800-63B-4 section 4.2", Every: 24 * time.Hour, Timeout: 30 * time.Second,
			Stale: []string{"authentication.person.", "authentication.recovery."},
			Fix:   "Ask them to make new ones on the portal, under Security.", Run: s.recoveryCodesLeft,
		},
	}
}

func (s *Service) everybodyHasTwoFactors(ctx context.Context) ([]practice.Finding, error) {
	var findings []practice.Finding
	if s.conf.SecondFactor != Required {
		findings = append(findings, practice.Found(practice.Fail, "configuration", "A second factor is not asked of everybody."))
	}
	without, err := s.those(ctx, `SELECT id, account FROM identity_person p WHERE kind = 'person' AND state = 'active'
		AND NOT EXISTS (SELECT 1 FROM authentication_totp t WHERE t.person_id = p.id)`)
	if err != nil {
		return nil, err
	}
	for _, one := range without {
		findings = append(findings, practice.Found(practice.Fail, one.id, "%s has no second factor.", one.account))
	}
	return orPass(findings, practice.Found(practice.Pass, "people", "Everybody who can sign in has a second factor."))
}

// forgedRefused shows each host a session that nobody was given.
func (s *Service) forgedRefused(ctx context.Context) ([]practice.Finding, error) {
	var findings []practice.Finding
	for _, service := range slices.Sorted(maps.Keys(s.closed)) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+s.closed[service]+"/tenward-check-"+rand.Text(), http.NoBody)
		if err != nil {
			return nil, err
		}
		made := sha256.Sum256([]byte(rand.Text()))
		r.Header.Set("Cookie", sessionCookie+"="+base64.RawURLEncoding.EncodeToString(made[:]))
		r.Header.Set("Accept", "application/json")
		got, err := s.probed(r) //nolint:bodyclose // probed has closed it
		switch {
		case err != nil:
			findings = append(findings, practice.Found(practice.Unknown, service, "The gate could not be asked: %v.", err))
		case got.StatusCode == http.StatusUnauthorized:
			findings = append(findings, practice.Found(practice.Pass, service, "A made-up session was refused."))
		default:
			findings = append(findings, practice.Found(practice.Fail, service, "A made-up session was answered with %d.", got.StatusCode))
		}
	}
	return findings, nil
}

func (s *Service) portalAnswersSafely(ctx context.Context) ([]practice.Finding, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.portal.url+"/login", http.NoBody)
	if err != nil {
		return nil, err
	}
	got, err := s.probed(r) //nolint:bodyclose // probed has closed it
	if err != nil {
		return []practice.Finding{practice.Found(practice.Unknown, "portal", "The portal could not be asked: %v.", err)}, nil
	}
	var lacks []string
	for _, h := range answerHeaders {
		if got.Header.Get(h[0]) != h[1] {
			lacks = append(lacks, h[0])
		}
	}
	switch {
	case got.StatusCode != http.StatusOK:
		return []practice.Finding{practice.Found(practice.Fail, "portal", "The portal's first page was answered with %d.", got.StatusCode)}, nil
	case lacks != nil:
		return []practice.Finding{practice.Found(practice.Fail, "portal", "The portal's first page came without its own %s.", strings.Join(lacks, ", "))}, nil
	}
	return []practice.Finding{practice.Found(practice.Pass, "portal", "The portal answers with all that protects it.")}, nil
}

// probed sends a request from outside. The answer's body is of no interest.
func (s *Service) probed(r *http.Request) (*http.Response, error) {
	got, err := s.probe(r)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close() //nolint:errcheck // it was only read
	_, err = io.Copy(io.Discard, io.LimitReader(got.Body, 1<<20))
	return got, err
}

func (s *Service) sessionsWithinLimits(ctx context.Context) ([]practice.Finding, error) {
	now := s.now().UnixMicro()
	long, err := s.those(ctx, `SELECT DISTINCT p.id, p.account FROM identity_session s JOIN identity_person p ON p.id = s.person_id
		WHERE s.ends_at - s.began_at > $1 AND s.ends_at > $2`, s.conf.Limits().Absolute.Microseconds(), now)
	if err != nil {
		return nil, err
	}
	gone, err := s.those(ctx, `SELECT DISTINCT p.id, p.account FROM identity_session s JOIN identity_person p ON p.id = s.person_id
		WHERE p.state <> 'active' AND s.ends_at > $1`, now)
	if err != nil {
		return nil, err
	}
	var findings []practice.Finding
	for _, one := range long {
		findings = append(findings, practice.Found(practice.Fail, one.id, "%s has a session that lasts longer than %s.", one.account, s.conf.Absolute))
	}
	for _, one := range gone {
		findings = append(findings, practice.Found(practice.Fail, one.id, "%s may not come in, and has a session.", one.account))
	}
	return orPass(findings, practice.Found(practice.Pass, "sessions", "Every session ends within %s and belongs to somebody who may come in.", s.conf.Absolute))
}

func (s *Service) passwordsHashedWell(ctx context.Context) ([]practice.Finding, error) {
	type kept struct{ id, account, hash string }
	rows, err := s.db.Query(ctx, `SELECT p.id, p.account, h.hash FROM authentication_password h JOIN identity_person p ON p.id = h.person_id ORDER BY p.account`)
	if err != nil {
		return nil, fmt.Errorf("read passwords: %w", err)
	}
	all, err := store.All(rows, func(rows *sql.Rows, k *kept) error { return rows.Scan(&k.id, &k.account, &k.hash) })
	if err != nil {
		return nil, fmt.Errorf("read passwords: %w", err)
	}
	var findings []practice.Finding
	for _, k := range all {
		if password.Outdated(k.hash) {
			findings = append(findings, practice.Found(practice.Warn, k.id, "The password of %s is hashed as it was done in the past.", k.account))
		}
	}
	return orPass(findings, practice.Found(practice.Pass, "passwords", "All %d passwords are hashed as is recommended today.", len(all)))
}

func (s *Service) recoveryCodesLeft(ctx context.Context) ([]practice.Finding, error) {
	few, err := s.those(ctx, `SELECT p.id, p.account FROM identity_person p WHERE p.kind = 'person' AND p.state = 'active'
		AND (SELECT COUNT(*) FROM authentication_recovery r WHERE r.person_id = p.id) < 3`)
	if err != nil {
		return nil, err
	}
	var findings []practice.Finding
	for _, one := range few {
		findings = append(findings, practice.Found(practice.Warn, one.id, "%s has fewer than three recovery codes left.", one.account))
	}
	return orPass(findings, practice.Found(practice.Pass, "people", "Everybody has three recovery codes or more."))
}

// somebody is whom a finding is about. The subject is the id: findings' subjects are on the record, where names are sealed.
type somebody struct{ id, account string }

// those reads ids and accounts, by account.
func (s *Service) those(ctx context.Context, query string, args ...any) ([]somebody, error) {
	rows, err := s.db.Query(ctx, query+" ORDER BY account", args...)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	all, err := store.All(rows, func(rows *sql.Rows, one *somebody) error { return rows.Scan(&one.id, &one.account) })
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return all, nil
}

// orPass is what was found, or that all is well.
func orPass(findings []practice.Finding, well practice.Finding) ([]practice.Finding, error) {
	if findings == nil {
		findings = []practice.Finding{well}
	}
	return findings, nil
}
