package monitoring_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/problem"
)

// key seals everything under one key.
type key struct{ cipher.AEAD }

func (k key) For(context.Context, string, time.Time) (event.Key, error) {
	return event.Key{ID: "20261124", AEAD: k.AEAD}, nil
}
func (k key) Find(ctx context.Context, _ string) (event.Key, error) {
	return k.For(ctx, "", time.Time{})
}

// house is a gate that answers, and a real record of what it was asked; each of which a test may spoil.
type house struct {
	*testing.T
	outside monitoring.Outside
	log     *event.Log
	now     func() time.Time
	record  func(e *event.Event, r *http.Request) // how the gate records
	unseen  bool                                  // the search knows nothing of what comes in
	gaps    int64
	broken  error // what searching fails with
}

var errBroken = errors.New("broken")

// in is a world that begins like this.
func in(arrange func(h *house)) practicetest.World {
	return func(t *testing.T) practice.Practice {
		t.Helper()
		h := &house{T: t, now: time.Now}
		h.open()
		h.record = h.offer
		gate := httptest.NewServer(http.HandlerFunc(h.answer))
		t.Cleanup(gate.Close)
		h.outside.Page, h.outside.Ask = gate.URL, gate.Client().Do
		h.outside.Count = h.count
		h.outside.Room = func(string) (free, total uint64, err error) { return 50 << 30, 100 << 30, nil }
		h.outside.Clock = func() (monitoring.Clock, error) {
			return monitoring.Clock{Kept: true, Error: 20 * time.Millisecond}, nil
		}
		h.outside.Backups = monitoring.Backups{
			Every:  24 * time.Hour,
			Newest: func() (time.Time, error) { return time.Now().Add(-25 * time.Hour), nil },
			Failed: func() error { return nil },
			Read:   func(context.Context) (any, error) { return map[string]int{"rows": 7}, nil },
		}
		if arrange != nil {
			arrange(h)
		}
		s := monitoring.New(monitoring.Config{Redact: []string{"passport"}}, h.outside.Record.Health, h.now)
		s.LookAt(h.outside)
		return s.Practice()
	}
}

// open begins a record with one event in it.
func (h *house) open() {
	h.Helper()
	raw, err := event.NewSigningKey("a")
	if err != nil {
		h.Fatal(err)
	}
	signing, err := event.ParseSigningKey(raw)
	if err != nil {
		h.Fatal(err)
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		h.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		h.Fatal(err)
	}
	h.outside.Folder, h.outside.Key = filepath.Join(h.TempDir(), "record"), signing.Public()
	h.log, err = event.Open(h.Context(), h.outside.Folder, event.Options{
		Node: "a", Signing: signing, Keys: key{aead}, Redact: []string{"passport"}, Gather: time.Millisecond, CheckpointEvery: time.Millisecond,
	})
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { h.close() })
	h.outside.Record = h.log
	if err := h.log.Append(h.Context(), exchange("/first")); err != nil {
		h.Fatal(err)
	}
}

func (h *house) close() {
	h.Helper()
	if err := h.log.Close(); err != nil {
		h.Error(err)
	}
}

func exchange(path string) *event.Event {
	now := time.Now()
	return &event.Event{
		UID: event.NewID(now), Time: now, Class: event.HTTPActivity, Activity: 1, Severity: event.Informational, Kind: "gate.exchange",
		Verdict: event.Passed, Source: netip.MustParseAddrPort("127.0.0.1:4000"), HTTP: &event.HTTP{Method: "GET", Scheme: "https", Host: "login.test", Path: path},
	}
}

func (h *house) answer(w http.ResponseWriter, r *http.Request) {
	e := exchange(r.URL.Path)
	e.HTTP.Query, e.HTTP.UserAgent, e.HTTP.Referrer = r.URL.RawQuery, r.UserAgent(), r.Referer()
	h.record(e, r)
	w.WriteHeader(http.StatusNotFound)
}

// offer is how a gate records that is well.
func (h *house) offer(e *event.Event, _ *http.Request) { h.log.Offer(e) } //nolint:contextcheck // it waits for nobody

// count answers as the index does, of the two queries that the checks have.
func (h *house) count(_ context.Context, query string) (int64, error) {
	if h.broken != nil {
		return 0, h.broken
	}
	if strings.HasPrefix(query, "kind:monitoring.record.gap ") {
		return h.gaps, nil
	}
	if !strings.HasPrefix(query, "id:") || h.unseen {
		return 0, nil
	}
	return 1, nil
}

