package config

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Secret is a value that the file names but never holds: ${file:/path} or ${env:NAME}. Only Reveal gives it away;
// every way to print or encode it gives the reference.
type Secret struct {
	reference string
	// A function, because fmt reads through unexported fields of other people's structs and follows pointers there.
	value func() string
}

// Reveal gives the secret itself; empty when it is not set.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return s.value()
}

// Set says whether the file has it.
func (s Secret) Set() bool { return s.reference != "" || s.value != nil }

// String gives the reference, and never the secret.
func (s Secret) String() string {
	if s.reference == "" && s.value != nil {
		return "[redacted]"
	}
	return s.reference
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// Format is String, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String: it is also what JSON and YAML get.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText refuses: only a configuration file's reference makes a secret.
func (s *Secret) UnmarshalText([]byte) error {
	return &badScalar{sentence: "a secret cannot be written out", mend: mendSecret, secret: true}
}

var (
	secretType = reflect.TypeFor[Secret]()
	reference  = regexp.MustCompile(`^\$\{(file|env):([^{}$]+)\}$`)
)

const (
	mendSecret = "write ${file:/path/to/it} or ${env:NAME}" //nolint:gosec // says how to write one
	maxSecret  = 64 << 10
)

func isSecret(t reflect.Type) bool { return t == secretType }

// secret reads a reference and what it refers to. No message quotes anything but the reference.
func (d *decoder) secret(n ast.Node, v reflect.Value, path string) {
	text, ok := textOf(n)
	m := reference.FindStringSubmatch(text)
	if !ok || m == nil {
		line, _ := d.position(n)
		for i := range max(strings.Count(text, "\n"), 1) {
			d.invalid.secret[line+i] = true
		}
		d.complain(n, path, mendSecret, "a secret stands here itself; a configuration file is copied and shown too easily")
		return
	}
	s := Secret{reference: text}
	if !d.options.KeepReferences {
		value, why, mend := d.resolve(m[1], m[2])
		if why != "" {
			d.complain(n, path, mend, why)
			return
		}
		s.value = func() string { return value }
	}
	v.Set(reflect.ValueOf(s))
}

func (d *decoder) resolve(kind, name string) (value, why, mend string) {
	if kind == "env" {
		value, ok := d.options.Env(name)
		if !ok || value == "" {
			return "", "the environment has no " + name, "set it for this process"
		}
		return value, "", ""
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(d.folder, name)
	}
	f, err := os.Open(name) //nolint:gosec // the operator names the file
	if err != nil {
		return "", fmt.Sprintf("the file %s cannot be read: %s", name, cause(err)), "check its name and that this user may read it"
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	switch {
	case err != nil || !info.Mode().IsRegular():
		return "", name + " is no file", "name a file"
	case info.Mode().Perm()&0o037 != 0:
		return "", "others may read or change the file " + name, "run: chmod 600 " + name
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	switch {
	case err != nil:
		return "", fmt.Sprintf("the file %s cannot be read", name), ""
	case len(raw) > maxSecret:
		return "", fmt.Sprintf("the file %s is larger than 64 KiB", name), "check that it is the right one"
	}
	raw = bytes.TrimRight(raw, "\r\n")
	if len(raw) == 0 {
		return "", fmt.Sprintf("the file %s is empty", name), "write the secret into it"
	}
	return string(raw), "", ""
}

// cause leaves the path out of what the system says: the sentence has it already.
func cause(err error) string {
	if e, ok := err.(*fs.PathError); ok { //nolint:errorlint // os.Open gives it unwrapped
		return e.Err.Error()
	}
	return err.Error()
}
