package gate

import "time"

// Add counts a duration as the road does.
func Add(t *Timing, d time.Duration) { t[bucketOf(micros(d))]++ }
