package trust

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tenward/tenward/problem"
)

// database is an NSS database. It is changed with Debian's certutil, as the person whom it belongs to.
type database struct {
	browser, folder string
	who             Person
}

// nickname is what NSS calls our certificate. The fingerprint in it tells our authorities apart, and a certificate that
// somebody else put there under such a name does not have it.
func nickname(cert *x509.Certificate) string { return ourNames + Fingerprint(cert)[:short] }

const ourNames = "Tenward CA "

func (d database) Name() string { return d.browser + " (" + d.folder + ")" }

func (d database) Installed(ctx context.Context, cert *x509.Certificate) (bool, error) {
	listed, err := d.list(ctx)
	if err != nil {
		return false, err
	}
	trust, there := listed[nickname(cert)]
	servers, _, _ := strings.Cut(trust, ",") // SSL, S/MIME and code signing, in this order
	if !there || !strings.Contains(servers, "C") {
		return false, nil
	}
	return d.holds(ctx, cert)
}

func (d database) Install(ctx context.Context, cert *x509.Certificate) error {
	if err := authority(cert); err != nil {
		return err
	}
	if err := d.make(ctx); err != nil {
		return err
	}
	listed, err := d.list(ctx)
	if err != nil {
		return err
	}
	if _, there := listed[nickname(cert)]; there {
		if holds, err := d.holds(ctx, cert); err != nil || !holds {
			return d.foreign(nickname(cert), err)
		}
	}
	// C alone: for servers, not for mail and not for programs.
	if _, err := d.certutil(ctx, encode(cert), "-A", "-t", "C,,", "-n", nickname(cert), "-a"); err != nil {
		// With a primary password certutil leaves the certificate behind untrusted.
		return errors.Join(d.locked(err), d.Remove(ctx, cert))
	}
	ok, err := d.Installed(ctx, cert)
	if err == nil && !ok {
		err = problem.New("encryption.trust.other-name", "The certificate is in the store of "+d.Name()+" under another name, and not by Tenward.",
			"Remove it in the browser's own settings and run the command again.")
	}
	return err
}

func (d database) Remove(ctx context.Context, cert *x509.Certificate) error {
	listed, err := d.list(ctx)
	if err != nil {
		return err
	}
	name := nickname(cert)
	if _, there := listed[name]; !there {
		return nil
	}
	if holds, err := d.holds(ctx, cert); err != nil || !holds {
		return d.foreign(name, err)
	}
	if _, err := d.certutil(ctx, nil, "-D", "-n", name); err != nil {
		return fmt.Errorf("remove certificate from %s: %w", d.Name(), err)
	}
	return nil
}

func (d database) Ours(ctx context.Context) ([]*x509.Certificate, error) {
	listed, err := d.list(ctx)
	if err != nil {
		return nil, err
	}
	var ours []*x509.Certificate
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if !strings.HasPrefix(name, ourNames) {
			continue
		}
		found, err := d.named(ctx, name)
		if err != nil {
			return nil, err
		}
		for _, cert := range found {
			if nickname(cert) == name {
				ours = append(ours, cert)
			}
		}
	}
	return ours, nil
}

// holds says whether the only certificate under our nickname is this one.
func (d database) holds(ctx context.Context, cert *x509.Certificate) (bool, error) {
	found, err := d.named(ctx, nickname(cert))
	return len(found) == 1 && found[0].Equal(cert), err
}

// list gives each nickname with its trust. A database that is not made yet is empty.
func (d database) list(ctx context.Context) (map[string]string, error) {
	if _, err := os.Stat(filepath.Join(d.folder, "cert9.db")); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	out, err := d.certutil(ctx, nil, "-L")
	if err != nil {
		return nil, fmt.Errorf("list certificates of %s: %w", d.Name(), err)
	}
	listed := map[string]string{}
	for line := range strings.Lines(string(out)) {
		line = strings.TrimRight(line, " \n")
		if at := strings.LastIndexByte(line, ' '); at > 0 && strings.Count(line[at:], ",") == 2 {
			listed[strings.TrimRight(line[:at], " ")] = line[at+1:]
		}
	}
	return listed, nil
}

// named gives the certificates under a nickname.
func (d database) named(ctx context.Context, name string) ([]*x509.Certificate, error) {
	out, err := d.certutil(ctx, nil, "-L", "-n", name, "-a")
	if err != nil {
		return nil, fmt.Errorf("read certificate of %s: %w", d.Name(), err)
	}
	return certificates(out), nil
}

// make makes the database where there is none, as the person, so that it is theirs.
func (d database) make(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(d.folder, "cert9.db")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err := command{program: "mkdir", pkg: "coreutils", args: []string{"-p", "-m", "0700", "--", d.folder}, as: d.who.as}.run(ctx, nil)
	if err == nil {
		_, err = d.certutil(ctx, nil, "-N", "--empty-password")
	}
	if err != nil {
		return fmt.Errorf("make store of %s: %w", d.Name(), err)
	}
	return nil
}

func (d database) certutil(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	return command{
		program: "certutil", pkg: "libnss3-tools", args: append([]string{"-d", "sql:" + d.folder}, args...),
		env: []string{"HOME=" + d.who.Home}, as: d.who.as,
	}.run(ctx, input)
}

// foreign says that something else stands under our name. It is left alone.
func (d database) foreign(name string, err error) error {
	if err != nil {
		return err
	}
	return problem.New("encryption.trust.foreign", `The store of `+d.Name()+` has another certificate named "`+name+`", which Tenward did not put there.`,
		"Remove it in the browser's own settings and run the command again.")
}

// locked tells a database that wants its password from other errors: only that one has a next step.
func (d database) locked(err error) error {
	if !strings.Contains(err.Error(), "SEC_ERROR_BAD_PASSWORD") {
		return fmt.Errorf("add certificate to %s: %w", d.Name(), err)
	}
	return problem.New("encryption.trust.locked", "The store of "+d.Name()+" is locked with a primary password.",
		"Import ca.pem by hand in the browser's settings, under Certificates, Authorities.").Because(err)
}
