package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/console/openapi"
	"github.com/tenward/tenward/gate"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// A program that has been updated takes this process's place, and no request is refused meanwhile: clients are asked to
// come again on other connections, those that come once nobody accepts any more wait in the kernel, and the new program
// finds the ports open. One process owns record and database, so the old one closes them before the new one begins.

// triedWithin is the time that the new program has to answer what it is asked before.
const triedWithin = 30 * time.Second

// successor is the program that takes this process's place.
type successor struct {
	path string
	args []string
	env  []string

	wanted chan struct{} // somebody wants it; holds one
}

// newSuccessor is the program file that this process was started from, as it is when it is wanted.
func newSuccessor() (*successor, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own program: %w", err)
	}
	return &successor{path: path, args: os.Args, wanted: make(chan struct{}, 1)}, nil
}

// try asks the new program whether it would start on this configuration and this database: the old one is gone by the
// time it does.
func (s *successor) try(ctx context.Context, config string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, triedWithin, errors.New("the new program does not answer"))
	defer cancel()
	said, err := exec.CommandContext(ctx, s.path, "version", "--json").Output() //nolint:gosec // this process's own file
	var is buildInfo
	if err == nil {
		err = json.Unmarshal(said, &is)
	}
	if err != nil {
		return problem.New("app.replace.broken", "The program in "+s.path+" does not start; this one goes on.", "Put the right program there.").Because(err)
	}
	if known := store.Timeline(); is.Database < known {
		return problem.New("app.replace.older", fmt.Sprintf("The program in %s is older than the database (it knows %d of %d changes); this one goes on.", s.path, is.Database, known),
			"Put a newer program there; going back needs a backup (docs/operating/upgrade.md).")
	}
	check := exec.CommandContext(ctx, s.path, "config", "check", "-c", config) //nolint:gosec // likewise
	if out, err := check.CombinedOutput(); err != nil {
		return problem.New("config.replace.invalid", strings.TrimSpace(string(out)), "Mend the configuration; this program goes on.").Because(err)
	}
	return nil
}

// leave has all clients go elsewhere, and hands the ports over. When it returns, nobody is served.
func (s *successor) leave(ctx context.Context, listeners map[string]net.Listener, servers ...*gate.Server) error {
	variable, err := pass(listeners)
	if err != nil {
		return err
	}
	s.env = append(os.Environ(), variable)
	var all sync.WaitGroup
	for _, one := range servers {
		all.Go(func() { one.Leave(ctx) })
	}
	all.Wait()
	return nil
}

// takeOver puts the new program in this process's place. It returns only where that cannot be.
func (s *successor) takeOver() error {
	if err := unix.Exec(s.path, s.args, s.env); err != nil {
		return problem.New("app.replace.failed", "The program in "+s.path+" could not take this one's place.", "Start it by hand.").Because(err)
	}
	return nil
}

// process is who answers, for those who wait for another to.
type process struct {
	ID      int       `json:"pid"`
	Began   time.Time `json:"began"`
	Version string    `json:"version"`
}

// said is what became of it.
type said struct {
	Sentence string `json:"sentence"`
}

// wants is when it is wanted; never where there is none.
func (s *successor) wants() <-chan struct{} {
	if s == nil {
		return nil
	}
	return s.wanted
}

// ofProcess are what beside answers, for the description of the API.
func ofProcess() []openapi.Operation {
	return []openapi.Operation{
		{Method: http.MethodGet, Path: "/api/v1/process", ID: "get.process", Title: "Which process answers", Permission: "app.process.read", Role: practice.RoleOwner, Answer: process{}, Local: true},
		{Method: http.MethodPost, Path: "/api/v1/process/replace", ID: "app.process.replace", Title: "Replace the program by the file that it was started from", Permission: "app.process.replace", Role: practice.RoleOwner, Answer: said{}, Local: true},
	}
}

// beside answers which process this is, and has it replaced; whatever else is asked the others answer.
func (s *successor) beside(others http.Handler, config string) http.Handler {
	began := time.Now()
	mux := http.NewServeMux()
	mux.Handle("/", others)
	mux.HandleFunc("GET /api/v1/process", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(process{os.Getpid(), began, build().Version}) // a client that has gone needs no answer
	})
	if s == nil {
		return mux
	}
	mux.HandleFunc("POST /api/v1/process/replace", func(w http.ResponseWriter, r *http.Request) {
		if err := s.try(r.Context(), config); err != nil {
			p := problem.Of(err)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusConflict)
			_ = json.NewEncoder(w).Encode(map[string]any{
				"type": "about:blank", "title": http.StatusText(http.StatusConflict), "status": http.StatusConflict, "code": p.Code, "detail": p.Sentence, "next": p.Next,
			})
			return
		}
		s.want()
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintln(w, `{"sentence":"The program is being replaced."}`)
	})
	return mux
}

// want has run leave and end. A second time changes nothing.
func (s *successor) want() {
	select {
	case s.wanted <- struct{}{}:
	default:
	}
}
