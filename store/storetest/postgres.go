package storetest

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// guardian starts the server, and ends it when its standard input does: the kernel closes that pipe however the test
// process ends, kill -9 included.
//
//go:embed guardian.sh
var guardian string

// startLimit is generous: initdb takes about a second on an idle machine.
const startLimit = 2 * time.Minute

// server is the one PostgreSQL of this test binary.
type server struct {
	folder string
	stdin  io.Closer // held open, never written to
	mu     sync.Mutex
	made   int // databases so far
}

// one starts the server at the first call; the others share it and its error.
var one = sync.OnceValues(start)

// Postgres makes a fresh, empty database on this test binary's server and returns its connection string. The database is
// dropped when the test ends.
func Postgres(tb testing.TB) string {
	tb.Helper()
	s, err := one()
	if err != nil {
		tb.Fatalf("start PostgreSQL: %v", err)
	}
	name := s.name()
	if err := s.admin(tb.Context(), "CREATE DATABASE "+name); err != nil {
		tb.Fatalf("make database %s: %v", name, err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		if err := s.admin(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop database %s: %v", name, err)
		}
	})
	return s.dsn(name)
}

func (s *server) name() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	return "test_" + strconv.Itoa(s.made)
}

func (s *server) dsn(database string) string {
	return fmt.Sprintf("host=%s user=postgres dbname=%s", s.folder, database)
}

// admin runs one statement on a connection of its own, outside of any transaction.
func (s *server) admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func start() (*server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	// Not under t.TempDir: the server outlives the first test. And short, because a socket's path has 107 bytes at most.
	folder, err := os.MkdirTemp(roomiest(), "tenward-pg-")
	if err != nil {
		return nil, err
	}
	// No context: the server lives as long as this process, and the guardian sees to its end.
	command := exec.Command("/bin/sh", "-c", guardian, "guardian", bin, folder) //nolint:gosec,noctx // fixed script, our own folder
	command.Dir = folder
	// A group of its own, so that an interrupt from the terminal reaches the tests first and the server at their end.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 { // PostgreSQL refuses to run as root
		if command.SysProcAttr.Credential, err = owner(folder); err != nil {
			return nil, errors.Join(err, os.RemoveAll(folder))
		}
	}
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(startLimit, func() { _ = stdin.Close() }) // the guardian gives up; reading below ends
	defer late.Stop()
	output := bufio.NewReader(stdout)
	if line, err := output.ReadString('\n'); err != nil || line != "ready\n" {
		rest, readErr := io.ReadAll(io.LimitReader(output, 64<<10))
		return nil, errors.Join(fmt.Errorf("the server did not start: %s%s", line, rest), readErr, stdin.Close(), command.Wait())
	}
	return &server{folder: folder, stdin: stdin}, nil
}

// roomiest is memory where there is enough of it: making a database is making 300 files, ten times slower on a disk.
func roomiest() string {
	const memory, enough = "/dev/shm", 1 << 30
	var room syscall.Statfs_t
	if err := syscall.Statfs(memory, &room); err != nil || room.Bavail*uint64(room.Bsize) < enough { //nolint:gosec // a block's size is positive
		return os.TempDir()
	}
	return memory
}

// binaries finds the newest PostgreSQL in Debian's place for it.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("it is not installed; run: apt-get install --no-install-recommends postgresql")
	}
	version := func(path string) int {
		n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return 0
		}
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// owner gives the folder to the user postgres, who then runs the server.
func owner(folder string) (*syscall.Credential, error) {
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w; run: apt-get install --no-install-recommends postgresql", err)
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	if err := os.Chown(folder, int(uid), int(gid)); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
