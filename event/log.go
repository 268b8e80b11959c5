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
	"syscall"
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

	sync func(fd int) error // fdatasync, but for a test whose disk hangs
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
	if o.sync == nil {
		o.sync = syscall.Fdatasync
	}
	return nil
}

// Log is one node's record. It is safe for use by several goroutines.
type Log struct {
	dir     string
	o       Options
	encoder *encoder

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
	tailing sync.WaitGroup

	writer  *writer
	sealer  *sealer
	written broadcast
	recent  ring
	begun   uint64 // last sequence number that was there when the record was opened
	end     place  // behind it

	durable, lost, gaps atomic.Uint64
	busy                stopwatch // of the write under way
	fault               atomic.Pointer[fault]
}

// Open opens the record in dir or begins one, cuts a torn tail off, and starts writing and sealing. One process at a
// time may have it open: its caller sees to that.
func Open(_ context.Context, dir string, o Options) (*Log, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	if err := makeDir(dir); err != nil {
		return nil, problem.New("event.record.unusable", "The record's folder cannot be made.", "Check who owns "+filepath.Dir(dir)+".").Because(err)
	}
	if err := publishKey(dir, o.Signing); err != nil {
		return nil, err
	}
	tree, last, err := openTree(dir, o.Signing)
	if err != nil {
		return nil, err
	}
	l := &Log{
		dir: dir, o: o, encoder: newEncoder(o.Node, o.Keys, o.Redact),
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), quit: make(chan struct{}), seal: make(chan struct{}),
	}
	l.sealer = newSealer(l, tree, last)
	at, err := recovery{dir: dir, sealed: last.last(), log: o.Logger, sealer: l.sealer, recent: &l.recent}.run()
	if err != nil {
		return nil, err
	}
	if l.writer, err = newWriter(l, at); err != nil {
		return nil, err
	}
	l.begun, l.end = at.seq, place{at.file, at.size}
	l.durable.Store(at.seq)
	l.writing.Go(l.writer.run)
	l.writing.Go(l.keysAhead)
	l.sealing.Go(func() { l.sealer.run(l.seal) })
	l.sealer.kick()
	return l, nil
}

// makeDir makes the record's folder with a durable name.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil { //nolint:gosec // where the operator wants the record
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// patience is how many times Options.Wait Close waits for a disk that does not answer.
const patience = 5

// Close writes what is queued and seals everything. It ends also when the disk refuses or hangs: what is not written
// by then is lost, and its error says so; what is not sealed is sealed at the next start.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	defer l.ends(&l.tailing) // they see it closed and end
	defer l.written.close()
	close(l.quit)
	if !l.ends(&l.writing) {
		return errors.New("close record: the disk does not answer; events that were queued are lost")
	}
	close(l.seal)
	if !l.ends(&l.sealing) {
		return errors.New("close record: the disk does not answer; the newest events are sealed at the next start")
	}
	err := l.writer.close()
	if f := l.fault.Load(); f != nil {
		err = errors.Join(err, fmt.Errorf("close record: events that were queued are lost: %w", f.err))
	}
	if f := l.sealer.fault.Load(); f != nil {
		err = errors.Join(err, fmt.Errorf("close record: the newest events are sealed at the next start: %w", f.err))
	}
	return err
}

// ends waits for goroutines, but not for ever.
func (l *Log) ends(group *sync.WaitGroup) bool {
	ended := make(chan struct{})
	go func() {
		group.Wait()
		close(ended)
	}()
	timer := time.NewTimer(patience * l.o.Wait)
	defer timer.Stop()
	select {
	case <-ended:
		return true
	case <-timer.C:
		return false
	}
}
