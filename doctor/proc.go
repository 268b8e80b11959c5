package doctor

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// listening is a TCP socket that waits for connections (proc(5), /proc/net/tcp).
type listening struct {
	at    netip.AddrPort
	inode string
}

// stateListen is TCP_LISTEN in include/net/tcp_states.h.
const stateListen = "0A"

// sockets are those of this machine that listen. A kernel without IPv6 has no second file.
func (w *World) sockets() ([]listening, error) {
	var found []listening
	for _, name := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join(w.Proc, "net", name)) //nolint:gosec // of the kernel
		if os.IsNotExist(err) && name == "tcp6" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the table of sockets: %w", err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			if s, ok := parseSocket(lines.Text()); ok {
				found = append(found, s)
			}
		}
		if err := lines.Err(); err != nil {
			_ = f.Close() // it was only read
			return nil, fmt.Errorf("read the table of sockets: %w", err)
		}
		_ = f.Close() // it was only read
	}
	return found, nil
}

// parseSocket reads "0: 0100007F:0BB8 00000000:0000 0A … uid timeout inode".
func parseSocket(text string) (listening, bool) {
	fields := strings.Fields(text)
	if len(fields) < 10 || fields[3] != stateListen {
		return listening{}, false
	}
	host, port, _ := strings.Cut(fields[1], ":")
	raw, err := hex.DecodeString(host)
	if err != nil || len(raw) != 4 && len(raw) != 16 {
		return listening{}, false
	}
	for i := 0; i < len(raw); i += 4 { // words in the machine's own order, which is little-endian wherever Tenward is built
		slices.Reverse(raw[i : i+4])
	}
	ip, _ := netip.AddrFromSlice(raw)
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil {
		return listening{}, false
	}
	return listening{netip.AddrPortFrom(ip.Unmap(), uint16(number)), fields[9]}, true
}

// process is somebody on this machine; the zero value is nobody that this user may see.
type process struct {
	pid  int
	name string
}

func (p process) String() string {
	if p.pid == 0 {
		return "a process that only root may see"
	}
	return fmt.Sprintf("%s, process %d", p.name, p.pid)
}

func (w *World) process(pid int) process {
	name, err := os.ReadFile(w.of(pid, "comm"))
	if err != nil {
		return process{pid, "a process"}
	}
	return process{pid, strings.TrimSpace(string(name))}
}

func (w *World) of(pid int, file string) string {
	return filepath.Join(w.Proc, strconv.Itoa(pid), file)
}

// holder is who has the socket open. Whose descriptors this user may not read is passed over.
func (w *World) holder(inode string) process {
	want := "socket:[" + inode + "]"
	open, err := filepath.Glob(filepath.Join(w.Proc, "[0-9]*", "fd", "*"))
	if err != nil {
		return process{}
	}
	for _, fd := range open {
		if to, err := os.Readlink(fd); err == nil && to == want {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(fd))))
			if err == nil {
				return w.process(pid)
			}
		}
	}
	return process{}
}

// looks is how often the table of locks is read until it shows nobody: the kernel gives it in pages, and where locks come and go
// between two of them a line can be left out.
const looks = 5

// locked is who holds the data folder's lock. All questions get the same answer.
func (w *World) locked() (pid int, held bool) {
	w.once.Do(func() {
		for range looks {
			if w.pid, w.held = w.lock(); w.held {
				return
			}
		}
	})
	return w.pid, w.held
}

// lock looks it up (proc(5), /proc/locks). Pid 0 is a process that another container hides.
func (w *World) lock() (pid int, held bool) {
	info, err := os.Stat(w.LockFile)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	raw, err := os.ReadFile(filepath.Join(w.Proc, "locks"))
	if err != nil || !ok {
		return 0, false
	}
	device := fmt.Sprintf("%02x:%02x", unix.Major(stat.Dev), unix.Minor(stat.Dev))
	for text := range strings.Lines(string(raw)) {
		f := strings.Fields(text) // 1: FLOCK ADVISORY WRITE 1234 08:01:131 0 EOF
		if len(f) < 6 || f[1] != "FLOCK" || f[3] != "WRITE" {
			continue
		}
		i := strings.LastIndexByte(f[5], ':')
		pid, err := strconv.Atoi(f[4])
		if err != nil || f[5][i+1:] != strconv.FormatUint(stat.Ino, 10) {
			continue
		}
		// Some file systems (btrfs) call their device differently here: then whoever has that very file open is meant.
		if f[5][:max(i, 0)] == device || w.hasOpen(pid, info) {
			return max(pid, 0), true
		}
	}
	return 0, false
}

func (w *World) hasOpen(pid int, file fs.FileInfo) bool {
	open, err := filepath.Glob(w.of(pid, "fd/*"))
	if err != nil {
		return false
	}
	for _, fd := range open {
		if info, err := os.Stat(fd); err == nil && os.SameFile(info, file) {
			return true
		}
	}
	return false
}

// status reads one field of /proc/PID/status, such as CapEff.
func (w *World) status(pid, field string) string {
	raw, err := os.ReadFile(filepath.Join(w.Proc, pid, "status")) //nolint:gosec // of the kernel
	if err != nil {
		return ""
	}
	for text := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(text, field+":"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}
