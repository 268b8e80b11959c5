package event

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// childFolder names the record that a child process of a test writes.
const childFolder = "TENWARD_TEST_RECORD"

// child appends protected events for ever, several at once, and writes the id of each to standard output once it is
// acknowledged. It is meant to be killed. Segments are small and checkpoints come at once, so that a kill meets
// rotation and sealing too.
func child() int {
	dir := os.Getenv(childFolder)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "signing.key"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	key, err := ParseSigningKey(text)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := Open(context.Background(), dir, Options{
		Node: "a", Signing: key, Keys: &testKeys{}, Logger: slog.New(slog.DiscardHandler),
		SegmentSize: 8 << 10, CheckpointEvery: time.Millisecond, Gather: time.Millisecond, Wait: time.Minute,
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				e := signIn(i)
				if err := l.Append(context.Background(), e); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				if _, err := os.Stdout.WriteString(e.UID.String() + "\n"); err != nil {
					return
				}
				l.Offer(exchange(i))
			}
		})
	}
	wg.Wait()
	return 1
}
