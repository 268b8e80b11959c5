package app

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// bar shows long work: a line that moves on a terminal, else a line every 10 seconds. Where the total is not known it is 0;
// what is done is negative when the work has ended.
func (t *terminal) bar(verb string) func(done, total int64) {
	if t.quiet || t.json {
		return func(int64, int64) {}
	}
	every, begin, end := 10*time.Second, "", "\n"
	if isTerminal(t.err) {
		every, begin, end = 200*time.Millisecond, "\r", ""
	}
	last, shown := time.Now(), false
	return func(done, total int64) {
		if now := time.Now(); done >= 0 && now.Sub(last) >= every {
			last, shown = now, true
			if total > 0 {
				fmt.Fprintf(t.err, "%s%s %3d %% of %s%s", begin, verb, done*100/total, sizeOf(total), end)
			} else {
				fmt.Fprintf(t.err, "%s%s %s%s", begin, verb, sizeOf(done), end)
			}
		}
		if (done < 0 || total > 0 && done >= total) && shown && end == "" {
			shown = false
			_, _ = io.WriteString(t.err, "\r"+strings.Repeat(" ", 40)+"\r")
		}
	}
}
