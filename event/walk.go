package event

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/problem"
)

// walk reads all segments in order and holds each frame against the chain and each run of frames against its leaf.
type walk struct {
	ctx      context.Context //nolint:containedctx // one run's, not kept
	dir      string
	report   *Report
	leaves   []leaf
	progress func(done, total int64)

	seq   uint64       // the highest so far
	chain segment.Hash // of the last frame, as it is stored
	rival segment.Hash // of a second frame of the same number; either may be the one that was sealed
	doubt bool         // a damage stands before: that the chain does not hold here was said
	lost  uint64       // up to here it was said that events are missing

	leaf   int // the leaf that is being filled
	hashes []segment.Hash
	begin  Damage // where the leaf's first frame stands
	bad    bool   // the leaf's frames have a damage that was reported already

	done, total int64
}

func (w *walk) run() error {
	files, err := segments(w.dir)
	if err != nil {
		return problem.New("event.record.unreadable", "The record's folder cannot be read.", "Check its name and who may read it.").Because(err)
	}
	sizes := make([]int64, len(files))
	for i, first := range files {
		if info, err := os.Stat(segmentPath(w.dir, first)); err == nil && info.Mode().IsRegular() {
			sizes[i] = info.Size()
			w.total += sizes[i]
		}
	}
	end := Damage{Kind: Truncation}
	for i, first := range files {
		next := uint64(0)
		if i+1 < len(files) {
			next = files[i+1]
		}
		if err := w.segment(first, next); err != nil {
			return err
		}
		w.done += sizes[i]
		end.File, end.Offset = segment.Name(first), sizes[i]
	}
	w.settle(w.seq + 1)
	if missing := max(w.seq, w.lost) + 1; missing <= w.report.Sealed {
		end.Seq, end.Sentence = missing, fmt.Sprintf("events %d to %d were sealed and are missing at the end", missing, w.report.Sealed)
		w.report.damage(end)
	}
	return nil
}

// segment walks one file. next is the sequence number that the following file is named after, 0 for the last.
func (w *walk) segment(first, next uint64) error {
	path, name := segmentPath(w.dir, first), segment.Name(first)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		w.settle(first)
		w.found(Damage{Kind: Flip, File: name, Seq: first, Sentence: "the segment is no regular file"})
		return nil
	}
	f, err := os.Open(path) //nolint:gosec // the folder that was named
	if err != nil {
		return unreadable(path, err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, err := segment.NewReader(f)
	var short *segment.DamageError
	switch {
	case err == nil:
		if !w.header(name, r.Header, first) {
			return nil
		}
	case errors.As(err, &short) || errors.Is(err, segment.ErrHeader):
		if next == 0 && w.seq >= w.report.Sealed && sizeOf(f) <= segment.HeaderSize {
			w.report.Torn += sizeOf(f)
			return nil
		}
		r, err = w.skip(f, Damage{Kind: Flip, File: name, Seq: first, Sentence: "the segment's header was changed: " + err.Error()}, next)
		if err != nil || r == nil {
			return err
		}
	default:
		return unreadable(path, err)
	}
	return w.frames(name, f, r, next)
}

func unreadable(path string, err error) error {
	return problem.New("event.record.unreadable", "A segment of the record cannot be read.", "Look at the disk, and check who may read "+path+".").Because(err)
}

// header holds a segment against the one before it. False: it is one that stands elsewhere, and was read there.
func (w *walk) header(name string, h segment.Header, first uint64) bool {
	w.settle(h.First)
	d := Damage{File: name, Seq: h.First}
	switch {
	case h.First != first:
		d.Kind, d.Sentence = Reorder, fmt.Sprintf("the segment is named after event %d and begins with event %d", first, h.First)
	case h.First > w.seq+1:
		d.Kind, d.Seq, d.Sentence = Deletion, w.seq+1, fmt.Sprintf("events %d to %d are missing before this segment", w.seq+1, h.First-1)
	case h.First <= w.seq:
		d.Kind, d.Sentence = Insertion, fmt.Sprintf("the segment begins with event %d, but event %d came before it", h.First, w.seq)
	case h.Prev != w.chain && h.Prev != w.rival && !w.doubt:
		d.Kind, d.Sentence = Flip, "the segment does not follow from the end of the one before"
	}
	if d.Kind != "" {
		w.found(d)
	}
	if h.First <= w.seq {
		return false
	}
	w.skipTo(h.First)
	w.chain, w.rival, w.doubt = h.Seed(), h.Seed(), false
	return true
}

func (w *walk) frames(name string, f *os.File, r *segment.Reader, next uint64) error {
	for w.ctx.Err() == nil {
		frame, err := r.Next()
		var damage *segment.DamageError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &damage):
			if r, err = w.damaged(name, f, damage, next); err != nil || r == nil {
				return err
			}
			continue
		case err != nil:
			return unreadable(f.Name(), err)
		}
		w.frame(name, frame)
		if w.progress != nil {
			w.progress(w.done+r.Offset(), w.total)
		}
	}
	return context.Cause(w.ctx)
}

