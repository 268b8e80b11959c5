package index

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/tenward/tenward/event"
)

// childFolder, when set, has the test process feed an index there until it is killed.
const childFolder = "TENWARD_INDEX_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		fmt.Fprintln(os.Stdout, feedForever(dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// feedForever says after each batch how many batches are in.
func feedForever(dir string) error {
	x, err := Open(dir, Options{})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		if err := x.Feed(context.Background(), killBatch(i)); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, i+1)
	}
}

// killBatch is the same batch in every process.
func killBatch(i int) []*event.Event {
	batch := randomEvents(uint64(i), 40, 1)
	for j, e := range batch {
		e.UID = event.ID{0, 0, 0, 0, 0, 0, 0x70, byte(i >> 8), 0x80 | byte(i&0x3f), byte(i), byte(j), 0, 0, byte(i >> 8), byte(i), byte(j)}
	}
	return batch
}

func TestWhatWasFedOutlastsAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "index")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	fed := 0
	for round := range 4 {
		child := exec.CommandContext(t.Context(), self)
		child.Env = append(os.Environ(), childFolder+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			if fed = max(fed, n); n == 5+3*round {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
	}
	x := open(t, dir, Options{})
	if days, err := x.Incomplete(); err != nil || len(days) != 0 {
		t.Fatalf("incomplete is %v, %v", days, err)
	}
	var events []*event.Event
	for i := range fed {
		events = append(events, killBatch(i)...)
	}
	rows := all(t, x, parse(t, ""), 100)
	there := map[event.ID]bool{}
	for _, r := range rows {
		there[r.ID] = true
	}
	for i, e := range events {
		if !there[e.UID] {
			t.Fatalf("event %d of batch %d, which was fed, is not there", i%40, i/40)
		}
	}
	if n := count(t, x, parse(t, "")); n != int64(len(rows)) {
		t.Errorf("the minutes count %d, the rows %d", n, len(rows))
	}
	if n := count(t, x, parse(t, "-nobody")); n != int64(len(rows)) {
		t.Errorf("counted by rows %d, the rows %d", n, len(rows))
	}
}
