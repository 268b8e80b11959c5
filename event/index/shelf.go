package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
)

// shelf keeps a few days open, those that were asked for last.
type shelf struct {
	dir    string
	most   int
	log    *slog.Logger
	mu     sync.Mutex
	turn   uint
	files  map[Day]*file
	idle   *sync.Cond // somebody is done with a file
	closed bool
}

func newShelf(dir string, most int, log *slog.Logger) *shelf {
	s := &shelf{dir: dir, most: most, log: log, files: map[Day]*file{}}
	s.idle = sync.NewCond(&s.mu)
	return s
}

// take gives a day's file until release; one that is not there only when it is to be begun. A file that is no good is set aside and a new one begun.
func (s *shelf) take(ctx context.Context, d Day, begin bool) (*file, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errClosed
	}
	f := s.files[d]
	if f == nil {
		var err error
		if f, err = openFile(ctx, s.dir, d, begin); damaged(err) {
			f, err = s.anew(ctx, d, err)
		}
		if err != nil {
			return nil, nil, err
		}
		s.files[d] = f
	}
	s.turn++
	f.users, f.used = f.users+1, s.turn
	s.makeRoom()
	return f, func() { s.release(f) }, nil
}

func (s *shelf) release(f *file) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.users--
	s.makeRoom()
	s.idle.Broadcast()
}

// makeRoom closes the days that were not asked for the longest and that nobody uses.
func (s *shelf) makeRoom() {
	for len(s.files) > s.most {
		var oldest *file
		for _, f := range s.files {
			if f.users == 0 && (oldest == nil || f.used < oldest.used) {
				oldest = f
			}
		}
		if oldest == nil {
			return
		}
		s.shut(oldest)
	}
}

func (s *shelf) shut(f *file) {
	delete(s.files, f.day)
	if err := f.close(); err != nil {
		s.log.Warn("a day of the index did not close well", "day", f.day.String(), "error", err)
	}
}

// setAside has a file that turned out to be damaged replaced. Others that use it meanwhile fail by themselves.
func (s *shelf) setAside(ctx context.Context, f *file, why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files[f.day] != f {
		return nil // somebody else has done it
	}
	s.shut(f)
	fresh, err := s.anew(ctx, f.day, why)
	if err != nil {
		return err
	}
	s.files[f.day] = fresh
	return nil
}

// anew puts a file out of the way and begins the day again. That the old one is there says that the new one lacks events.
func (s *shelf) anew(ctx context.Context, d Day, why error) (*file, error) {
	path := dayPath(s.dir, d)
	for _, name := range []string{path + "-wal", path + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("set day of the index aside: %w", err)
		}
	}
	if err := os.Rename(path, asidePath(s.dir, d)); err != nil {
		return nil, fmt.Errorf("set day of the index aside: %w", err)
	}
	s.log.Error("a day of the index was unreadable and is set aside; it is to be made anew from the record", "day", d.String(), "error", why)
	return openFile(ctx, s.dir, d, true)
}

// remove removes a day once nobody uses it.
func (s *shelf) remove(d Day) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for f := s.files[d]; f != nil; f = s.files[d] {
		if f.users == 0 {
			s.shut(f)
			break
		}
		s.idle.Wait()
	}
	return removeDay(s.dir, d)
}

func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var errs []error
	for len(s.files) > 0 {
		for d, f := range s.files {
			if f.users == 0 {
				delete(s.files, d)
				errs = append(errs, f.close())
			}
		}
		if len(s.files) > 0 {
			s.idle.Wait()
		}
	}
	return errors.Join(errs...)
}