// damaged is a place where no frame can be read. It gives a reader behind it; nil when nothing can be read behind it.
func (w *walk) damaged(name string, f *os.File, at *segment.DamageError, next uint64) (*segment.Reader, error) {
	if next == 0 && w.seq >= w.report.Sealed {
		acknowledged, err := segment.Acknowledged(f, at.Offset, w.seq)
		if err != nil && !errors.Is(err, segment.ErrGivenUp) {
			return nil, unreadable(f.Name(), err)
		}
		if err == nil && !acknowledged {
			w.report.Torn += sizeOf(f) - at.Offset
			return nil, nil
		}
	}
	d := Damage{Kind: Flip, File: name, Offset: at.Offset, Seq: w.seq + 1, Sentence: fmt.Sprintf("event %d was changed: %s", w.seq+1, at.Why)}
	if at.Short {
		if next == 0 {
			d.Kind = Truncation // unless whole frames follow
		}
		d.Sentence = fmt.Sprintf("event %d cannot be read: %s", w.seq+1, at.Why)
	}
	return w.skip(f, d, next)
}

// skip reports a damage and gives a reader that goes on with the next whole frame; nil when there is none.
func (w *walk) skip(f *os.File, d Damage, next uint64) (*segment.Reader, error) {
	w.settle(w.seq + 1)
	frame, err := segment.Resync(f, d.Offset+1, w.seq)
	more := err == nil
	if !more && !errors.Is(err, io.EOF) && !errors.Is(err, segment.ErrGivenUp) {
		return nil, unreadable(f.Name(), err)
	}
	switch {
	case more:
		d.Kind, w.lost = Flip, max(w.lost, frame.Seq-1)
	case next > 0:
		w.lost = max(w.lost, next-1)
	default: // nothing can be read any more of what was sealed
		w.lost = max(w.lost, w.report.Sealed)
	}
	if w.lost > w.seq+1 {
		d.Sentence += fmt.Sprintf("; events %d to %d cannot be read", w.seq+1, w.lost)
	}
	w.found(d)
	w.seq = max(w.seq, w.lost)
	if !more {
		return nil, nil
	}
	r, err := segment.ReaderAt(f, frame.Offset)
	if err != nil {
		return nil, unreadable(f.Name(), err)
	}
	return r, nil
}

func sizeOf(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// frame holds one frame against the one before it and gives it to its leaf.
func (w *walk) frame(name string, f segment.Frame) {
	w.settle(f.Seq)
	d := Damage{File: name, Offset: f.Offset, Seq: w.seq + 1}
	switch {
	case f.Seq == w.seq && f.Seq > 0:
		w.rival = f.Chain
		d.Kind, d.Seq, d.Sentence = Insertion, f.Seq, fmt.Sprintf("event %d stands here a second time", f.Seq)
	case f.Seq <= w.seq:
		d.Kind, d.Seq, d.Sentence = Reorder, f.Seq, fmt.Sprintf("event %d stands behind event %d", f.Seq, w.seq)
	case f.Seq > w.seq+1:
		d.Kind, d.Sentence = Deletion, fmt.Sprintf("event %d stands where event %d must: %d are missing, or stand elsewhere", f.Seq, w.seq+1, f.Seq-w.seq-1)
	case segment.ChainOf(w.chain, f) != f.Chain && segment.ChainOf(w.rival, f) != f.Chain && !w.doubt:
		d.Kind, d.Sentence = Flip, fmt.Sprintf("event %d, or the one before it, was changed or put in: the chain does not hold", f.Seq)
	}
	doubt := w.doubt && f.Seq <= w.seq // a frame that stands elsewhere leaves the chain as it was
	if d.Kind != "" {
		w.found(d)
	}
	w.doubt = doubt
	if f.Seq <= w.seq {
		return
	}
	w.skipTo(f.Seq)
	w.seq, w.chain, w.rival = f.Seq, f.Chain, f.Chain
	w.fill(name, f)
}

// skipTo notes that all before seq were read or said to be missing.
func (w *walk) skipTo(seq uint64) {
	if seq > w.seq+1 {
		w.lost = max(w.lost, seq-1)
	}
	w.seq = seq - 1
}

// settle judges the leaves whose last event was met, when the event seq comes. That is not before a later one comes:
// until then a second frame of the same number may.
func (w *walk) settle(seq uint64) { w.judgeBefore(min(seq, w.seq+1)) }

// judgeBefore judges all leaves that end before an event.
func (w *walk) judgeBefore(seq uint64) {
	for w.leaf < len(w.leaves) && seq > w.leaves[w.leaf].last() {
		w.judge()
	}
}

// fill gives a frame to the leaf it belongs to.
func (w *walk) fill(name string, f segment.Frame) {
	w.judgeBefore(f.Seq)
	if f.Seq > w.report.Sealed {
		w.report.Unsealed++
		return
	}
	if at := time.UnixMicro(f.Time).UTC(); w.report.From.IsZero() {
		w.report.From, w.report.Until = at, at
	} else if at.After(w.report.Until) {
		w.report.Until = at
	}
	if len(w.hashes) == 0 {
		w.begin = Damage{File: name, Offset: f.Offset}
	}
	w.hashes = append(w.hashes, f.Chain)
}

// judge holds the frames of a leaf against its root. Whoever changed a frame together with all checksums and chain
// hashes behind it is found here.
func (w *walk) judge() {
	b := w.leaves[w.leaf]
	if b.proven && !w.bad && w.lost < b.first && rootOf(w.hashes) != b.root {
		d := w.begin
		d.Kind, d.Seq = Flip, b.first
		d.Sentence = fmt.Sprintf("events %d to %d are not those that were sealed: they were rewritten", b.first, b.last())
		w.report.damage(d)
	}
	w.leaf++
	w.hashes, w.bad, w.begin = w.hashes[:0], false, Damage{}
}

// found reports a damage. Behind the checkpoint too: what is damaged there is not a torn write.
func (w *walk) found(d Damage) {
	w.bad, w.doubt = true, true
	w.report.damage(d)
}
