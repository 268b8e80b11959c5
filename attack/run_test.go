package attack

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// door is a gate that answers as it is told, and keeps what it saw.
type door struct {
	answer func(*http.Request) (*http.Response, error)

	mu   sync.Mutex
	saw  []*http.Request
	body []string
}

func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.saw, d.body = append(d.saw, r), append(d.body, string(body))
	d.mu.Unlock()
	if d.answer != nil {
		return d.answer(r)
	}
	w := httptest.NewRecorder()
	w.Header().Set(VerdictHeader, "refused")
	w.Header().Set(StageHeader, "the.stage")
	w.Header().Set(RulesHeader, "1,22")
	w.Header().Set(EventHeader, "the event")
	w.WriteHeader(http.StatusForbidden)
	return w.Result(), nil
}

func options(t *testing.T, d *door) Options {
	t.Helper()
	return Options{
		Targets: []Target{{"notes", "notes.test", "/", "s1"}, {"wiki", "wiki.test:8443", "/wiki/", "s2"}},
		Entries: []Entry{
			{ID: "a.get", Expect: Refused, By: ByRules, Request: get("/a/%2e?x=%27").with("Cookie", "theirs=1", "User-Agent", "tool/1")},
			{ID: "a.post", Expect: Passed, Request: form("q", "a b")},
			{ID: "a.host", Expect: Refused, By: ByGate, Request: Request{Method: "GET", Host: "other.test", Target: "/"}},
		},
		Tags: tags(t, time.Now), Cookie: "session", Source: netip.MustParseAddr("192.0.2.1"), Door: d,
		Workers: 2, Rate: 1000, Timeout: time.Minute, Now: time.Now,
	}
}

func TestEveryEntryIsSentToEveryTargetWithASessionAndATagOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{}
		o := options(t, d)
		report, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range report.Results {
			got = append(got, r.Service+" "+r.Entry.ID)
			if r.Status != 403 || r.Verdict != "refused" || r.Stage != "the.stage" || !slices.Equal(r.Rules, []string{"1", "22"}) || r.Event != "the event" || r.Error != "" {
				t.Errorf("%+v", r)
			}
		}
		if want := []string{"notes a.get", "notes a.post", "notes a.host", "wiki a.get", "wiki a.post", "wiki a.host"}; !slices.Equal(got, want) {
			t.Errorf("the report has %q", got)
		}
		var sent []string
		numbers := map[uint32]bool{}
		for i, r := range d.saw {
			session := "s1"
			if strings.HasPrefix(r.URL.Host, "wiki") {
				session = "s2"
			}
			mark, err := o.Tags.Redeem(t.Context(), r.Header.Get(Header), Bond{o.Source, session, r.Method, r.Host, r.URL.RequestURI()})
			if err != nil || mark.Run != report.Run || numbers[mark.N] {
				t.Errorf("%s %s: its tag is %+v, %v", r.Method, r.URL, mark, err)
			}
			numbers[mark.N] = true
			sent = append(sent, strings.Join([]string{r.Method, r.URL.String(), r.Host, r.Header.Get("Cookie"), d.body[i]}, " "))
		}
		slices.Sort(sent)
		want := []string{
			"GET https://notes.test/ other.test session=s1 ",
			"GET https://notes.test/a/%2e?x=%27 notes.test theirs=1; session=s1 ",
			"GET https://wiki.test:8443/wiki/ other.test session=s2 ",
			"GET https://wiki.test:8443/wiki/a/%2e?x=%27 wiki.test:8443 theirs=1; session=s2 ",
			"POST https://notes.test/notes notes.test session=s1 q=a+b",
			"POST https://wiki.test:8443/wiki/notes wiki.test:8443 session=s2 q=a+b",
		}
		if !slices.Equal(sent, want) {
			t.Errorf("sent\n%s", strings.Join(sent, "\n"))
		}
	})
}

func TestARunIsNoFasterThanItMayBe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		d := &door{answer: func(r *http.Request) (*http.Response, error) {
			for n := now.Add(1); ; {
				if old := most.Load(); n <= old || most.CompareAndSwap(old, n) {
					break
				}
			}
			defer now.Add(-1)
			select {
			case <-time.After(10 * time.Second): // the bubble's clock
			case <-r.Context().Done():
			}
			return httptest.NewRecorder().Result(), nil
		}}
		o := options(t, d)
		began := time.Now()
		report, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if n := most.Load(); n != int64(o.Workers) {
			t.Errorf("%d at once", n)
		}
		if took := time.Since(began); took < 30*time.Second || took != report.Ended.Sub(report.Began) {
			t.Errorf("it took %s, and says %s", took, report.Ended.Sub(report.Began))
		}
		d.answer = nil
		o.Rate = 1
		began = time.Now()
		if _, err := Run(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 6*time.Second {
			t.Errorf("six requests at one a second took %s", took)
		}
	})
}

func TestWhatCannotBeSentIsInTheReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, answer := range map[string]func(*http.Request) (*http.Response, error){
			"nobody answers": func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") },
			"too slow": func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, context.Cause(r.Context())
			},
		} {
			report, err := Run(t.Context(), options(t, &door{answer: answer}))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range report.Results {
				if r.Error == "" || r.Answer("the.stage") != Unjudged {
					t.Errorf("%s: %+v", name, r)
				}
			}
		}
		o := options(t, &door{})
		o.Entries = []Entry{{ID: "a.broken", Request: Request{Method: "GET", Target: "/%zz"}}}
		if report, err := Run(t.Context(), o); err != nil || report.Results[0].Error == "" {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

func TestARunThatIsBrokenOffHasNoReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("the program stops")
		ctx, cancel := context.WithCancelCause(t.Context())
		d := &door{answer: func(*http.Request) (*http.Response, error) {
			cancel(why)
			return nil, why
		}}
		o := options(t, d)
		o.Workers = 1
		if report, err := Run(ctx, o); !errors.Is(err, why) || report.Results != nil {
			t.Errorf("%v, %v", report, err)
		}
		if len(d.saw) > 2 {
			t.Errorf("it went on for %d requests", len(d.saw))
		}
	})
}

func TestARunWithoutBoundsIsNone(t *testing.T) {
	for name, spoil := range map[string]func(*Options){
		"no target":  func(o *Options) { o.Targets = nil },
		"no entry":   func(o *Options) { o.Entries = nil },
		"no worker":  func(o *Options) { o.Workers = 0 },
		"no rate":    func(o *Options) { o.Rate = 0 },
		"no timeout": func(o *Options) { o.Timeout = 0 },
	} {
		o := options(t, &door{})
		spoil(&o)
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%s: it ran", name)
		}
	}
}
