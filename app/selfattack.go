package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/event/outbox"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/problem"
)

// selfAttack sends the corpus of attacks and honest requests to this node's own services, through its own listener, as
// a service account with a session that is good for nothing else.
type selfAttack struct {
	house   *house
	door    *door
	tags    *attack.Tags
	gate    net.Addr
	roots   *x509.CertPool
	targets []attack.Target // without sessions
	log     *slog.Logger
	reports attack.Reports
}

const (
	attackAccount = "tenward-attack"
	attackLife    = 5 * time.Minute // of the session: a run over many services takes several
	attackRate    = 50              // a second, so that people do not notice
	attackWorkers = 2
	attackTimeout = 30 * time.Second

	kindAttackAccount = "audits.account.made"
	kindAttackBegan   = "audits.run.began"
	kindAttackEnded   = "audits.run.ended"
)

func (h *house) newSelfAttack(ctx context.Context, c *Config, d *door, ca []byte) (*selfAttack, error) {
	tags, err := attack.OpenTags(ctx, h.secrets, h.shared, time.Now)
	if err != nil {
		return nil, err
	}
	a := &selfAttack{house: h, door: d, tags: tags, gate: h.front.Addr(), roots: x509.NewCertPool(), log: h.log, reports: attack.Reports{DB: h.db}}
	a.roots.AppendCertsFromPEM(ca)
	for _, s := range gate.Services(c.Services) {
		a.targets = append(a.targets, attack.Target{Service: s.Name, Host: authority(s.Hosts[0], h.portal(c).Port()), Path: s.Path})
	}
	return a, nil
}

// first tries once, after a while, so that what has just been configured does not wait for a day.
func (a *selfAttack) first(after time.Duration) func(context.Context) {
	return func(ctx context.Context) {
		wait := time.NewTimer(after)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return
		}
		if err := a.try(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("Tenward could not attack its own services; it is tried again", "error", err)
		}
	}
}

// try sends the corpus to one service after the other, each with a session of its own.
func (a *selfAttack) try(ctx context.Context) error {
	source, err := a.source(ctx)
	if err != nil {
		return err
	}
	way := a.way(source)
	defer way.CloseIdleConnections()
	for _, at := range a.targets {
		if err := a.tryOne(ctx, at, source, way); err != nil {
			return fmt.Errorf("attack service %s: %w", at.Service, err)
		}
	}
	return nil
}

// errand is what somebody sends to a service of ours, and how the record speaks of it.
type errand struct {
	entries []attack.Entry
	pages   int // how much of each answer is wanted, in bytes

	kindBegan, began string
	kindEnded, ended string
	// keep puts the report where it belongs, with the event that says so: whoever reads the event finds the report.
	keep func(ctx context.Context, c *outbox.Change, report *attack.Report) error
}

// tryOne sends the corpus to one service.
func (a *selfAttack) tryOne(ctx context.Context, at attack.Target, source netip.Addr, way http.RoundTripper) error {
	report, err := a.send(ctx, at, source, way, errand{
		entries:   attack.Corpus(),
		kindBegan: kindAttackBegan, began: "Tenward begins to attack a service of its own.",
		kindEnded: kindAttackEnded, ended: "Tenward has attacked a service of its own.",
		keep: func(ctx context.Context, c *outbox.Change, report *attack.Report) error {
			return a.reports.Keep(ctx, c.Tx, at.Service, report)
		},
	})
	if err != nil {
		return err
	}
	a.log.Info("attacked a service of our own", "service", at.Service, "run", report.Run.String(), "requests", len(report.Results))
	return nil
}

// send does an errand with a session of its own.
func (a *selfAttack) send(ctx context.Context, at attack.Target, source netip.Addr, way http.RoundTripper, e errand) (report attack.Report, err error) {
	who, session, token, err := a.begin(ctx, at, source, &e)
	if err != nil {
		return attack.Report{}, err
	}
	defer func() {
		err = errors.Join(err, a.end(context.WithoutCancel(ctx), who, session, at.Service, &e, &report, err == nil))
	}()
	at.Session = token
	return attack.Run(ctx, attack.Options{
		Targets: []attack.Target{at}, Entries: e.entries, Tags: a.tags, Cookie: gate.SessionCookie, Source: source, Door: way,
		Workers: attackWorkers, Rate: attackRate, Timeout: attackTimeout, Pages: e.pages, Now: time.Now,
	})
}