// says has the gate's event say something that it must not.
func says(what func(r *http.Request) string) practicetest.World {
	return in(func(h *house) {
		h.record = func(e *event.Event, r *http.Request) {
			e.Message = what(r)
			h.offer(e, r)
		}
	})
}

// spoiled is what a record looks like whose first segment somebody edited.
func spoiled(h *house) {
	h.close()
	files, err := filepath.Glob(filepath.Join(h.outside.Folder, "*.seg"))
	if err != nil || len(files) == 0 {
		entries, _ := os.ReadDir(h.outside.Folder)
		h.Fatalf("no segment in %v: %v", entries, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		h.Fatal(err)
	}
	at := strings.Index(string(raw), "/first")
	raw[at+1] = 'F'
	if err := os.WriteFile(files[0], raw, 0o600); err != nil {
		h.Fatal(err)
	}
}

// sick is a record that says of itself what a test has it say.
type sick struct {
	*event.Log
	health event.Health
}

func (s sick) Health() event.Health { return s.health }

func health(change func(*event.Health)) practicetest.World {
	return in(func(h *house) {
		hs := event.Health{Writable: true, Durable: 100, Sealed: 100, CheckpointAt: h.now()}
		change(&hs)
		h.outside.Record = sick{h.log, hs}
	})
}

func worlds() practicetest.Checks {
	well := in(nil)
	mute := in(func(h *house) { h.outside.Ask = func(*http.Request) (*http.Response, error) { return nil, errBroken } })
	unrecorded := in(func(h *house) {
		h.record, h.outside.Wait = func(*event.Event, *http.Request) {}, 20*time.Millisecond
	})
	return practicetest.Checks{
		"monitoring/exchanges-recorded": practicetest.Gives(well, unrecorded, mute),
		"monitoring/exchanges-searchable": practicetest.Gives(well,
			in(func(h *house) { h.unseen, h.outside.Wait = true, 500*time.Millisecond }),
			in(func(h *house) { h.broken = errBroken })),
		"monitoring/secrets-redacted": practicetest.Gives(well, says(func(r *http.Request) string { return "asked with " + r.URL.Query().Get("passport") }), unrecorded),
		"monitoring/persons-sealed":   practicetest.Gives(well, says((*http.Request).UserAgent), unrecorded),
		"monitoring/record-intact": practicetest.Gives(
			in(func(h *house) { h.close() }), in(spoiled),
			in(func(h *house) { h.outside.Folder = filepath.Join(h.outside.Folder, "nowhere") })),
		"monitoring/record-signed": practicetest.Gives(
			health(func(*event.Health) {}),
			health(func(s *event.Health) { s.Sealed, s.CheckpointAt = 90, time.Now().Add(-2*time.Minute) }),
			health(func(s *event.Health) { *s = event.Health{Writable: true} })),
		"monitoring/nothing-lost": practicetest.Gives(well, in(func(h *house) { h.gaps = 2 }), in(func(h *house) { h.broken = errBroken })),
		"monitoring/room-left": practicetest.Gives(well,
			in(func(h *house) {
				h.outside.Room = func(string) (uint64, uint64, error) { return 400 << 20, 100 << 30, nil }
			}),
			in(func(h *house) { h.outside.Room = func(string) (uint64, uint64, error) { return 0, 0, errBroken } })),
		"monitoring/clock-kept": practicetest.Gives(well,
			in(func(h *house) {
				h.outside.Clock = func() (monitoring.Clock, error) { return monitoring.Clock{}, nil }
			}),
			in(func(h *house) {
				h.outside.Clock = func() (monitoring.Clock, error) { return monitoring.Clock{}, errBroken }
			})),
		"monitoring/backup-fresh": practicetest.Gives(well,
			newest(func() (time.Time, error) { return time.Now().Add(-27 * time.Hour), nil }),
			newest(func() (time.Time, error) { return time.Now(), errBroken })),
		"monitoring/backup-whole": practicetest.Gives(well,
			in(func(h *house) {
				h.outside.Backups.Read = func(context.Context) (any, error) { return nil, errBroken }
			}),
			newest(func() (time.Time, error) { return time.Now(), errBroken })),
	}
}

func newest(is func() (time.Time, error)) practicetest.World {
	return in(func(h *house) { h.outside.Backups.Newest = is })
}

// Where there is nothing to look at, nothing passes.
func TestOfBackupsThatAreNoneNothingIsSaid(t *testing.T) {
	for name, world := range map[string]practicetest.World{
		"none was made yet": newest(func() (time.Time, error) { return time.Time{}, nil }),
		"none is made": in(func(h *house) {
			h.outside.Backups.Every = 0
			h.outside.Backups.Failed = func() error { return errBroken }
		}),
	} {
		for _, c := range world(t).Checks {
			if !strings.HasPrefix(c.ID, "monitoring/backup-") {
				continue
			}
			if found, err := c.Run(t.Context()); err == nil || problem.Of(err).Next == "" {
				t.Errorf("%s: %s says %v, %v", name, c.ID, found, err)
			}
		}
	}
}

// The other ways in which an answer is no pass, each of which the contract's single failing world leaves out.
func TestWhatElseIsNotWell(t *testing.T) {
	room := func(free, total uint64) practicetest.World {
		return in(func(h *house) {
			h.outside.Room = func(string) (uint64, uint64, error) { return free, total, nil }
		})
	}
	clock := func(c monitoring.Clock) practicetest.World {
		return in(func(h *house) { h.outside.Clock = func() (monitoring.Clock, error) { return c, nil } })
	}
	for _, tt := range []struct {
		name  string
		world practicetest.World
		check string
		want  practice.Status
	}{
		{"events cannot be written", health(func(h *event.Health) { h.Writable = false }), "record-signed", practice.Fail},
		{"and nothing ever was", health(func(h *event.Health) { *h = event.Health{Since: time.Now()} }), "record-signed", practice.Fail},
		{"events cannot be signed", health(func(h *event.Health) { h.SealErr = errBroken }), "record-signed", practice.Fail},
		{"an old checkpoint covers everything", health(func(h *event.Health) { h.CheckpointAt = time.Now().Add(-time.Hour) }), "record-signed", practice.Pass},
		{"a checkpoint is on its way", health(func(h *event.Health) { h.Sealed = 99 }), "record-signed", practice.Pass},
		{"events were lost since the start", health(func(h *event.Health) { h.Gap = 3 }), "nothing-lost", practice.Fail},
		{"the disk is nine tenths full", room(9<<30, 100<<30), "room-left", practice.Warn},
		{"the disk is small and has little left", room(1<<30, 4<<30), "room-left", practice.Warn},
		{"the disk is small and has enough", room(3<<30, 4<<30), "room-left", practice.Pass},
		{"a backup could not be made", in(func(h *house) { h.outside.Backups.Failed = func() error { return errBroken } }), "backup-fresh", practice.Fail},
		{"the clock may be off by much", clock(monitoring.Clock{Kept: true, Error: 2 * time.Second}), "clock-kept", practice.Warn},
		{"a bearer token", says(func(r *http.Request) string { return r.Header.Get("Authorization")[7:] + "." }), "secrets-redacted", practice.Fail},
		{"a cookie", says(func(r *http.Request) string { return r.Header.Get("Cookie")[4:] + "." }), "secrets-redacted", practice.Fail},
		{"an address", says(func(*http.Request) string { return "127.0.0.1" }), "persons-sealed", practice.Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := tt.world(t).Checks
			i := slices.IndexFunc(all, func(c practice.Check) bool { return c.ID == "monitoring/"+tt.check })
			findings, err := all[i].Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			worst := practice.Pass
			for _, f := range findings {
				worst = max(worst, f.Status)
			}
			if worst != tt.want {
				t.Errorf("it says %s: %+v", worst, findings)
			}
		})
	}
}

// The two that ask the machine itself.
func TestTheMachineAnswers(t *testing.T) {
	free, total, err := monitoring.DiskRoom(t.TempDir())
	if err != nil || free == 0 || free > total {
		t.Errorf("the disk has %d of %d bytes free: %v", free, total, err)
	}
	if _, _, err := monitoring.DiskRoom("/nowhere"); err == nil {
		t.Error("a disk that is not there answers")
	}
	if c, err := monitoring.KernelClock(); err != nil || c.Error < 0 {
		t.Errorf("the kernel says %+v: %v", c, err)
	}
}
