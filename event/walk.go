package event

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	leaves   []batch
	progress func(done, total int64)

	leaf   int // the leaf that is being filled
	hashes []segment.Hash
	begin  Damage       // where the leaf's first frame stands
	bad    bool         // the leaf's frames have a damage that was reported already
	seq    uint64       // of the last frame
	chain  segment.Hash // of the last frame, as it is stored
	done   int64
	total  int64
}

func (w *walk) run() error {
	files, err := segments(w.dir)
	if err != nil {
		return problem.New("event.record.unreadable", "The record's folder cannot be read.", "Check its name and who may read it.").Because(err)
	}
	for _, first := range files {
		if info, err := os.Stat(segmentPath(w.dir, first)); err == nil {
			w.total += info.Size()
		}
	}
	for i, first := range files {
		if err := w.file(first, i == len(files)-1); err != nil {
			return err
		}
	}
	if w.seq < w.report.Sealed {
		w.report.damage(Damage{Kind: Truncation, File: lastName(files), Offset: w.lastOffset(files), Seq: w.seq + 1,
			Sentence: fmt.Sprintf("events %d to %d were sealed and are missing at the end", w.seq+1, w.report.Sealed)})
	}
	return nil
}

func lastName(files []uint64) string {
	if len(files) == 0 {
		return ""
	}
	return segment.Name(files[len(files)-1])
}

func (w *walk) lastOffset(files []uint64) int64 {
	if len(files) == 0 {
		return 0
	}
	info, err := os.Stat(segmentPath(w.dir, files[len(files)-1]))
	if err != nil {
		return 0
	}
	return info.Size()
}

func (w *walk) file(first uint64, last bool) error {
	f, err := os.Open(segmentPath(w.dir, first))
	if err != nil {
		return problem.New("event.record.unreadable", "A segment of the record cannot be read.", "Check who may read "+segmentPath(w.dir, first)+".").Because(err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	name := segment.Name(first)
	r, err := segment.NewReader(f)
	var short *segment.DamageError
	switch {
	case errors.As(err, &short) && last && w.seq >= w.report.Sealed:
		w.report.Torn += sizeOf(f)
		return nil
	case err != nil:
		w.found(Damage{Kind: Flip, File: name, Seq: first, Sentence: "the segment's header was changed: " + err.Error()})
		return nil
	}
	w.header(name, r.Header, first)
	for w.ctx.Err() == nil {
		before := r.Offset()
		frame, err := r.Next()
		var damage *segment.DamageError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &damage) && damage.Short:
			w.short(name, damage, f, last)
			return nil
		case err != nil && damage == nil:
			return problem.New("event.record.unreadable", "A segment of the record cannot be read to its end.", "Look at the disk.").Because(err)
		}
		w.frame(name, frame, damage)
		if w.done += r.Offset() - before; w.progress != nil {
			w.progress(w.done, w.total)
		}
	}
	return context.Cause(w.ctx)
}

