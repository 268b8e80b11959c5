package monitoring

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/event"
)

// Outside is what there is to look at from outside: the gate's own listener, the files of the record, the machine.
// Nothing of it asks this practice what it believes.
type Outside struct {
	Ask    func(*http.Request) (*http.Response, error) // as anybody could, following nothing
	Page   string                                      // the origin of pages of Tenward's own: what is asked there reaches no application
	Record Record
	Folder string                                                     // the record's
	Key    string                                                     // the public key that its checkpoints are verified with, from elsewhere than that folder
	Count  func(ctx context.Context, query string) (n int64, e error) // how many events a query finds, as people search
	Room   func(folder string) (free, total uint64, err error)        // bytes of the disk
	Clock  func() (Clock, error)

	Backups Backups

	Wait time.Duration // how long an exchange may take to get into the record or the index; zero: DefaultWait
}

// DefaultWait is how long an exchange may take until it can be found. It is written within 50 ms, and indexed behind
// whatever came before it.
const DefaultWait = 10 * time.Second

// Record is the record as far as checks read it.
type Record interface {
	Health() event.Health
	Tail(ctx context.Context) <-chan []*event.Event
	Find(ctx context.Context, id event.ID) (*event.Event, []byte, error)
}

// LookAt says what the checks look at, which stands only after the listeners do.
func (s *Service) LookAt(o Outside) {
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	s.outside = o
}

// Clock is how the kernel keeps time.
type Clock struct {
	Kept  bool          // something sets it: NTP, PTP, a hypervisor
	Error time.Duration // how far it may be off at most, as the kernel reckons; of no meaning where nothing sets it
}

// KernelClock reads it (adjtimex(2)).
func KernelClock() (Clock, error) {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	if err != nil {
		return Clock{}, fmt.Errorf("ask the kernel how it keeps time: %w", err)
	}
	return Clock{Kept: state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0, Error: time.Duration(t.Maxerror) * time.Microsecond}, nil
}

// DiskRoom reads how much of a folder's disk is free to whoever is not root, and how large it is (statfs(2)).
func DiskRoom(folder string) (free, total uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, 0, fmt.Errorf("look at the disk of %s: %w", folder, err)
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), nil //nolint:gosec // a block's size is positive
}
