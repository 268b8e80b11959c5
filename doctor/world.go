package doctor

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// World is what there is to look at. What is nil or empty is not asked.
type World struct {
	File   string // the configuration
	Wrong  []Line // everything that is wrong with it; nil: nothing
	Usable bool   // the rest of the world is filled although something is wrong

	Now  func() time.Time // the one clock
	Proc string           // /proc

	Folder    string // the data folder
	Public    string // a file in it that everybody may read: the authority that clients trust
	Socket    string // where commands ask the one that runs
	LockFile  string
	Answers   func(context.Context) (sentence string, err error) // asks the one that runs how it stands
	Serves    string                                             // where it is reached by TLS from this machine
	Version   string                                             // this program's
	OpenTo    func(info fs.FileInfo, owner int) string           // who else gets at a file; empty: nobody
	MasterKey func(env func(string) string) (Key, error)
	Env       func(string) string

	Ports []Port

	Room     func(folder string) (free, total uint64, stands Status, err error)
	Kernel   func() (Kernel, error)
	Database func(context.Context) (Database, error) // nil where its address could not be read
	Cluster  func(context.Context) error             // nil without one
	Record   func() (Record, error)

	Hosts        []string                                            // what clients ask for
	Resolve      func(context.Context, string) ([]netip.Addr, error) // as this machine does
	Certificates []Certificate                                       // files that the configuration names
	Upstreams    []Upstream

	once sync.Once // guards who holds the lock
	pid  int
	held bool
}

// Port is an address that is to be listened on.
type Port struct {
	Key     string                      // in the configuration
	Address string                      // ":443"
	Open    func(context.Context) error // opens and closes it; the error is for people, around the system's
}

// Key is where the master key was found.
type Key struct {
	Path   string                          // empty: the first start makes it
	Beside bool                            // in the folder that it protects
	Fits   func(ctx context.Context) error // whether it opens what the database holds
}

// Kernel is how the kernel keeps time.
type Kernel struct {
	Kept  bool
	Error time.Duration // how far it may be off
	Most  time.Duration // how far it should be off at most
}

// Database is what it said of itself.
type Database struct {
	Made             bool
	Place, Engine    string
	Applied, Pending int
	Latest           time.Time // the latest time that stands in it
	Clock            time.Time // its own; zero where that is ours
}

// Record is what its folder says.
type Record struct {
	Made            bool
	Origin, Node    string // whose it says that it is; whose it is to be
	Leaves          uint64
	Signed, Written time.Time
}

// Certificate is one of the files that the configuration names.
type Certificate struct {
	Name  string // what it is for
	File  string
	PEM   []byte
	Hosts []string // that it must cover; none for clients and authorities
}

// Upstream is one application.
type Upstream struct {
	Service string
	URL     *url.URL
	Try     func(context.Context) (status int, err error) // as the gate would ask
}

// owner is whose the data folder is; false where there is none.
func (w *World) owner() (uid int, ok bool) {
	info, err := os.Stat(w.Folder)
	if err != nil {
		return 0, false
	}
	return ownerOf(info), true
}

// closed says whether the data folder is there, and not for this user to look into; why is a question of its own.
func (w *World) closed() bool {
	err := unix.Access(w.Folder, unix.R_OK|unix.X_OK)
	return err != nil && !errors.Is(err, unix.ENOENT)
}

func ownerOf(info fs.FileInfo) int {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(stat.Uid)
	}
	return -1
}
