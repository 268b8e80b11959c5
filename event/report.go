package event

import (
	"fmt"
	"io"
	"time"
)

// Report is what Verify found.
type Report struct {
	Origin     string    `json:"origin"`
	OwnKey     bool      `json:"own_key"`    // the folder's own key was used: it proves less
	Checkpoint uint64    `json:"checkpoint"` // leaves that the newest signed checkpoint covers
	Sealed     uint64    `json:"sealed"`     // events that it covers
	Unsealed   uint64    `json:"unsealed"`   // whole events behind it
	Torn       int64     `json:"torn_bytes"` // of an event that was being written at the end
	From       time.Time `json:"from"`       // of the events that were read
	Until      time.Time `json:"until"`
	Anchor     *Anchor   `json:"anchor,omitempty"` // the checkpoint kept elsewhere, if one was given
	Damage     []Damage  `json:"damage"`
	More       uint64    `json:"more"` // damages that were found and are not listed
}

// maxDamage is how many damages a report lists. Who comes to so many restores the record and looks at none singly.
const maxDamage = 1000

func (r *Report) damage(d Damage) {
	if len(r.Damage) == maxDamage {
		r.More++
		return
	}
	r.Damage = append(r.Damage, d)
}

// Anchor is what a checkpoint kept elsewhere says.
type Anchor struct {
	Size   uint64 `json:"size"`
	Events uint64 `json:"events"`
}

// DamageKind is what was done.
type DamageKind string

// The kinds of damage.
const (
	Flip       DamageKind = "flip"       // bytes were changed
	Deletion   DamageKind = "deletion"   // events are missing
	Insertion  DamageKind = "insertion"  // there are events that were never sealed here
	Reorder    DamageKind = "reorder"    // events stand in another order
	Truncation DamageKind = "truncation" // the end is missing
	BadTree    DamageKind = "tree"       // the Merkle tree does not bear its checkpoint out
	Rollback   DamageKind = "rollback"   // the whole folder is older than a checkpoint kept elsewhere
	Fork       DamageKind = "fork"       // the record is another than the one that the checkpoint was made of
)

// Damage is one thing that is wrong, and where.
type Damage struct {
	Kind     DamageKind `json:"kind"`
	File     string     `json:"file,omitempty"`
	Offset   int64      `json:"offset"`        // in the file
	Seq      uint64     `json:"seq,omitempty"` // the event's sequence number, or the first of those concerned
	Sentence string     `json:"sentence"`
}

// OK says whether everything that the checkpoint covers is as it was written.
func (r *Report) OK() bool { return len(r.Damage) == 0 }

// WriteText says it to a person.
func (r *Report) WriteText(w io.Writer) error {
	p := &printer{w: w}
	for _, d := range r.Damage {
		where := ""
		if d.File != "" {
			where = fmt.Sprintf(" in %s at byte %d", d.File, d.Offset)
		}
		p.line("DAMAGED  %s%s: %s", d.Kind, where, d.Sentence)
	}
	if r.More > 0 {
		p.line("DAMAGED  and in %d places more.", r.More)
	}
	if r.OK() {
		p.line("ok       %s: %d events, sealed by %d leaves under a signed checkpoint, are as they were written.", r.Origin, r.Sealed, r.Checkpoint)
		if r.Sealed > 0 {
			p.line("         They begin at %s and end at %s.", r.From.Format(time.RFC3339), r.Until.Format(time.RFC3339))
		}
	}
	if r.Unsealed > 0 {
		chain := "their chain holds, but "
		if !r.OK() {
			chain = ""
		}
		p.line("note     not yet sealed: %d events behind the checkpoint; %sno signature covers them.", r.Unsealed, chain)
	}
	if r.Torn > 0 {
		p.line("note     not yet sealed: the last %d bytes are of a write that did not end; nothing whole stands behind them.", r.Torn)
	}
	if r.OwnKey {
		p.line("note     the folder's own key.pub was used: whoever can rewrite the folder can replace it. Give one kept elsewhere with --key.")
	}
	if r.Anchor != nil && r.OK() {
		p.line("ok       the checkpoint kept elsewhere (%d leaves, %d events) is part of this record: the folder is not older than that, and no other record.", r.Anchor.Size, r.Anchor.Events)
	}
	if r.Anchor == nil {
		p.line("note     that the folder as a whole is not an older copy cannot be seen from within: give a checkpoint kept elsewhere with --checkpoint.")
	}
	return p.err
}

type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
