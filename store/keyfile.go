package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/tenward/tenward/problem"
)

const (
	keyFileVariable = "TENWARD_MASTER_KEY_FILE"
	credentialName  = "tenward-master-key" // as in LoadCredential= and LoadCredentialEncrypted= (systemd.exec(5))
	keyFileName     = "master.key"
	keyFileLimit    = 4 << 10 // a key is 67 bytes; whatever is longer is something else
)

// MasterKeyOrigin says where the master key came from, so that the caller can warn.
type MasterKeyOrigin struct {
	Path   string // the file it was read from
	Made   bool   // it was made just now, and nobody has put a copy aside yet
	Beside bool   // it lies in the data folder, beside what it protects: whoever copies the folder has both
}

// LoadMasterKey finds the master key: in the file that TENWARD_MASTER_KEY_FILE names, else in the service manager's
// credential tenward-master-key, else in master.key in the data folder, where it is made on the first start. A file that
// is named but missing, unreadable, malformed or open to other users is a problem, never a reason to look further.
func LoadMasterKey(env func(string) string, dataDir string) (MasterKey, MasterKeyOrigin, error) {
	path, made := keyPath(env, dataDir), false
	if path == "" {
		path = filepath.Join(dataDir, keyFileName)
		if err := makeFolder(dataDir); err != nil {
			return MasterKey{}, MasterKeyOrigin{}, err
		}
		if err := keyGone(path, dataDir); err != nil {
			return MasterKey{}, MasterKeyOrigin{}, err
		}
		// Two first starts at once: the slower one is told that the file exists, and reads it.
		err := WriteMasterKeyFile(path, NewMasterKey())
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return MasterKey{}, MasterKeyOrigin{}, err
		}
		made = err == nil
	}
	key, origin, err := readOrigin(path, env("CREDENTIALS_DIRECTORY"), dataDir)
	origin.Made = made
	return key, origin, err
}

// FindMasterKey is LoadMasterKey for somebody who changes nothing: where the first start would make the key, the origin
// names no file.
func FindMasterKey(env func(string) string, dataDir string) (MasterKey, MasterKeyOrigin, error) {
	if path := keyPath(env, dataDir); path != "" {
		return readOrigin(path, env("CREDENTIALS_DIRECTORY"), dataDir)
	}
	return MasterKey{}, MasterKeyOrigin{}, keyGone(filepath.Join(dataDir, keyFileName), dataDir)
}

// keyPath is the file that has the key; empty where no file is named, and none lies in the data folder.
func keyPath(env func(string) string, dataDir string) string {
	if path := env(keyFileVariable); path != "" {
		return path
	}
	if credentials := env("CREDENTIALS_DIRECTORY"); credentials != "" {
		path := filepath.Join(credentials, credentialName)
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	path := filepath.Join(dataDir, keyFileName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return path
}

// keyGone is the problem where a database needs a key that is gone: one of our own making would open nothing, and lie
// where the right one must be put.
func keyGone(path, dataDir string) error {
	if db := filepath.Join(dataDir, fileName); isThere(db) {
		return problem.New("store.masterkey.missing", fmt.Sprintf("The master key %s is gone, and %s is sealed under it.", path, db),
			fmt.Sprintf("Put its copy there, or name the file that has it in %s.", keyFileVariable))
	}
	return nil
}

func readOrigin(path, credentials, dataDir string) (MasterKey, MasterKeyOrigin, error) {
	forbidden := fs.FileMode(0o077)
	if credentials != "" && filepath.Dir(path) == filepath.Clean(credentials) {
		forbidden = 0o037 // the service manager grants the service's user through the group bits of an ACL: 0440 is its doing
	}
	key, err := readKeyFile(path, forbidden)
	if err != nil {
		return MasterKey{}, MasterKeyOrigin{}, err
	}
	return key, MasterKeyOrigin{Path: path, Beside: inside(dataDir, path)}, nil
}

// ReadMasterKeyFile reads a key from a file that only its owner may read.
func ReadMasterKeyFile(path string) (MasterKey, error) { return readKeyFile(path, 0o077) }

func readKeyFile(path string, forbidden fs.FileMode) (key MasterKey, err error) {
	unreadable := problem.New("store.masterkey.unreadable", fmt.Sprintf("The master key %s cannot be read.", path),
		"Put the file back from where you keep its copy, readable by the user that runs Tenward alone.")
	// Without blocking: a named pipe in its place must not hang the start. What is checked is the open file, not its name.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the operator's own path
	if err != nil {
		return MasterKey{}, unreadable.Because(err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return MasterKey{}, unreadable.Because(err)
	}
	if !info.Mode().IsRegular() {
		return MasterKey{}, unreadable.Because(errors.New("not a regular file"))
	}
	if mode := info.Mode().Perm(); mode&forbidden != 0 {
		return MasterKey{}, problem.New("store.masterkey.open",
			fmt.Sprintf("Other users of this machine may use the master key %s (mode %04o).", path, mode),
			fmt.Sprintf("Run `chmod 0600 %s`; if somebody may have read it, change the key.", quote(path)))
	}
	text, err := io.ReadAll(io.LimitReader(file, keyFileLimit))
	if err != nil {
		return MasterKey{}, unreadable.Because(err)
	}
	key, err = ParseMasterKey(string(text))
	if err != nil {
		return MasterKey{}, problem.New("store.masterkey.malformed", path+" is not a master key.",
			fmt.Sprintf("Put the right file there: one line that begins with %s.", keyPrefix)).Because(err)
	}
	return key, nil
}

// WriteMasterKeyFile writes the key to a new file of mode 0600, whole or not at all: it is written under another name and
// linked to its own once it is on the disk. A file that exists is left alone, with an error that is fs.ErrExist.
func WriteMasterKeyFile(path string, key MasterKey) error {
	if key.bytes == nil {
		return fmt.Errorf("write master key %s: %w", path, errNoKey)
	}
	if err := writeLinked(path, key.text()); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("write master key: %w", err)
		}
		return problem.New("store.masterkey.unwritable", fmt.Sprintf("The master key %s cannot be written.", path),
			fmt.Sprintf("Let Tenward write to that folder, or give it a key with %s.", keyFileVariable)).Because(err)
	}
	return nil
}

func writeLinked(path, text string) (err error) {
	folder := filepath.Dir(path)
	file, err := os.CreateTemp(folder, "."+filepath.Base(path)+".*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(file.Name())) }()
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil {
		return err
	}
	parent, err := os.Open(folder) //nolint:gosec // the folder just written to
	if err != nil {
		return err
	}
	return errors.Join(parent.Sync(), parent.Close())
}

// inside tells whether path lies in folder, links followed.
func inside(folder, path string) bool {
	for _, p := range []*string{&folder, &path} {
		if target, err := filepath.EvalSymlinks(*p); err == nil {
			*p = target
		}
		if whole, err := filepath.Abs(*p); err == nil {
			*p = whole
		}
	}
	rel, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(rel)
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9/._+-]+$`)

// quote makes a path safe to paste into a shell.
func quote(path string) string {
	if plainWord.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