func sizeOf(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// header holds a segment against the one before it.
func (w *walk) header(name string, h segment.Header, first uint64) {
	switch {
	case h.First != first:
		w.found(Damage{Kind: Reorder, File: name, Seq: first, Sentence: fmt.Sprintf("the segment is named after event %d and begins with event %d", first, h.First)})
	case h.First > w.seq+1:
		w.found(Damage{Kind: Deletion, File: name, Seq: w.seq + 1, Sentence: fmt.Sprintf("events %d to %d are missing before this segment", w.seq+1, h.First-1)})
	case h.First <= w.seq:
		w.found(Damage{Kind: Insertion, File: name, Seq: h.First, Sentence: fmt.Sprintf("the segment begins with event %d, but %d came before it", h.First, w.seq)})
	case h.Prev != w.chain:
		w.found(Damage{Kind: Flip, File: name, Seq: h.First, Sentence: "the segment does not follow from the end of the one before"})
	}
	w.seq, w.chain = h.First-1, h.Seed()
}

// frame holds one frame against the one before it and gives it to its leaf.
func (w *walk) frame(name string, f segment.Frame, damage *segment.DamageError) {
	d := Damage{File: name, Offset: f.Offset, Seq: w.seq + 1}
	switch {
	case damage != nil:
		d.Kind, d.Sentence = Flip, fmt.Sprintf("event %d was changed: %s", w.seq+1, damage.Why)
		f.Seq = w.seq + 1
	case f.Seq > w.seq+1 && f.Seq-w.seq < 1<<40:
		d.Kind, d.Sentence = Deletion, fmt.Sprintf("event %d stands where event %d must: %d are missing, or stand elsewhere", f.Seq, w.seq+1, f.Seq-w.seq-1)
	case f.Seq <= w.seq && f.Seq > 0:
		d.Kind, d.Sentence = Reorder, fmt.Sprintf("event %d stands behind event %d", f.Seq, w.seq)
	case f.Seq != w.seq+1:
		d.Kind, d.Sentence = Flip, fmt.Sprintf("event %d has another number", w.seq+1)
	case segment.ChainOf(w.chain, f.Time, f.Seq, f.Payload) != f.Chain:
		d.Kind, d.Sentence = Flip, fmt.Sprintf("event %d, or the one before it, was changed or put in: the chain does not hold", f.Seq)
	}
	if d.Kind != "" {
		w.found(d)
	}
	w.seq, w.chain = f.Seq, f.Chain
	w.fill(name, f)
}

// fill gives a frame to the leaf it belongs to, and judges the leaf when it is full.
func (w *walk) fill(name string, f segment.Frame) {
	for w.leaf < len(w.leaves) && f.Seq > w.leaves[w.leaf].last() {
		w.judge()
	}
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
		w.begin = Damage{File: name, Offset: f.Offset, Seq: f.Seq}
	}
	w.hashes = append(w.hashes, f.Chain)
	if w.leaf < len(w.leaves) && f.Seq == w.leaves[w.leaf].last() {
		w.judge()
	}
}

// judge holds the frames of a leaf against its root. Whoever changed a frame together with all checksums and chain
// hashes behind it is found here.
func (w *walk) judge() {
	b := w.leaves[w.leaf]
	whole := uint64(len(w.hashes)) == b.count
	if !w.bad && (!whole || rootOf(w.hashes) != b.root) {
		d := w.begin
		d.Kind, d.Seq = Flip, b.first
		d.Sentence = fmt.Sprintf("events %d to %d are not those that were sealed: they were rewritten", b.first, b.last())
		if !whole {
			d.Kind, d.Sentence = Deletion, fmt.Sprintf("of the %d events %d to %d that were sealed, %d are there", b.count, b.first, b.last(), len(w.hashes))
		}
		w.report.damage(d)
	}
	w.leaf++
	w.hashes, w.bad, w.begin = w.hashes[:0], false, Damage{}
}

// short is a file that ends inside a frame, or a frame whose length cannot be.
func (w *walk) short(name string, at *segment.DamageError, f *os.File, last bool) {
	rest := sizeOf(f) - at.Offset
	switch {
	case last && w.seq >= w.report.Sealed:
		w.report.Torn += rest
	case last:
		w.found(Damage{Kind: Truncation, File: name, Offset: at.Offset, Seq: w.seq + 1, Sentence: fmt.Sprintf("event %d cannot be read: %s", w.seq+1, at.Why)})
	default:
		w.found(Damage{Kind: Flip, File: name, Offset: at.Offset, Seq: w.seq + 1, Sentence: fmt.Sprintf("event %d cannot be read: %s", w.seq+1, at.Why)})
	}
	w.done += rest
}

// found reports a damage. Behind the checkpoint too: what is damaged there is not a torn write.
func (w *walk) found(d Damage) {
	w.bad = true
	w.report.damage(d)
}
