package event

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tenward/tenward/event/segment"
	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

// Glimpse is what a look at a record's folder says without reading the record.
type Glimpse struct {
	Made     bool      // there is a record
	Origin   string    // whose it is, as its own key says: "tenward/a"
	Leaves   uint64    // that the newest checkpoint covers
	Signed   time.Time // when the newest checkpoint was written
	Written  time.Time // when the newest segment was
	Segments int
}

// Glance looks whether a record is there, can be read by this user, and has a checkpoint under its own key. Whether it is as it
// was written is Verify's question.
func Glance(dir string) (Glimpse, error) {
	var g Glimpse
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return g, nil
	}
	if err != nil {
		return g, closedRecord(dir, err)
	}
	for _, e := range entries {
		if _, ok := segment.ParseName(e.Name()); !ok {
			continue
		}
		info, err := readable(filepath.Join(dir, e.Name()))
		if err != nil {
			return g, closedRecord(dir, err)
		}
		g.Segments++
		if info.ModTime().After(g.Written) {
			g.Written = info.ModTime()
		}
	}
	if g.Segments == 0 {
		return g, nil
	}
	g.Made = true
	return g, g.checkpoint(dir)
}

func (g *Glimpse) checkpoint(dir string) error {
	key, _, err := verifier(dir, "")
	if err != nil {
		return err
	}
	g.Origin = key.Name()
	info, err := readable(tiles.CheckpointFile(treeDir(dir)))
	if os.IsNotExist(err) {
		return nil // the first is signed a second after the first event
	}
	if err != nil {
		return closedRecord(dir, err)
	}
	g.Signed = info.ModTime()
	raw, err := tiles.ReadCheckpoint(treeDir(dir))
	if err == nil {
		var c tiles.Checkpoint
		c, err = tiles.ParseCheckpoint(raw, key)
		g.Leaves = c.Size
	}
	if err != nil {
		return problem.New("event.record.checkpoint", fmt.Sprintf("The newest checkpoint of the record in %s is not one that its key has signed.", dir),
			"Do not start anything on it: run `tenward log verify`, and see the part on a damaged record in docs/operating/trouble.md.").Because(err)
	}
	return nil
}

func closedRecord(dir string, err error) error {
	return problem.New("event.record.unreadable", fmt.Sprintf("This user may not read the record in %s.", dir),
		"Run it as root or as the user that runs tenward, or copy the folder first.").Because(err)
}

// readable opens a file to see whether it can be.
func readable(path string) (fs.FileInfo, error) {
	f, err := os.Open(path) //nolint:gosec // a file of the record
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return f.Stat()
}
