package gate

import "time"

// Limits bound what one client can make the gate hold or wait for. The zero value is no limits at all and is
// never used: SafeLimits are the defaults.
type Limits struct {
	HeaderCount int           // fields in a request's head
	HeaderSize  int           // bytes of a request's head
	Header      time.Duration // until a request's head is complete
	Body        int64         // bytes of a request's body
	Held        int64         // bytes of all bodies that are held for inspection at once
	Read        time.Duration // between two pieces of a request's body
	Write       time.Duration // between two pieces of the answer being taken
	Idle        time.Duration // between two requests on a connection
	Total       time.Duration // for one exchange
	Streams     int           // HTTP/2 streams on one connection
	Dial        time.Duration // until an upstream's connection stands
	Answer      time.Duration // until the head of the upstream's answer
	Drain       time.Duration // for exchanges to end at shutdown
}

// SafeLimits suit an application of pages, forms and files.
func SafeLimits() Limits {
	return Limits{
		HeaderCount: 100, HeaderSize: 32 << 10, Header: 10 * time.Second,
		Body: 64 << 20, Held: 64 << 20, Read: 30 * time.Second, Write: 30 * time.Second,
		Idle: 2 * time.Minute, Total: time.Hour, Streams: 100,
		Dial: 5 * time.Second, Answer: time.Minute, Drain: 20 * time.Second,
	}
}
