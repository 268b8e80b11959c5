package store

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
)

// embedded holds the timeline that this binary was built with.
//
//go:embed migrations/*.sql
var embedded embed.FS

// migration is one step of the timeline. Once released it never changes: the next one mends it.
type migration struct {
	version  int64
	name     string // the file's name: 0001_store_secret.sql
	checksum string // SHA-256 of the file, in hex
	sql      string
}

// migrationName is number, owner (whose tables these are), and what it does.
var migrationName = regexp.MustCompile(`^([0-9]{4})_[a-z]+_[a-z_]+\.sql$`)

// Timeline is how many migrations this program knows: a database that has more of them is a newer program's.
func Timeline() int {
	known, err := readTimeline(embedded)
	if err != nil {
		panic(err) // the program was built with it: a test reads it
	}
	return len(known)
}

// readTimeline reads migrations/ in order. The numbers have no gap, so that two branches that both add a migration
// collide when they meet and not when they run.
func readTimeline(fsys fs.FS) ([]migration, error) {
	entries, err := fs.ReadDir(fsys, "migrations")
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	timeline := make([]migration, 0, len(entries))
	for i, entry := range entries {
		match := migrationName.FindStringSubmatch(entry.Name())
		if match == nil {
			return nil, fmt.Errorf("read migration %s: want a name like 0001_owner_what.sql", entry.Name())
		}
		version, err := strconv.ParseInt(match[1], 10, 64)
		if err != nil || version != int64(i)+1 {
			return nil, fmt.Errorf("read migration %s: want number %04d", entry.Name(), i+1)
		}
		text, err := fs.ReadFile(fsys, "migrations/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", entry.Name(), err)
		}
		sum := sha256.Sum256(text)
		timeline = append(timeline, migration{version, entry.Name(), hex.EncodeToString(sum[:]), string(text)})
	}
	return timeline, nil
}
