package attack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/tenward/tenward/event"
)

// Target is one service at the gate's front door.
type Target struct {
	Service string
	Host    string // as clients name it: "notes.example.com:8443"
	Path    string // below which it is served; "/" for all of the host
	Session string // the token of a session that gets past whoever asks who is asking, on this host
}

// Options are what a run needs. All but Pages must be set.
type Options struct {
	Targets []Target
	Entries []Entry
	Tags    *Tags
	Cookie  string     // the name under which sessions travel
	Source  netip.Addr // from where the gate sees these requests come
	// Door is the way to the gate. It verifies TLS as any client does, and follows nothing.
	Door    http.RoundTripper
	Workers int // requests at once
	Rate    int // requests a second, all together
	Timeout time.Duration
	Pages   int // how much of each answer's body is wanted, in bytes
	Now     func() time.Time
}

// Report is what became of each request.
type Report struct {
	Run     event.ID
	Began   time.Time
	Ended   time.Time
	Results []Result // in the order of targets, then of entries
}

// Result is what became of one request.
type Result struct {
	Service string
	Entry   Entry
	Status  int
	Verdict string   // as the gate gives it; empty where it was not the gate that answered, or did not know the tag
	Stage   string   // who refused it, or would have
	Rules   []string // whatever matched
	Event   string   // under which it is on the record
	Page    string   // the beginning of the answer's body, where it is wanted
	Error   string   // why there is no answer
}

// Run sends every entry to every target, and waits for all answers. It errs when it could not do so; what became of the
// requests is in the report only.
func Run(ctx context.Context, o Options) (Report, error) {
	report := Report{Run: event.NewID(o.Now()), Began: o.Now(), Results: make([]Result, len(o.Targets)*len(o.Entries))}
	if len(report.Results) == 0 || o.Workers < 1 || o.Rate < 1 || o.Rate > 1e6 || o.Timeout <= 0 {
		return Report{}, errors.New("attack services: there is nothing to send, or no bound on how")
	}
	tick := time.NewTicker(time.Second / time.Duration(o.Rate))
	defer tick.Stop()
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() {
			for n := range numbers {
				at := o.Targets[n/len(o.Entries)]
				report.Results[n] = o.send(ctx, Mark{report.Run, uint32(n)}, at, o.Entries[n%len(o.Entries)]) //nolint:gosec // a corpus is small
			}
		})
	}
	err := feed(ctx, tick.C, numbers, len(report.Results))
	close(numbers)
	workers.Wait()
	if err != nil {
		return Report{}, fmt.Errorf("attack services: %w", err)
	}
	report.Ended = o.Now()
	return report, nil
}

// feed hands out a number at each tick.
func feed(ctx context.Context, tick <-chan time.Time, numbers chan<- int, count int) error {
	for n := range count {
		select {
		case <-tick:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case numbers <- n:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

var errSlow = errors.New("the gate took too long to answer")

// send sends one request and reads what the gate has decided.
func (o *Options) send(ctx context.Context, m Mark, at Target, e Entry) Result {
	result := Result{Service: at.Service, Entry: e}
	ctx, cancel := context.WithTimeoutCause(ctx, o.Timeout, errSlow)
	defer cancel()
	r, err := o.request(ctx, m, at, &e.Request)
	if err != nil {
		result.Error = err.Error()
		return result
	}
	answer, err := o.Door.RoundTrip(r)
	if err != nil {
		result.Error = err.Error()
		return result
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	page, _ := io.ReadAll(io.LimitReader(answer.Body, int64(o.Pages)))
	result.Page = string(page)
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection can be used again
	result.Status = answer.StatusCode
	result.Verdict, result.Stage, result.Event = answer.Header.Get(VerdictHeader), answer.Header.Get(StageHeader), answer.Header.Get(EventHeader)
	if rules := answer.Header.Get(RulesHeader); rules != "" {
		result.Rules = strings.Split(rules, ",")
	}
	return result
}

// browser is what honest and other clients send along, so that nothing but what the entry is about is unusual.
var browser = [...][2]string{
	{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"},
	{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
	{"Accept-Language", "en,de;q=0.7"},
	{"Accept-Encoding", "gzip"},
}

// request makes what goes over the wire.
func (o *Options) request(ctx context.Context, m Mark, at Target, q *Request) (*http.Request, error) {
	target := strings.TrimSuffix(at.Path, "/") + q.Target
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	u.Scheme, u.Host = "https", at.Host
	var body io.Reader = http.NoBody
	if q.Body != "" {
		if body = strings.NewReader(q.Body); q.Unannounced {
			body = struct{ io.Reader }{body}
		}
	}
	r, err := http.NewRequestWithContext(ctx, q.Method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	r.URL = u // as it was parsed: one spelling more would be another request
	r.GetBody = nil
	for name, values := range q.Header {
		r.Header[name] = values
	}
	for _, field := range browser {
		if _, own := r.Header[field[0]]; !own {
			r.Header.Set(field[0], field[1])
		}
	}
	if q.Host != "" {
		r.Host = q.Host
	}
	session := o.Cookie + "=" + at.Session
	if others := r.Header.Get("Cookie"); others != "" {
		session = others + "; " + session
	}
	r.Header.Set("Cookie", session)
	r.Header.Set(Header, o.Tags.Issue(m, Bond{
		Source: o.Source, Session: at.Session, Method: q.Method, Host: r.Host, Target: u.RequestURI(),
	}))
	return r, nil
}
