package event

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

// Origin is the name of a node's log in its checkpoints and keys (C2SP tlog-checkpoint).
func Origin(node string) string { return "tenward/" + node }

// SigningKey signs a node's checkpoints: Ed25519, in the text forms of C2SP signed-note.
type SigningKey struct {
	signer   note.Signer
	verifier note.Verifier
	public   string
}

// NewSigningKey makes a node's key, in the form that ParseSigningKey reads: a secret.
func NewSigningKey(node string) ([]byte, error) {
	secret, public, err := note.GenerateKey(rand.Reader, Origin(node))
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	return []byte(secret + "\n" + public + "\n"), nil
}

// ParseSigningKey reads what NewSigningKey made. Its error quotes nothing.
func ParseSigningKey(text []byte) (SigningKey, error) {
	secret, public, _ := strings.Cut(strings.TrimSuffix(string(text), "\n"), "\n")
	signer, err := note.NewSigner(secret)
	if err != nil {
		return SigningKey{}, errors.New("parse signing key: malformed")
	}
	verifier, err := note.NewVerifier(public)
	if err != nil || verifier.Name() != signer.Name() || verifier.KeyHash() != signer.KeyHash() {
		return SigningKey{}, errors.New("parse signing key: its public half is malformed")
	}
	return SigningKey{signer, verifier, public}, nil
}

// Public is the key that others verify with.
func (k SigningKey) Public() string { return k.public }

// maxKey bounds the text of a public key.
const maxKey = 4 << 10

func keyFile(dir string) string { return filepath.Join(dir, "key.pub") }

// publishKey puts the public key beside the record. A folder that holds another key is another record.
func publishKey(dir string, k SigningKey) error {
	want := []byte(k.public + "\n")
	got, err := tiles.ReadFile(keyFile(dir), maxKey)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := tiles.WriteFile(keyFile(dir), want); err != nil {
			return problem.New("event.record.unusable", "The record's folder cannot be written.", "Check who owns "+dir+" and whether its disk is full.").Because(err)
		}
		return nil
	case err != nil:
		return problem.New("event.record.unusable", "The record's folder cannot be read.", "Check who owns "+dir+".").Because(err)
	case !bytes.Equal(got, want):
		return problem.New("event.record.foreign", "The record in "+dir+" was signed with another key than this node's.",
			"Restore record and database from the same backup, or move the folder aside to begin a new record.")
	}
	return nil
}
