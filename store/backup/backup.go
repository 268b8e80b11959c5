// Package backup makes one file of everything that Tenward must not lose, and makes it stand again where nothing stands.
//
// A backup is the database as it was at one moment, row by row, and the record as one signed checkpoint covers it. The
// same file fills a SQLite folder and a PostgreSQL database. All of it is sealed under a key that is made of the master
// key and the backup's own salt; the master key is not in it. Whoever opens it is shown any byte that was changed, any
// part that was moved, and any end that is missing, before what it says is believed.
//
// Sources: V. T. Hoang, R. Reyhanitabar, P. Rogaway, D. Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance" (CRYPTO 2015, the STREAM construction); NIST SP 800-38D (AES-GCM); RFC 5869 (HKDF); RFC 1951
// (DEFLATE).
package backup

import (
	"regexp"
	"time"

	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// Manifest is what a backup says of itself, in front of everything else.
type Manifest struct {
	ID      string          `json:"id"`
	Made    time.Time       `json:"made"`
	Node    string          `json:"node"`    // whose record it holds
	Version string          `json:"version"` // of the Tenward that made it
	Engine  string          `json:"engine"`  // what kept the database
	Reason  string          `json:"reason"`  // one of the words below
	Applied []store.Applied `json:"applied"` // the migrations that the database had gone through
	Record  *Record         `json:"record,omitempty"`
}

// Why a backup is made.
const (
	Asked     = "asked"     // somebody wanted it
	Scheduled = "scheduled" // it was time
	Update    = "update"    // the database was about to be changed by a newer Tenward; it holds no record
)

// Record is how far the record in a backup goes.
type Record struct {
	Events uint64 `json:"events"` // the sequence number of its last event
	Leaves uint64 `json:"leaves"` // of its signed checkpoint
}

// Totals are how much a backup holds; it ends with them.
type Totals struct {
	Tables int64 `json:"tables"`
	Rows   int64 `json:"rows"`
	Files  int64 `json:"files"`
	Bytes  int64 `json:"bytes"` // of files and rows, as they are unpacked
}

// What one part may hold at most. Nothing larger is made, and whatever claims to be larger is no backup.
const (
	maxManifest = 1 << 20
	maxTable    = 64 << 10
	maxRow      = 64 << 20
	maxName     = 256
	maxData     = 256 << 10
	maxEnd      = 4 << 10
	maxFiles    = 8 << 20
)

// fileName is every name that a file in a backup may have: those of a record (docs/record.md), and no other.
var fileName = regexp.MustCompile(`^record/(key\.pub|[0-9]{20}\.seg|log/checkpoint|log/tile/(entries|[0-9]{1,2})(/x[0-9]{3})*/[0-9]{3}(\.p/[0-9]{1,3})?)$`)

// sqlName is every name that a table or a column may have.
var sqlName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// damaged is the problem of a file that is not as it was written.
func damaged(why string) error {
	return problem.New("backup.file.damaged", "This backup is damaged: "+why+".", "Take another one, or another copy of it. Nothing of this one may be believed.")
}

// malformed is the problem of a file that was sealed with the right key and still is no backup.
func malformed(why string) error {
	return problem.New("backup.file.malformed", "This is no backup that Tenward makes: "+why+".", "Take another one.")
}