// begin makes a session for one service. It has proven nothing, so that nothing but a tag makes it worth anything.
func (a *selfAttack) begin(ctx context.Context, at attack.Target, source netip.Addr, e *errand) (who *identity.Person, session, token string, err error) {
	host, _, err := net.SplitHostPort(at.Host)
	if err != nil {
		host = at.Host
	}
	err = a.house.box.Do(ctx, func(c *outbox.Change) error {
		var made bool
		var err error
		who, made, err = identity.ServiceAccount(ctx, c, attackAccount, "Tenward's own attacks")
		switch {
		case errors.Is(err, identity.ErrTaken):
			return problem.New("audits.account.taken", "The account "+attackAccount+", which Tenward needs to attack its own services, is a person's.",
				"Invite that person under another name and disable this account's use: it cannot be shared.").Because(err)
		case err != nil:
			return err
		case who.State != identity.Active:
			return problem.New("audits.account.disabled", "The account "+attackAccount+" is disabled, so the services are not attacked.",
				"Let it in again: tenward person enable "+attackAccount+".")
		}
		if made {
			c.Record(&event.Event{
				Class: event.UserManagement, Activity: 1, Severity: event.Informational, Kind: kindAttackAccount,
				Message: "The service account was made with which Tenward attacks its own services.", User: who.User(), Subject: string(who.ID),
			})
		}
		if err := a.door.access.Enlist(ctx, c, who, "tenward"); err != nil {
			return err
		}
		session, token, err = a.house.sessions.Begin(ctx, c, identity.Start{
			Person: who, Strength: identity.Begun, Address: source.String(), Agent: "tenward", Face: identity.Application, Host: host, Life: attackLife,
		})
		if err != nil {
			return err
		}
		c.Record(a.event(event.AuthenticateOn, e.kindBegan, e.began, who, at.Service))
		return nil
	})
	return who, session, token, err
}

// end ends the session, keeps what came of it, and says how much was sent.
func (a *selfAttack) end(ctx context.Context, who *identity.Person, session, service string, e *errand, report *attack.Report, whole bool) error {
	return a.house.box.Do(ctx, func(c *outbox.Change) error {
		if err := a.house.sessions.End(ctx, c, who.ID, session); err != nil && !errors.Is(err, identity.ErrNotFound) {
			return err
		}
		if whole && e.keep != nil {
			if err := e.keep(ctx, c, report); err != nil {
				return err
			}
		}
		c.Record(a.event(event.AuthenticateOff, e.kindEnded, e.ended, who, service,
			event.Detail{Name: gate.RunDetail, Value: report.Run.String()}, event.Detail{Name: "requests", Value: strconv.Itoa(len(report.Results))}))
		return nil
	})
}

func (a *selfAttack) event(activity event.Activity, kind, message string, who *identity.Person, service string, more ...event.Detail) *event.Event {
	return &event.Event{
		Class: event.Authentication, Activity: activity, Severity: event.Informational, Kind: kind, Message: message, Service: service,
		Details: slices.Clip(more), User: who.User(), Subject: string(who.ID),
	}
}

// source is from where this machine reaches its own gate.
func (a *selfAttack) source(ctx context.Context) (netip.Addr, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", reachable(a.gate))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("reach the gate: %w", err)
	}
	defer conn.Close() //nolint:errcheck // nothing was said
	at, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return netip.Addr{}, fmt.Errorf("reach the gate: %w", err)
	}
	return at.Addr().Unmap(), nil
}

// way leads to the gate from that address, with TLS verified as any client does.
func (a *selfAttack) way(source netip.Addr) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))}
			return d.DialContext(ctx, "tcp", reachable(a.gate))
		},
		TLSClientConfig: &tls.Config{RootCAs: a.roots, MinVersion: tls.VersionTLS13}, ForceAttemptHTTP2: true, DisableCompression: true,
		TLSHandshakeTimeout: attackTimeout, MaxIdleConnsPerHost: attackWorkers,
	}
}
