package index

import "github.com/tenward/tenward/event"

func (x *Index) isForgotten(e *event.Event) bool {
	who := e.Subject
	if who == "" {
		who = DayOf(e.Time).String()
	}
	until, ok := x.forgotten[who]
	return ok && !e.Time.After(until)
}
