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
			ID: "authentication/everybody-has-two-factors", Title: "Everybody signs in with two factors", Source: "NIST SP 800-63B-4 AAL2", Every: time.Hour,
			Fix: "Set authentication.second_factor to required; make a link for whoever has none: tenward person reset NAME.", Run: s.everybodyHasTwoFactors,
		},
		{
			ID: "authentication/forged-sessions-refused", Title: "A made-up session opens nothing", Source: "OWASP ASVS 5.0 V7.2", Every: 10 * time.Minute,
			Fix: "See what answers on that host: it may not be this gate.", Run: s.forgedRefused,
		},
		{
			ID: "authentication/portal-answers-safely", Title: "The portal answers, and cannot be framed or kept", Source: "OWASP ASVS 5.0 V3.4", Every: 10 * time.Minute,
			Fix: "See whether something between clients and the gate changes its answers.", Run: s.portalAnswersSafely,
		},
		{
			ID: "authentication/sessions-within-limits", Title: "No session outlives its limits or its person", Source: "NIST SP 800-63B-4 section 5.2", Every: time.Hour,
			Fix: "Let the person begin anew (tenward person disable NAME, then enable), and see whether the database was changed by hand.", Run: s.sessionsWithinLimits,
		},
		{
			ID: "authentication/passwords-hashed-well", Title: "Passwords are kept as they should be today", Source: "OWASP Password Storage Cheat Sheet", Every: 24 * time.Hour,
			Fix: "They are hashed anew when their owners sign in; make a link for who never does: tenward person reset NAME.", Run: s.passwordsHashedWell,
		},
		{
			ID: "authentication/recovery-codes-left", Title: "Everybody has recovery codes left", Source: "NIST SP 800-63B-4 section 4.2", Every: 24 * time.Hour,
			Fix: "Ask them to make new ones on the portal, under Security.", Run: s.recoveryCodesLeft,
		},
	}
}

// finder makes a check's answers, which hold until twice its own time has passed.
func (s *Service) finder(check string, every time.Duration) func(practice.Status, string, string, ...any) practice.Finding {
	now := s.now()
	return func(status practice.Status, subject, sentence string, values ...any) practice.Finding {
		return practice.Finding{
			Check: check, Subject: subject, Status: status, Sentence: fmt.Sprintf(sentence, values...), At: now, Until: now.Add(2 * every),
		}
	}
}

func (s *Service) everybodyHasTwoFactors(ctx context.Context) ([]practice.Finding, error) {
	answer := s.finder("authentication/everybody-has-two-factors", time.Hour)
	var findings []practice.Finding
	if s.conf.SecondFactor != Required {
		findings = append(findings, answer(practice.Fail, "configuration", "A second factor is not asked of everybody."))
	}
	without, err := s.accounts(ctx, `SELECT account FROM identity_person p WHERE kind = 'person' AND state = 'active'
		AND NOT EXISTS (SELECT 1 FROM authentication_totp t WHERE t.person_id = p.id)`)
	if err != nil {
		return nil, err
	}
	for _, account := range without {
		findings = append(findings, answer(practice.Fail, account, "%s has no second factor.", account))
	}
	return orPass(findings, answer(practice.Pass, "people", "Everybody who can sign in has a second factor."))
}

// forgedRefused shows each host a session that nobody was given.
func (s *Service) forgedRefused(ctx context.Context) ([]practice.Finding, error) {
	answer := s.finder("authentication/forged-sessions-refused", 10*time.Minute)
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
			findings = append(findings, answer(practice.Unknown, service, "The gate could not be asked: %v.", err))
		case got.StatusCode == http.StatusUnauthorized:
			findings = append(findings, answer(practice.Pass, service, "A made-up session was refused."))
		default:
			findings = append(findings, answer(practice.Fail, service, "A made-up session was answered with %d.", got.StatusCode))
		}
	}
	return findings, nil
}

