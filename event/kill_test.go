package event

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// rounds is how often a test of chance is run: full is for when its result is to be relied upon.
func rounds(short, usual, full int) int {
	switch {
	case os.Getenv("TENWARD_PROVE") != "":
		return full
	case testing.Short():
		return short
	default:
		return usual
	}
}

// A process that appends protected events is killed at a random moment, again and again, over the same record.
func TestAKilledProcessLosesNothingItAcknowledged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	signingKey(t, dir)
	acknowledged := map[string]bool{}
	for round := range rounds(3, 10, 100) {
		after := rand.IntN(200)
		for _, id := range killed(t, dir, after) {
			acknowledged[id] = true
		}
		if r := verified(t, dir, VerifyOptions{}); !r.OK() {
			t.Fatalf("round %d, killed after %d events: %+v", round, after, r.Damage)
		}
		l := open(t, dir, nil)
		if err := l.Append(t.Context(), signIn(0)); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		r := verified(t, dir, VerifyOptions{})
		if !r.OK() || r.Unsealed > 0 || r.Torn > 0 {
			t.Fatalf("round %d, killed after %d events and begun again: %+v", round, after, r)
		}
		there := recordedIDs(t, dir)
		for id := range acknowledged {
			if !there[id] {
				t.Fatalf("round %d, killed after %d events: %s was acknowledged and is gone", round, after, id)
			}
		}
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was ever acknowledged")
	}
	t.Logf("%d events were acknowledged", len(acknowledged))
}

// killed runs a child until it has acknowledged so many events, kills it, and gives the ids of all it acknowledged.
func killed(t *testing.T, dir string, after int) (ids []string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), childFolder+"="+dir)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		if len(ids) == after {
			if err := c.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				t.Fatal(err)
			}
		}
		line, err := lines.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, strings.TrimSuffix(line, "\n"))
	}
	var exit *exec.ExitError
	if err := c.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child was not killed: %v: %s", err, stderr.String())
	}
	return ids
}

// recordedIDs reads the ids of all events of a record that is whole.
func recordedIDs(t *testing.T, dir string) map[string]bool {
	t.Helper()
	frames, err := framesOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, f := range frames {
		var r recorded
		if err := json.Unmarshal(f.Payload, &r); err != nil {
			t.Fatal(err)
		}
		ids[r.Metadata.UID] = true
	}
	return ids
}
