package app

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"slices"
	"time"

	"github.com/tenward/tenward/attack"
	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice/validation"
)

const (
	kindAskBegan = "audits.question.began"
	kindAskEnded = "audits.question.ended"
)

// seenRequests is what the checks of validation look at: this node's services, asked as the corpus asks them, the gate as
// it reads bytes, and what the record has of both.
func (a *selfAttack) seenRequests(portal string, record *event.Log) validation.Outside {
	paths := map[string]string{}
	for _, at := range a.targets {
		paths[at.Service] = at.Path
	}
	return validation.Outside{
		Try: a.ask, Paths: paths, Host: portal, Find: record.Find,
		Dial: func(ctx context.Context) (net.Conn, error) {
			d := tls.Dialer{
				NetDialer: &net.Dialer{Timeout: attackTimeout},
				Config:    &tls.Config{RootCAs: a.roots, ServerName: portal, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}},
			}
			return d.DialContext(ctx, "tcp", reachable(a.gate))
		},
	}
}

// askTime is how long the session of a question lasts at most, and with it the question.
const askTime = attackLife - 10*time.Second

// ask sends a check's own requests to one service. The report is the check's, and is not kept.
func (a *selfAttack) ask(ctx context.Context, service string, entries []attack.Entry, pages int) (attack.Report, error) {
	i := slices.IndexFunc(a.targets, func(t attack.Target) bool { return t.Service == service })
	if i < 0 {
		return attack.Report{}, fmt.Errorf("ask service %s: there is none", service)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, fmt.Errorf("service %s took too long to answer", service))
	defer cancel()
	source, err := a.source(ctx)
	if err != nil {
		return attack.Report{}, err
	}
	way := a.way(source)
	defer way.CloseIdleConnections()
	return a.send(ctx, a.targets[i], source, way, errand{
		entries: entries, pages: pages,
		kindBegan: kindAskBegan, began: "A check begins to ask a service what it refuses.",
		kindEnded: kindAskEnded, ended: "A check has asked a service what it refuses.",
	})
}
