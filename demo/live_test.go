package demo

import (
	"fmt"
	"strconv"
	"testing"
)

func TestARoomKeepsWhatWasSaidLately(t *testing.T) {
	var o room
	for i := range maxKept + 10 {
		o.tell("chat", "ada", strconv.Itoa(i))
	}
	kept, last := o.lately()
	if len(kept) != maxKept || kept[0].Text != "59" || kept[maxKept-1].Text != "10" || last != 60 {
		t.Fatalf("%d kept, from %v to %v, last %d", len(kept), kept[0], kept[len(kept)-1], last)
	}
}

func TestWhoJoinsHearsWhatWasMissed(t *testing.T) {
	var o room
	for i := range 5 {
		o.tell("chat", "ada", strconv.Itoa(i+1))
	}
	for _, tt := range []struct {
		name, after string
		want        string
	}{
		{"nothing said about it", "", "[]"},
		{"no number", "three", "[]"},
		{"less than nothing", "-1", "[]"},
		{"everything seen", "5", "[]"},
		{"two not seen", "3", "[{4 chat ada 4} {5 chat ada 5}]"},
		{"a page older than this process", "99", "[{1 chat ada 1} {2 chat ada 2} {3 chat ada 3} {4 chat ada 4} {5 chat ada 5}]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, missed, ok := o.join(o.since(tt.after), func() {})
			if !ok || fmt.Sprint(missed) != tt.want {
				t.Fatalf("%v %v, want %s", ok, missed, tt.want)
			}
			o.leave(l)
		})
	}
}

func TestASlowListenerIsDroppedAndTheOthersHearOn(t *testing.T) {
	var o room
	dropped := 0
	slow, _, _ := o.join(0, func() { dropped++ })
	quick, _, _ := o.join(0, func() { t.Error("the quick one is dropped") })
	for range maxBehind + 3 {
		o.tell("chat", "ada", "hello")
		<-quick.told
	}
	if dropped != 1 {
		t.Fatalf("dropped %d times", dropped)
	}
	o.leave(slow)
	o.leave(quick)
}

func TestARoomHasAnEnd(t *testing.T) {
	var o room
	in := make([]*listener, 0, maxListeners)
	for range maxListeners {
		l, _, ok := o.join(0, func() {})
		if !ok {
			t.Fatal("full too early")
		}
		in = append(in, l)
	}
	if _, _, ok := o.join(0, func() {}); ok {
		t.Fatal("one more is let in than there is room for")
	}
	o.leave(in[0])
	if _, _, ok := o.join(0, func() {}); !ok {
		t.Fatal("a place that was left stays empty")
	}
}

func TestAClosedRoomLetsNobodyIn(t *testing.T) {
	var o room
	o.close()
	if _, _, ok := o.join(0, func() {}); ok {
		t.Fatal("let in")
	}
}
