package event

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAReportSaysWhatWasProvedAndWhatWasNot(t *testing.T) {
	const (
		ownKey  = "note     the folder's own key.pub was used: whoever can rewrite the folder can replace it. Give one kept elsewhere with --key.\n"
		noKept  = "note     that the folder as a whole is not an older copy cannot be seen from within: give a checkpoint kept elsewhere with --checkpoint.\n"
		allGood = "ok       tenward/a: 10 events, sealed by 4 leaves under a signed checkpoint, are as they were written.\n" +
			"         They begin at 2026-11-23T12:00:00Z and end at 2026-11-23T12:00:09Z.\n"
	)
	whole := Report{Origin: "tenward/a", Checkpoint: 4, Sealed: 10, From: noon, Until: noon.Add(9 * time.Second)}
	tests := []struct {
		name   string
		change func(r *Report)
		want   string
	}{
		{"all is proved", func(r *Report) { r.Anchor = &Anchor{2, 5} },
			allGood + "ok       the checkpoint kept elsewhere (2 leaves, 5 events) is part of this record: the folder is not older than that, and no other record.\n"},
		{"nothing was kept elsewhere", func(r *Report) { r.OwnKey = true }, allGood + ownKey + noKept},
		{"events follow the checkpoint", func(r *Report) { r.Unsealed, r.Anchor = 2, &Anchor{} },
			allGood + "note     not yet sealed: 2 events behind the checkpoint; their chain holds, but no signature covers them.\n" +
				"ok       the checkpoint kept elsewhere (0 leaves, 0 events) is part of this record: the folder is not older than that, and no other record.\n"},
		{"a write did not end", func(r *Report) { r.Torn = 17 },
			allGood + "note     not yet sealed: the last 17 bytes are of a write that did not end; nothing whole stands behind them.\n" + noKept},
		{"an empty record", func(r *Report) { *r = Report{Origin: "tenward/a"} },
			"ok       tenward/a: 0 events, sealed by 0 leaves under a signed checkpoint, are as they were written.\n" + noKept},
		{"damage", func(r *Report) {
			r.Anchor, r.Unsealed = &Anchor{2, 5}, 2
			r.damage(Damage{Kind: Flip, File: "1.seg", Offset: 128, Seq: 1, Sentence: "event 1 was changed"})
			r.damage(Damage{Kind: Fork, Sentence: "it is another record"})
		}, "DAMAGED  flip in 1.seg at byte 128: event 1 was changed\nDAMAGED  fork: it is another record\n" +
			"note     not yet sealed: 2 events behind the checkpoint; no signature covers them.\n"},
		{"more damage than anybody reads", func(r *Report) {
			for range maxDamage + 5 {
				r.damage(Damage{Kind: Flip, Sentence: "x"})
			}
		}, strings.Repeat("DAMAGED  flip: x\n", 1000) + "DAMAGED  and in 5 places more.\n" + noKept},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := whole
			tt.change(&r)
			var b strings.Builder
			if err := r.WriteText(&b); err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), tt.want)
			}
		})
	}
}

// full takes so many writes and then no more.
type full int

var errFull = errors.New("full")

func (f *full) Write(p []byte) (int, error) {
	if *f--; *f < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestAReportThatCannotBeWrittenSaysSo(t *testing.T) {
	r := Report{Origin: "tenward/a", OwnKey: true}
	for n := range 3 {
		w := full(n)
		if err := r.WriteText(&w); !errors.Is(err, errFull) {
			t.Errorf("%d lines were taken: %v", n, err)
		}
		if w != -1 {
			t.Errorf("it went on writing: %d", w)
		}
	}
	if w := full(3); r.WriteText(&w) != nil || w != 0 {
		t.Error("three lines were not enough")
	}
}
