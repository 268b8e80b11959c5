package event

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/tenward/tenward/event/segment"
)

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// writer is the one goroutine that writes. All callers that wait share one write and one fdatasync.
type writer struct {
	log     *Log
	at      position
	file    *os.File
	dirty   bool // behind at.size may stand what a failed write has left
	buf     []byte
	items   []item // taken from the queue, not yet durable
	hashes  []sealable
	places  []place
	payload []byte
}

// sealable is a durable frame on its way into the tree.
type sealable struct {
	seq   uint64
	chain segment.Hash
}

// maxWrite is how many bytes go to the disk in one write.
const maxWrite = 4 << 20

// retry is how long after a failed write the next is tried.
const retry = 200 * time.Millisecond

func newWriter(l *Log, at position) (*writer, error) {
	w := &writer{log: l, at: at}
	if at.file == 0 {
		return w, nil // the first event makes the first segment
	}
	f, err := os.OpenFile(segmentPath(l.dir, at.file), os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	w.file = f
	return w, nil
}

func (w *writer) run() {
	l := w.log
	for {
		select {
		case <-l.wake:
		case <-l.quit:
			w.drain()
			return
		}
		w.gather()
		w.drain()
	}
}

// gather lets plain events come together, so that a quiet server does not sync for each of them.
func (w *writer) gather() {
	timer := time.NewTimer(w.log.o.Gather)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.log.urgent:
	case <-w.log.quit:
	}
}

// drain writes until the queue is empty, and then what is to be said of events that were lost.
func (w *writer) drain() {
	for {
		w.items = w.log.swap(w.items[:0])
		rest := w.items
		written := w.insist(func() error {
			for len(rest) > 0 {
				n, err := w.write(rest)
				if err != nil {
					return err
				}
				w.answer(rest[:n])
				rest = rest[n:]
			}
			return w.gapEvent()
		})
		if !written {
			w.abandon(rest)
			return
		}
		if len(w.items) == 0 {
			return
		}
	}
}

// insist tries again and again while the disk refuses. False says that quit came first.
func (w *writer) insist(try func() error) bool {
	for {
		err := try()
		if err == nil {
			return true
		}
		w.failed(err)
		select {
		case <-time.After(retry):
		case <-w.log.quit:
			return false
		}
	}
}

// write makes a run of items durable and says how many.
func (w *writer) write(items []item) (n int, err error) {
	w.log.busy.start()
	defer w.log.busy.stop()
	if err := w.clean(); err != nil { // before the file may be left for the next
		return 0, err
	}
	if err := w.rotate(); err != nil {
		return 0, err
	}
	next, n := w.frames(items)
	if len(w.buf) == 0 {
		return n, nil
	}
	w.dirty = true
	if _, err := w.file.WriteAt(w.buf, w.at.size); err != nil {
		return 0, errors.Join(fmt.Errorf("write record: %w", err), w.clean())
	}
	if err := w.log.o.sync(int(w.file.Fd())); err != nil {
		// The kernel may have dropped what it could not write and take it for clean. Cut off and written again it
		// is dirty again: only then does the next sync say something.
		return 0, errors.Join(fmt.Errorf("sync record: %w", err), w.clean())
	}
	if err := w.stillThere(); err != nil {
		return 0, errors.Join(err, w.clean())
	}
	w.dirty = false
	next.size += int64(len(w.buf))
	w.at = next
	w.publish()
	return n, nil
}

// frames puts as many items as one write takes into buf, and says where the log will stand behind them but for its
// size, and how many items that were.
func (w *writer) frames(items []item) (next position, n int) {
	w.buf, w.hashes, w.places = w.buf[:0], w.hashes[:0], w.places[:0]
	next = w.at
	for _, it := range items {
		if len(w.buf) >= maxWrite {
			break
		}
		n++
		if it.payload == nil || it.wait != nil && !it.wait.state.CompareAndSwap(waiting, taken) && it.wait.state.Load() == givenUp {
			continue
		}
		next.seq++
		w.payload = append(append(strconv.AppendUint(append(w.payload[:0], *it.payload...), next.seq, 10), tail...), '\n')
		at := place{next.file, next.size + int64(len(w.buf))}
		w.buf, next.chain = segment.AppendFrame(w.buf, next.chain, segment.Frame{Begins: len(w.buf) == 0, Time: it.time, Seq: next.seq, Payload: w.payload})
		w.hashes = append(w.hashes, sealable{next.seq, next.chain})
		w.places = append(w.places, at)
	}
	return next, n
}

// clean cuts off what a failed write has left: the next one may be shorter, and no reader must meet the rest.
func (w *writer) clean() error {
	if !w.dirty {
		return nil
	}
	if err := w.file.Truncate(w.at.size); err != nil {
		return fmt.Errorf("cut failed write off: %w", err)
	}
	w.dirty = false
	return nil
}

// stillThere says whether the file that was written is the one that the next start will find: a folder that was
// removed or moved away takes writes as if nothing were.
func (w *writer) stillThere() error {
	ours, err := w.file.Stat()
	if err != nil {
		return fmt.Errorf("look at segment: %w", err)
	}
	found, err := os.Stat(segmentPath(w.log.dir, w.at.file))
	if err != nil {
		return fmt.Errorf("look for segment: %w", err)
	}
	if !os.SameFile(ours, found) {
		return errors.New("the segment was replaced by another file")
	}
	return nil
}

// publish tells readers and the sealer what has become durable.
func (w *writer) publish() {
	l := w.log
	for _, p := range w.places {
		l.recent.add(p)
	}
	for _, h := range w.hashes {
		l.sealer.take(h.seq, h.chain)
	}
	l.durable.Store(w.at.seq)
	if f := l.fault.Swap(nil); f != nil {
		l.o.Logger.Info("the record is written again", "after", l.o.Now().Sub(f.since).Round(time.Millisecond).String())
	}
	l.written.signal()
	l.sealer.kick()
}

func (w *writer) failed(err error) {
	l := w.log
	since := l.o.Now()
	if f := l.fault.Load(); f != nil {
		since = f.since
	} else {
		l.o.Logger.Error("the record cannot be written; protected acts are refused", "error", err)
	}
	l.fault.Store(&fault{err, since})
}

func (w *writer) answer(items []item) {
	for _, it := range items {
		switch {
		case it.wait == nil:
		case it.payload != nil && it.wait.state.Load() != taken: // given up before it was written, or while it was
			it.wait.answer <- ErrUnwritable
		default:
			it.wait.answer <- nil
		}
		if it.payload != nil && cap(*it.payload) <= 16<<10 {
			payloads.Put(it.payload)
		}
	}
}

func (w *writer) close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}
