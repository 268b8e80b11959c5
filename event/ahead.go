package event

import (
	"context"
	"time"
)

// lead is how long before a day begins its key is asked for first, and again is how often it is asked for until then.
const (
	lead  = time.Hour
	again = lead / 6
)

// keysAhead asks for the key of each day before the day begins, until quit: at midnight every exchange would wait for it
// at once otherwise. Keys answer from memory what they were asked before.
func (l *Log) keysAhead() {
	tick := time.NewTicker(again)
	defer tick.Stop()
	for {
		ctx, cancel := context.WithTimeoutCause(context.Background(), l.o.Wait, errLate)
		_, err := l.o.Keys.For(ctx, "", l.o.Now().Add(lead))
		cancel()
		if err != nil {
			l.o.Logger.Warn("the key that seals the next day's events is not to be had yet", "error", err)
		}
		select {
		case <-tick.C:
		case <-l.quit:
			return
		}
	}
}
