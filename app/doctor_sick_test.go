package app

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// nobody is whose installation it is: a user without any right of its own.
const nobody = 65534

const healthyConfig = `data: data
listen: {https: "127.0.0.1:8443", admin: "127.0.0.1:9444"}
portal: {host: login.example.com}
console: {host: console.example.com, listen: "127.0.0.1:9443"}
services:
  shop: {hosts: [shop.example.com], upstream: "http://127.0.0.1:3000"}
`

const healthyHosts = `127.0.0.1 localhost shop.example.com login.example.com console.example.com new.example.com
`

// sick is a world of this process's own: mounts, network, name service, a configuration, a data folder and an application.
type sick struct {
	t       *testing.T
	folder  string
	program string
	env     []string
	offset  time.Duration // of the doctor's clock
	kept    bool          // the kernel's clock is
	app     net.Listener
}

func (s *sick) must(errs ...error) {
	s.t.Helper()
	if err := errors.Join(errs...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sick) path(parts ...string) string {
	return filepath.Join(append([]string{s.folder}, parts...)...)
}

func newSick(t *testing.T) *sick {
	t.Helper()
	s := &sick{t: t, folder: os.Getenv(sickFolder), kept: true}
	s.must(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""), os.Chmod(filepath.Dir(s.folder), 0o711))
	s.must(syscall.Mount("tmpfs", s.folder, "tmpfs", 0, "size=4g,mode=755"))
	t.Cleanup(func() { _ = syscall.Unmount(s.folder, syscall.MNT_DETACH) })
	s.must(os.Mkdir(s.path("data"), 0o700), os.Chown(s.path("data"), nobody, nobody))
	s.program = s.path("tenward")
	self, err := os.Executable()
	s.must(err)
	s.bind(self, s.program)
	s.write("tenward.yaml", healthyConfig)
	s.write("master.key", "tenward-master-key-v1:"+strings.Repeat("A", 43)+"=\n")
	s.write("hosts", healthyHosts)
	s.write("resolv.conf", "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
	s.write("nsswitch.conf", "hosts: files dns\n")
	for _, name := range []string{"hosts", "resolv.conf", "nsswitch.conf"} {
		if _, err := os.Stat("/etc/" + name); err == nil {
			s.must(syscall.Mount(s.path(name), "/etc/"+name, "", syscall.MS_BIND, ""))
		}
	}
	s.env = []string{"PATH=" + os.Getenv("PATH"), "TENWARD_MASTER_KEY_FILE=" + s.path("master.key")}
	s.loopback()
	s.enough()
	s.listen("127.0.0.1:3000")
	return s
}

// bind shows a file under another name too.
func (s *sick) bind(file, as string) {
	s.t.Helper()
	s.must(os.WriteFile(as, nil, 0o755), syscall.Mount(file, as, "", syscall.MS_BIND, ""))
}

// write writes a file that belongs to nobody, and to nobody else.
func (s *sick) write(name, text string) {
	s.t.Helper()
	mode := os.FileMode(0o644)
	if strings.HasSuffix(name, ".key") || strings.HasSuffix(name, ".dsn") {
		mode = 0o600
	}
	s.must(os.WriteFile(s.path(name), []byte(text), mode), os.Chmod(s.path(name), mode), os.Chown(s.path(name), nobody, nobody))
}

// change puts another text into the configuration.
func (s *sick) change(old, with string) {
	s.t.Helper()
	text, err := os.ReadFile(s.path("tenward.yaml"))
	s.must(err)
	if !strings.Contains(string(text), old) {
		s.t.Fatalf("the configuration has no %s", old)
	}
	s.write("tenward.yaml", strings.Replace(string(text), old, with, 1))
}

// disk gives the data folder a file system of its own, and what a start has left in it.
func (s *sick) disk(options string) {
	s.t.Helper()
	_ = syscall.Unmount(s.path("data"), 0) // there may be none yet
	s.must(syscall.Mount("tmpfs", s.path("data"), "tmpfs", 0, options))
	s.copy(os.Getenv(sickTemplate), s.path("data"))
	s.must(os.Chown(s.path("data"), nobody, nobody), os.Chmod(s.path("data"), 0o700))
}

func (s *sick) copy(from, to string) {
	s.t.Helper()
	s.must(os.MkdirAll(to, 0o700))
	if out, err := exec.CommandContext(s.t.Context(), "cp", "-a", from+"/.", to).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
}

// fill takes what the file system has left.
func (s *sick) fill(size int) {
	s.t.Helper()
	for i := 0; ; i++ {
		if os.WriteFile(s.path("data", "index", "fill"+strings.Repeat("x", i%100)+time.Duration(i).String()), make([]byte, size), 0o600) != nil {
			return
		}
	}
}

// loopback brings lo up: a new network has it, and has it down.
func (s *sick) loopback() {
	s.t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	s.must(err)
	defer unix.Close(fd) //nolint:errcheck // nothing was written
	request, err := unix.NewIfreq("lo")
	s.must(err)
	request.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCSIFFLAGS, uintptr(unsafe.Pointer(request))); errno != 0 {
		s.t.Fatal(errno)
	}
}

// enough lets this process and what it starts open as many files as a well-kept service.
func (s *sick) enough() {
	s.t.Helper()
	var now unix.Rlimit
	s.must(unix.Getrlimit(unix.RLIMIT_NOFILE, &now))
	if now.Max < 16384 {
		s.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: now.Cur, Max: 16384}))
	}
}

// listen is the application.
func (s *sick) listen(at string) {
	s.t.Helper()
	var err error
	s.app, err = new(net.ListenConfig).Listen(s.t.Context(), "tcp", at)
	s.must(err)
	s.answer()
}

func (s *sick) answer() {
	server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	on := s.app
	go func() { _ = server.Serve(on) }() // it ends with its listener
	s.t.Cleanup(func() { _ = server.Close() })
}

func (s *sick) command(name string, root bool, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.WithoutCancel(s.t.Context()), s.program) // it is stopped by name, when the test ends
	c.Args = append([]string{name}, args...)
	c.Dir, c.Env = s.folder, s.env
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if !root {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return c
}

// serve starts tenward and gives what stops it.
func (s *sick) serve(program string) (stop func()) {
	s.t.Helper()
	c := s.command("tenward", false, "serve", "-c", s.path("tenward.yaml"))
	c.Path = program
	messages, err := c.StderrPipe()
	s.must(err, c.Start())
	log := bufio.NewScanner(messages)
	var all []string
	for log.Scan() {
		if all = append(all, log.Text()); strings.Contains(log.Text(), "msg=ready") {
			ended := make(chan bool)
			go func() { // what it says from here on is of no interest, but must be taken
				defer close(ended)
				for log.Scan() {
				}
			}()
			return func() {
				s.must(c.Process.Signal(os.Interrupt))
				<-ended
				s.must(c.Wait())
			}
		}
	}
	s.t.Fatalf("it did not start: %s", strings.Join(all, "\n"))
	return nil
}
