package demo

import "time"

// Beat makes heartbeats come faster than anybody would want them outside a test.
func (a *App) Beat(every time.Duration) { a.beat = every }

// Left returns when nobody listens to the chat or the feed any more.
func (a *App) Left() {
	a.chat.inside.Wait()
	a.feed.inside.Wait()
}
