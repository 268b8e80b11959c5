package event

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/tenward/tenward/event/segment"
)

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// writer is the one goroutine that writes. All callers that wait share one write and one fdatasync.
type writer struct {
	log     *Log
	at      position
	file    *os.File
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
	f, err := os.OpenFile(segmentPath(l.dir, at.file), os.O_RDWR, 0) //nolint:gosec // in our own folder
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

// drain writes until the queue is empty. While the disk refuses it tries again and again, until quit.
func (w *writer) drain() {
	l := w.log
	for {
		w.items = l.swap(w.items[:0])
		if len(w.items) == 0 {
			return
		}
		for rest := w.items; len(rest) > 0; {
			n, err := w.write(rest)
			if err == nil {
				w.answer(rest[:n])
				rest = rest[n:]
				w.gapEvent()
				continue
			}
			w.failed(err)
			select {
			case <-time.After(retry):
			case <-l.quit:
				w.abandon(rest)
				return
			}
		}
	}
}

// write makes a run of items durable and says how many.
func (w *writer) write(items []item) (n int, err error) {
	l := w.log
	l.busySince.Store(l.clock())
	defer l.busySince.Store(0)
	if err := w.rotate(); err != nil {
		return 0, err
	}
	w.buf, w.hashes, w.places = w.buf[:0], w.hashes[:0], w.places[:0]
	next := w.at
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
		w.buf, next.chain = segment.AppendFrame(w.buf, next.chain, it.time, next.seq, w.payload)
		w.hashes = append(w.hashes, sealable{next.seq, next.chain})
		w.places = append(w.places, at)
	}
	if len(w.buf) == 0 {
		return n, nil
	}
	if _, err := w.file.WriteAt(w.buf, w.at.size); err != nil {
		// What half of it may have been written is cut off again: a reader must never meet it.
		return 0, errors.Join(fmt.Errorf("write record: %w", err), w.file.Truncate(w.at.size))
	}
	if err := syscall.Fdatasync(int(w.file.Fd())); err != nil {
		return 0, errors.Join(fmt.Errorf("sync record: %w", err), w.file.Truncate(w.at.size))
	}
	next.size += int64(len(w.buf))
	w.at = next
	w.publish()
	return n, nil
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
	l.appended.Store(w.at.seq)
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
		if it.wait != nil {
			it.wait.answer <- nil
		}
		if it.payload != nil && cap(*it.payload) <= 16<<10 {
			payloads.Put(it.payload)
		}
	}
}

// abandon ends with items that could not be written.
func (w *writer) abandon(items []item) {
	items = append(items, w.log.swap(nil)...)
	lost := 0
	for _, it := range items {
		if it.wait != nil {
			it.wait.answer <- ErrUnwritable
		} else {
			lost++
		}
	}
	if lost > 0 {
		w.log.o.Logger.Error("events were lost: the record could not be written until the stop", "events", lost)
	}
}

// gapEvent records how many plain events were lost, once writing works again.
func (w *writer) gapEvent() {
	l := w.log
	n := l.lost.Swap(0)
	if n == 0 {
		return
	}
	now := l.o.Now()
	it, err := l.encode(context.Background(), &Event{
		UID: NewID(now), Time: now, Class: EventLogActivity, Activity: OtherActivity, Severity: High, Kind: "monitoring.record.gap",
		Message: "Events were lost because the record could not be written.",
		Details: []Detail{{"events", strconv.FormatUint(n, 10)}},
	})
	if err == nil {
		_, err = w.write([]item{it})
	}
	if err != nil {
		l.lost.Add(n)
	}
}

// rotate begins a new segment when there is none, or the present one is full or of another day.
func (w *writer) rotate() error {
	l := w.log
	now := l.o.Now().UnixMicro()
	if w.file != nil && w.at.size < l.o.SegmentSize && w.at.day == now/dayMicros {
		return nil
	}
	if w.file != nil && w.at.size == segment.HeaderSize {
		return nil // nothing in it yet
	}
	head := segment.Header{Node: l.o.Node, First: w.at.seq + 1, Start: now, Prev: w.at.chain}
	if w.at.file == 0 {
		head.Prev = segment.Hash{}
	}
	f, err := createSegment(l.dir, head)
	if err != nil {
		return err
	}
	if w.file != nil {
		if err := w.file.Close(); err != nil {
			l.o.Logger.Warn("the full segment could not be closed", "error", err)
		}
	}
	w.file = f
	w.at = position{file: head.First, size: segment.HeaderSize, day: now / dayMicros, seq: w.at.seq, chain: head.Seed()}
	return nil
}

// createSegment makes a file whose header and name are durable.
func createSegment(dir string, h segment.Header) (*os.File, error) {
	raw, err := h.Append(nil)
	if err != nil {
		return nil, err
	}
	path := segmentPath(dir, h.First)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // in our own folder
	if err != nil {
		return nil, fmt.Errorf("begin segment: %w", err)
	}
	_, err = f.WriteAt(raw, 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin segment: %w", err), f.Close(), os.Remove(path))
	}
	return f, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (w *writer) close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}