func (s *Service) portalAnswersSafely(ctx context.Context) ([]practice.Finding, error) {
	answer := s.finder("authentication/portal-answers-safely", 10*time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.portal.url+"/login", http.NoBody)
	if err != nil {
		return nil, err
	}
	got, err := s.probed(r) //nolint:bodyclose // probed has closed it
	if err != nil {
		return []practice.Finding{answer(practice.Unknown, "portal", "The portal could not be asked: %v.", err)}, nil
	}
	var lacks []string
	for _, h := range answerHeaders {
		if got.Header.Get(h[0]) != h[1] {
			lacks = append(lacks, h[0])
		}
	}
	switch {
	case got.StatusCode != http.StatusOK:
		return []practice.Finding{answer(practice.Fail, "portal", "The portal's first page was answered with %d.", got.StatusCode)}, nil
	case lacks != nil:
		return []practice.Finding{answer(practice.Fail, "portal", "The portal's first page came without its own %s.", strings.Join(lacks, ", "))}, nil
	}
	return []practice.Finding{answer(practice.Pass, "portal", "The portal answers with all that protects it.")}, nil
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
	answer := s.finder("authentication/sessions-within-limits", time.Hour)
	now := s.now().UnixMicro()
	long, err := s.accounts(ctx, `SELECT DISTINCT p.account FROM identity_session s JOIN identity_person p ON p.id = s.person_id
		WHERE s.ends_at - s.began_at > $1 AND s.ends_at > $2`, s.conf.Limits().Absolute.Microseconds(), now)
	if err != nil {
		return nil, err
	}
	gone, err := s.accounts(ctx, `SELECT DISTINCT p.account FROM identity_session s JOIN identity_person p ON p.id = s.person_id
		WHERE p.state <> 'active' AND s.ends_at > $1`, now)
	if err != nil {
		return nil, err
	}
	var findings []practice.Finding
	for _, account := range long {
		findings = append(findings, answer(practice.Fail, account, "%s has a session that lasts longer than %s.", account, s.conf.Absolute))
	}
	for _, account := range gone {
		findings = append(findings, answer(practice.Fail, account, "%s may not come in, and has a session.", account))
	}
	return orPass(findings, answer(practice.Pass, "sessions", "Every session ends within %s and belongs to somebody who may come in.", s.conf.Absolute))
}

func (s *Service) passwordsHashedWell(ctx context.Context) ([]practice.Finding, error) {
	answer := s.finder("authentication/passwords-hashed-well", 24*time.Hour)
	type kept struct{ account, hash string }
	rows, err := s.db.Query(ctx, `SELECT p.account, h.hash FROM authentication_password h JOIN identity_person p ON p.id = h.person_id ORDER BY p.account`)
	if err != nil {
		return nil, fmt.Errorf("read passwords: %w", err)
	}
	all, err := store.All(rows, func(rows *sql.Rows, k *kept) error { return rows.Scan(&k.account, &k.hash) })
	if err != nil {
		return nil, fmt.Errorf("read passwords: %w", err)
	}
	var findings []practice.Finding
	for _, k := range all {
		if password.Outdated(k.hash) {
			findings = append(findings, answer(practice.Warn, k.account, "The password of %s is hashed as it was done in the past.", k.account))
		}
	}
	return orPass(findings, answer(practice.Pass, "passwords", "All %d passwords are hashed as is recommended today.", len(all)))
}

func (s *Service) recoveryCodesLeft(ctx context.Context) ([]practice.Finding, error) {
	answer := s.finder("authentication/recovery-codes-left", 24*time.Hour)
	few, err := s.accounts(ctx, `SELECT p.account FROM identity_person p WHERE p.kind = 'person' AND p.state = 'active'
		AND (SELECT COUNT(*) FROM authentication_recovery r WHERE r.person_id = p.id) < 3`)
	if err != nil {
		return nil, err
	}
	var findings []practice.Finding
	for _, account := range few {
		findings = append(findings, answer(practice.Warn, account, "%s has fewer than three recovery codes left.", account))
	}
	return orPass(findings, answer(practice.Pass, "people", "Everybody has three recovery codes or more."))
}

// accounts reads one column, in order.
func (s *Service) accounts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	all, err := store.All(rows, func(rows *sql.Rows, one *string) error { return rows.Scan(one) })
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	slices.Sort(all)
	return all, nil
}

// orPass is what was found, or that all is well.
func orPass(findings []practice.Finding, well practice.Finding) ([]practice.Finding, error) {
	if findings == nil {
		findings = []practice.Finding{well}
	}
	return findings, nil
}
