package event

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tenward/tenward/event/tiles"
	"github.com/tenward/tenward/problem"
)

// VerifyOptions say what is trusted.
type VerifyOptions struct {
	Key        string                  // the log's public key; empty: the folder's own, which proves less
	Checkpoint []byte                  // a signed checkpoint kept elsewhere; nil: none
	Progress   func(done, total int64) // bytes; may be nil
}

// Verify reads a copy of a record and finds every flip, deletion, insertion, reorder and truncation in what its
// newest signed checkpoint covers. It needs nothing but the folder and the public key. The error is for what kept it
// from looking; what it saw is in the report.
func Verify(ctx context.Context, dir string, o VerifyOptions) (*Report, error) {
	key, own, err := verifier(dir, o.Key)
	if err != nil {
		return nil, err
	}
	r := &Report{Origin: key.Name(), OwnKey: own, Damage: []Damage{}}
	raw, err := tiles.ReadCheckpoint(treeDir(dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, tiles.ErrFile) {
		return nil, problem.New("event.record.unreadable", "The record's checkpoint cannot be read.", "Check who may read "+dir+".").Because(err)
	}
	var leaves []leaf
	if err != nil {
		r.damage(Damage{Kind: BadTree, File: "log/checkpoint", Sentence: "there is no signed checkpoint, so nothing here is covered by a signature"})
	} else {
		leaves = r.readTree(dir, raw, key)
	}
	if o.Checkpoint != nil {
		if err := r.anchor(o.Checkpoint, key, leaves); err != nil {
			return nil, err
		}
	}
	v := &walk{ctx: ctx, dir: dir, report: r, leaves: leaves, progress: o.Progress}
	if err := v.run(); err != nil {
		return nil, err
	}
	return r, nil
}

// either is the first problem where permission is what is missing, else the second.
func either(err error, closed, missing *problem.Problem) error {
	if errors.Is(err, fs.ErrPermission) {
		return closed.Because(err)
	}
	return missing.Because(err)
}

func verifier(dir, key string) (note.Verifier, bool, error) {
	missing := problem.New("event.record.missing", fmt.Sprintf("There is no record in %s: it has no key.pub.", dir),
		"Name the folder of a record, such as /var/lib/tenward/record, or give its public key with --key.")
	closed := problem.New("event.record.unreadable", fmt.Sprintf("This user may not read the record in %s.", dir),
		"Run it as root or as the user that runs tenward, or copy the folder first.")
	if _, err := os.Stat(dir); err != nil {
		return nil, false, either(err, closed, missing)
	}
	key = strings.TrimSpace(key)
	own := key == ""
	if own {
		raw, err := tiles.ReadFile(keyFile(dir), maxKey)
		if err != nil {
			return nil, own, either(err, closed, missing)
		}
		key = strings.TrimSuffix(string(raw), "\n")
	}
	v, err := parseKey(key)
	if err != nil {
		return nil, own, problem.New("event.key.malformed", "The public key cannot be read.",
			"It is one line: the log's name, eight hexadecimal digits and a base64 text, joined by plus signs.").Because(err)
	}
	return v, own, nil
}

// parseKey reads a public key in its one form. The note library is less strict: to it upper-case digits, line breaks
// and the last bits of the base64 text are all the same.
func parseKey(key string) (note.Verifier, error) {
	v, err := note.NewVerifier(key)
	if err != nil {
		return nil, err
	}
	rest, ok := strings.CutPrefix(key, fmt.Sprintf("%s+%08x+", v.Name(), v.KeyHash()))
	if raw, err := base64.StdEncoding.Strict().DecodeString(rest); !ok || err != nil || base64.StdEncoding.EncodeToString(raw) != rest {
		return nil, errors.New("not in its canonical form")
	}
	return v, nil
}
