package event

import (
	"context"
	"strconv"
)

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

// gapEvent records how many plain events were lost, once writing works again. Its error is the disk's.
func (w *writer) gapEvent() error {
	l := w.log
	n := l.lost.Swap(0)
	if n == 0 {
		return nil
	}
	encode, ctx := l.encode, atOnce // whatever else is to be written would wait for the key too
	if l.isClosed() {
		encode, ctx = l.prepare, context.Background()
	}
	now := l.o.Now()
	it, err := encode(ctx, &Event{
		UID: NewID(now), Time: now, Class: EventLogActivity, Activity: OtherActivity, Severity: High, Kind: "monitoring.record.gap",
		Message: "Events were lost because the record could not be written.",
		Details: []Detail{{"events", strconv.FormatUint(n, 10)}},
	})
	if err != nil { // there is no key to seal with: tried again with the next event
		l.lost.Add(n)
		l.o.Logger.Error("a gap of the record could not be recorded yet", "events", n, "error", err)
		return nil
	}
	if _, err = w.write([]item{it}); err != nil {
		l.lost.Add(n)
	}
	return err
}
