package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

// The data folder holds: lock (whose it is), master.key (unless it is kept elsewhere), tenward.db, record/,
// ca.pem (what clients must trust), admin.sock.

func lockFile(data string) string { return filepath.Join(data, "lock") }

func recordFolder(data string) string { return filepath.Join(data, "record") }

// lockData makes the data folder this process's own: two writers would break the record.
func lockData(data string) (release func(context.Context) error, err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, problem.New("app.data.unusable", fmt.Sprintf("The data folder %s cannot be made.", data),
			"Make it for this user, or name another under data.").Because(err)
	}
	f, err := os.OpenFile(lockFile(data), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, problem.New("app.data.unusable", fmt.Sprintf("The data folder %s cannot be written.", data),
			"Give it to the user that runs tenward, and see that its disk is neither full nor read-only.").Because(err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(problem.New("app.data.locked", fmt.Sprintf("Another tenward works on %s already.", data),
			"Stop it first, or name another data folder.").Because(err), f.Close())
	}
	return func(context.Context) error { return f.Close() }, nil
}

// writeFile writes a whole file or leaves the old one.
func writeFile(path string, content []byte, mode fs.FileMode) (err error) {
	next, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = next.Write(content)
	err = errors.Join(err, next.Chmod(mode), next.Sync(), next.Close())
	if err == nil {
		err = os.Rename(next.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(next.Name()))
	}
	return nil
}

// listen takes the address, or says how to give another: under key in the configuration, by flag for the demo.
func listen(ctx context.Context, address config.Listen, key, flag string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", string(address))
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		mend := "Stop it, or choose another port: " + key + " in the configuration"
		if flag != "" {
			mend += ", or for the demo " + flag
		}
		return nil, problem.New("app.port.taken", fmt.Sprintf("Another process listens on %s already.", address), mend+".").Because(err)
	case errors.Is(err, unix.EACCES):
		return nil, problem.New("app.port.forbidden", fmt.Sprintf("This user may not listen on %s.", address),
			"Ports below 1024 need the capability CAP_NET_BIND_SERVICE: give it to the service, or choose a higher port for "+key+".").Because(err)
	case err != nil:
		return nil, problem.New("app.port.unusable", fmt.Sprintf("Nothing can listen on %s.", address), "Correct "+key+" in the configuration.").Because(err)
	}
	return l, nil
}

// closeListener is for a start that fails before its server has the listener; later it is closed already.
func closeListener(l net.Listener) func(context.Context) error {
	return func(context.Context) error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

// originOf is the origin of a host that answers on the listener.
func originOf(host config.HostName, l net.Addr) *url.URL {
	port := l.(*net.TCPAddr).Port // only TCP is listened on
	return &url.URL{Scheme: "https", Host: authority(string(host), strconv.Itoa(port))}
}
