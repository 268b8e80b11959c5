package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenward/tenward/problem"
)

// System is the store of the whole machine: a folder of an administrator's own certificates, a program that makes a
// bundle of them and of the distribution's, and the bundle, which is what programs read.
type System struct {
	Folder string
	Bundle string
	Update []string // the program and its arguments
	Again  string   // the command line of whoever asks, to be named with sudo before it
}

// Debian is the system's store as Debian has it. again is the command line to run again as root.
func Debian(again string) System {
	return System{
		Folder: "/usr/local/share/ca-certificates", Bundle: "/etc/ssl/certs/ca-certificates.crt",
		Update: []string{"update-ca-certificates"}, Again: again,
	}
}

// Name is the store for people.
func (s System) Name() string { return "System (" + s.Folder + ")" }

// file is where a certificate of ours lies. The program takes any name that ends in .crt.
func (s System) file(cert *x509.Certificate) string {
	return filepath.Join(s.Folder, "tenward-"+Fingerprint(cert)[:short]+".crt")
}

// Installed looks into the bundle and not at our file: it is the bundle that is read.
func (s System) Installed(_ context.Context, cert *x509.Certificate) (bool, error) {
	bundle, err := os.ReadFile(s.Bundle)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("read system's certificates: %w", err)
	}
	for _, one := range certificates(bundle) {
		if one.Equal(cert) {
			return true, nil
		}
	}
	return false, nil
}

// Install writes the file and has the bundle made anew.
func (s System) Install(ctx context.Context, cert *x509.Certificate) error {
	if err := authority(cert); err != nil {
		return err
	}
	if err := s.write(s.file(cert), encode(cert)); err != nil {
		return s.denied(fmt.Errorf("write certificate for the system: %w", err))
	}
	return s.update(ctx, cert, true)
}

// Remove takes our file away, if it is still what we wrote, and has the bundle made anew.
func (s System) Remove(ctx context.Context, cert *x509.Certificate) error {
	there, err := os.ReadFile(s.file(cert))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if installed, err := s.Installed(ctx, cert); err != nil || !installed {
			return err
		}
	case err != nil:
		return s.denied(fmt.Errorf("read certificate of the system: %w", err))
	case !bytes.Equal(there, encode(cert)):
		return problem.New("encryption.trust.foreign", "The file "+s.file(cert)+" is not as Tenward wrote it.", "Look at it, and remove it by hand if nobody needs it.")
	default:
		if err := os.Remove(s.file(cert)); err != nil {
			return s.denied(fmt.Errorf("remove certificate of the system: %w", err))
		}
	}
	if err := s.update(ctx, cert, false); err != nil {
		return err
	}
	return s.unlink(cert)
}

// Ours lists the certificates in our files.
func (s System) Ours(context.Context) ([]*x509.Certificate, error) {
	files, err := filepath.Glob(filepath.Join(s.Folder, "tenward-*.crt"))
	if err != nil {
		return nil, fmt.Errorf("list certificates of the system: %w", err)
	}
	var ours []*x509.Certificate
	for _, file := range files {
		content, err := os.ReadFile(file) //nolint:gosec // the administrator's own folder
		if err != nil {
			return nil, fmt.Errorf("read certificate of the system: %w", err)
		}
		for _, cert := range certificates(content) {
			if s.file(cert) == file && bytes.Equal(content, encode(cert)) {
				ours = append(ours, cert)
			}
		}
	}
	return ours, nil
}

// write puts a whole file in place or none: the program may run at any time. Everybody may read it, for that is what
// it is for.
func (s System) write(path string, content []byte) error {
	f, err := os.CreateTemp(s.Folder, "tenward-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// update has the bundle made, and believes what is in it afterwards.
func (s System) update(ctx context.Context, cert *x509.Certificate, want bool) error {
	if _, err := (command{program: s.Update[0], pkg: "ca-certificates", args: s.Update[1:]}).run(ctx, nil); err != nil {
		return fmt.Errorf("update system's certificates: %w", err)
	}
	installed, err := s.Installed(ctx, cert)
	if err == nil && installed != want {
		err = problem.New("encryption.trust.system-unchanged", "The system's certificates in "+s.Bundle+" are as they were before.",
			"Run "+strings.Join(s.Update, " ")+" and look at what it says.")
	}
	return err
}

// unlink takes the links to our file away, which the program leaves behind until the next certificate comes: one by
// name, and one by the hash of the subject to that.
func (s System) unlink(cert *x509.Certificate) error {
	folder := filepath.Dir(s.Bundle)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("list links to certificates: %w", err)
	}
	file := s.file(cert)
	byName := strings.TrimSuffix(filepath.Base(file), ".crt") + ".pem"
	for _, e := range entries {
		if e.Type()&fs.ModeSymlink == 0 {
			continue
		}
		link := filepath.Join(folder, e.Name())
		if to, err := os.Readlink(link); err != nil || to != file && to != byName {
			continue // another's, or gone meanwhile
		}
		if err := os.Remove(link); err != nil {
			return s.denied(fmt.Errorf("remove link to certificate: %w", err))
		}
	}
	return nil
}

// denied names the next step where only root may write.
func (s System) denied(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing("The folder "+s.Folder+" is not on this machine.", "ca-certificates", err)
	case !errors.Is(err, fs.ErrPermission):
		return err
	}
	return problem.New("encryption.trust.system-root", "Only root may change whom the whole system trusts.", "Run: sudo "+s.Again).Because(err)
}
