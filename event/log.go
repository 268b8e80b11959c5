package event

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/problem"
)

// ErrUnwritable says that an event could not be made durable in time: what it records must not happen.
var ErrUnwritable = problem.New("event.record.unwritable", "The record cannot be written right now, so this cannot be done.",
	"Try again in a minute; whoever runs this server should look at the disk of the data folder.").After(30 * time.Second)

// Cursors remember how far each reader has come.
type Cursors interface {
	Cursor(ctx context.Context, reader string) (next uint64, known bool, err error)
	SetCursor(ctx context.Context, reader string, next uint64) error
}

// Options are what a log is made of. Node, Signing and Keys must be set; zero elsewhere is the default.
type Options struct {
	Node    string // names this node's log, at most 63 bytes
	Signing SigningKey
	Keys    Keys
	Redact  []string // names of further secret fields
	Cursors Cursors  // needed by Follow only
	Now     func() time.Time
	Logger  *slog.Logger

	Wait            time.Duration // how long Append waits before it refuses; 2 s
	Gather          time.Duration // how long plain events wait for more before they are written; 50 ms
	CheckpointEvery time.Duration // 1 s
	SegmentSize     int64         // bytes; 64 MiB
	Queue           int           // plain events that may wait to be written; 32,768
}

func (o *Options) defaults() error {
	if o.Node == "" || len(o.Node) > segment.MaxNode || o.Signing.signer == nil || o.Keys == nil {
		return errors.New("open record: it needs a node, a signing key and keys")
	}
	if o.Signing.signer.Name() != Origin(o.Node) {
		return fmt.Errorf("open record: the signing key is %s's, not %s's", o.Signing.signer.Name(), Origin(o.Node))
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{{&o.Wait, 2 * time.Second}, {&o.Gather, 50 * time.Millisecond}, {&o.CheckpointEvery, time.Second}} {
		if *d.value == 0 {
			*d.value = d.or
		}
	}
	if o.SegmentSize == 0 {
		o.SegmentSize = 64 << 20
	}
	if o.Queue == 0 {
		o.Queue = 32 << 10
	}
	return nil
}

// Log is one node's record. It is safe for use by several goroutines.
type Log struct {
	dir     string
	o       Options
	encoder *encoder
	tree    *tree

	mu     sync.Mutex // guards the queue
	queue  []item
	bytes  int
	closed bool

	wake    chan struct{} // the queue has its first item
	urgent  chan struct{} // somebody waits for the queue to be written
	quit    chan struct{} // the writer is to end
	seal    chan struct{} // the sealer is to end
	writing sync.WaitGroup
	sealing sync.WaitGroup
	opened  time.Time // busySince counts from here

	writer  *writer
	sealer  *sealer
	written broadcast
	recent  ring

	appended, durable, lost, gaps atomic.Uint64
	busySince                     atomic.Int64 // when the write under way began, by the monotonic clock; 0: none
	fault                         atomic.Pointer[fault]
}

// fault is why the record cannot be written.
type fault struct {
	err   error
	since time.Time
}

// Health says how the record is. Writable is false while writes fail, or hang for longer than Options.Wait.
type Health struct {
	Writable     bool
	Since        time.Time // since when it is not writable; zero while it is
	Err          error
	Appended     uint64 // last sequence number taken
	Durable      uint64 // last sequence number on disk
	Gap          uint64 // plain events lost since the start
	Sealed       uint64 // last sequence number that the tree covers
	TreeSize     uint64 // leaves
	CheckpointAt time.Time
}

// Open opens the record in dir or begins one, cuts a torn tail off, and starts writing and sealing.
func Open(ctx context.Context, dir string, o Options) (*Log, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, problem.New("event.record.unusable", "The record's folder cannot be made.", "Check who owns "+filepath.Dir(dir)+".").Because(err)
	}
	l := &Log{
		dir: dir, o: o, encoder: newEncoder(o.Node, o.Keys, o.Redact),
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), quit: make(chan struct{}), seal: make(chan struct{}), opened: time.Now(),
	}
	err := publishKey(dir, o.Signing)
	if err != nil {
		return nil, err
	}
	if l.tree, err = openTree(ctx, filepath.Join(dir, "log"), o.Signing.signer, o.CheckpointEvery); err != nil {
		return nil, problem.New("event.tree.unusable", "The record's Merkle tree cannot be opened.",
			"Run `tenward log verify`, then restore the record from a backup, or move "+dir+" aside to begin a new one.").Because(err)
	}
	l.sealer = newSealer(l)
	at, err := recovery(dir, l.tree.last.lastOrZero(), o.Logger, func(f segment.Frame) { l.sealer.take(f.Seq, f.Chain) }, l.recent.add)
	if err != nil {
		return nil, errors.Join(err, l.tree.close(ctx))
	}
	if l.writer, err = newWriter(l, at); err != nil {
		return nil, errors.Join(err, l.tree.close(ctx))
	}
	l.appended.Store(at.seq)
	l.durable.Store(at.seq)
	l.writing.Go(l.writer.run)
	l.sealing.Go(l.sealer.run)
	l.sealer.kick()
	return l, nil
}

func (b batch) lastOrZero() uint64 {
	if b.count == 0 {
		return 0
	}
	return b.last()
}

// Health is cheap enough for the road: it reads what is in memory.
func (l *Log) Health() Health {
	h := Health{
		Writable: true, Appended: l.appended.Load(), Durable: l.durable.Load(), Gap: l.gaps.Load(),
		Sealed: l.sealer.sealed.Load(), TreeSize: l.sealer.size.Load(),
	}
	if at := l.sealer.at.Load(); at > 0 {
		h.CheckpointAt = time.UnixMicro(at).UTC()
	}
	if f := l.fault.Load(); f != nil {
		h.Writable, h.Err, h.Since = false, f.err, f.since
	} else if since := l.busySince.Load(); since > 0 {
		if hung := time.Duration(l.clock() - since); hung > l.o.Wait {
			h.Writable, h.Err, h.Since = false, errors.New("the disk does not answer"), l.o.Now().Add(-hung)
		}
	}
	return h
}

// clock is monotonic and never 0.
func (l *Log) clock() int64 { return int64(time.Since(l.opened)) + 1 }

// Close writes what is queued, seals everything and waits for the last checkpoint.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.quit)
	l.writing.Wait()
	close(l.seal)
	l.sealing.Wait()
	l.written.close()
	return errors.Join(l.writer.close(), l.tree.close(context.Background()))
}
