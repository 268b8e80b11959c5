// Package clustertest starts a real Redis server for tests: Debian's, on a socket in a temporary folder.
package clustertest

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Server is one Redis server that can be stopped and started again.
type Server struct {
	tb     testing.TB
	folder string
	cmd    *exec.Cmd
}

// Redis starts a server, which ends with the test.
func Redis(tb testing.TB) *Server {
	tb.Helper()
	folder, err := os.MkdirTemp("", "redis") //nolint:usetesting // a socket's path has at most 107 bytes
	if err != nil {
		tb.Fatal(err)
	}
	s := &Server{tb: tb, folder: folder}
	tb.Cleanup(func() {
		s.Stop()
		if err := os.RemoveAll(folder); err != nil {
			tb.Error(err)
		}
	})
	s.Start()
	return s
}

func (s *Server) socket() string { return filepath.Join(s.folder, "s") }

// URL is where it answers.
func (s *Server) URL() string { return "unix://" + s.socket() }

// Start starts it again after Stop, with nothing in it.
func (s *Server) Start() {
	s.tb.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		s.tb.Fatal("a Redis server is needed: apt-get install --no-install-recommends redis-server")
	}
	s.cmd = exec.CommandContext(context.Background(), path, "--port", "0", "--unixsocket", s.socket(), "--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--dir", s.folder) //nolint:gosec // Debian\'s own server
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		s.tb.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		if c, err := new(net.Dialer).DialContext(s.tb.Context(), "unix", s.socket()); err == nil {
			if err := c.Close(); err != nil {
				s.tb.Fatal(err)
			}
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			s.tb.Fatal("redis-server does not answer")
		}
	}
}

// Stop ends it at once.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill() // it may have ended
	_ = s.cmd.Wait()         // it was killed
	s.cmd = nil
}
