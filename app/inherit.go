package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

// Ports may be open before the process begins: systemd has opened them (sd_listen_fds(3)), or the process that stood here
// before hands them over. Clients that come meanwhile wait in the kernel, and none is refused.

// handedOver names the environment variable that hands ports over to the program that takes this process's place:
// "listen.https=7 console.listen=8", file descriptors by the configuration's keys.
const handedOver = "TENWARD_LISTENERS"

// firstSocket is the first file descriptor that systemd passes (SD_LISTEN_FDS_START).
const firstSocket = 3

// maxSockets bounds how many are looked at.
const maxSockets = 16

// sockets are open listening ports by what they are called: a key of the configuration.
type sockets map[string]int

// inherited finds what was passed to this process. The variables are removed: what this process starts gets none of it.
func inherited(env func(string) string, pid int) (sockets, error) {
	passed := sockets{}
	defer func() {
		for _, name := range []string{handedOver, "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"} {
			_ = os.Unsetenv(name) // it fails for names that are none
		}
	}()
	for word := range strings.FieldsSeq(env(handedOver)) {
		name, number, _ := strings.Cut(word, "=")
		fd, err := strconv.Atoi(number)
		if err != nil || fd < firstSocket {
			return nil, errInherited(word, err)
		}
		passed[name] = fd
	}
	if env("LISTEN_FDS") == "" || env("LISTEN_PID") != strconv.Itoa(pid) {
		return passed, nil
	}
	n, err := strconv.Atoi(env("LISTEN_FDS"))
	if err != nil || n < 0 || n > maxSockets {
		return nil, errInherited("LISTEN_FDS="+env("LISTEN_FDS"), err)
	}
	names := strings.Split(env("LISTEN_FDNAMES"), ":")
	for i := range n {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		if !slices.Contains(ports, name) {
			return nil, problem.New("app.socket.name", fmt.Sprintf("Socket %d of those that the service manager has opened is called %q, which is no key of the configuration.", i+1, name),
				"Write FileDescriptorName=listen.https, console.listen or listen.admin into its socket unit.")
		}
		passed[name] = firstSocket + i
	}
	return passed, nil
}

func errInherited(what string, err error) error {
	return problem.New("app.socket.unreadable", "What was passed to this process as open ports cannot be read: "+what+".",
		"Start it without the variables "+handedOver+" and LISTEN_FDS, or from a socket unit.").Because(err)
}

// ports are the keys of the configuration that open one.
var ports = []string{"listen.https", "console.listen", "listen.admin"}

// take gives the listener of this key that was passed, where it is the one that the configuration wants, or opens one.
func (s sockets) take(ctx context.Context, address config.Listen, key, flag string) (net.Listener, error) {
	fd, passed := s[key]
	if !passed {
		return listen(ctx, address, key, flag)
	}
	delete(s, key)
	unix.CloseOnExec(fd)
	file := os.NewFile(uintptr(fd), key)
	if file == nil {
		return nil, errInherited(key, nil)
	}
	defer file.Close() //nolint:errcheck // the listener has a descriptor of its own
	l, err := net.FileListener(file)
	if err != nil {
		return nil, errInherited(key, err)
	}
	if _, tcp := l.Addr().(*net.TCPAddr); !tcp {
		return nil, errors.Join(errInherited(key+" is no TCP port", nil), l.Close())
	}
	if !isAt(l.Addr().String(), address) { // the file names another by now
		_ = l.Close() // nobody has been accepted on it
		return listen(ctx, address, key, flag)
	}
	return l, nil
}

// isAt says whether a port is where the configuration wants one.
func isAt(open string, address config.Listen) bool {
	at, err := netip.ParseAddrPort(open)
	host, port, wrong := net.SplitHostPort(string(address))
	if err != nil || wrong != nil {
		return false
	}
	if !address.AnyPort() && strconv.Itoa(int(at.Port())) != port {
		return false
	}
	if host == "" {
		return at.Addr().IsUnspecified()
	}
	wanted, err := netip.ParseAddr(host)
	return err == nil && (wanted.Unmap() == at.Addr().Unmap() || wanted.IsUnspecified() && at.Addr().IsUnspecified())
}

// pass gives each listener a descriptor that stays open in the program that takes this one's place, and the variable
// that names them. The listeners may be closed after it: the ports stay open until the program that takes them closes
// them, or this process ends.
func pass(listeners map[string]net.Listener) (variable string, err error) {
	var words []string
	for _, key := range ports {
		l, ok := listeners[key].(*net.TCPListener)
		if !ok {
			continue
		}
		raw, err := l.SyscallConn()
		if err != nil {
			return "", fmt.Errorf("hand %s over: %w", key, err)
		}
		var fd int
		var dupErr error
		err = raw.Control(func(from uintptr) { fd, dupErr = unix.FcntlInt(from, unix.F_DUPFD, firstSocket) }) // F_DUPFD leaves close-on-exec off
		if err = errors.Join(err, dupErr); err != nil {
			return "", fmt.Errorf("hand %s over: %w", key, err)
		}
		words = append(words, key+"="+strconv.Itoa(fd))
	}
	return handedOver + "=" + strings.Join(words, " "), nil
}
