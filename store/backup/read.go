package backup

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tenward/tenward/store"
)

// taker takes what a backup holds, in its order. What it is given was sealed with the key and has its form.
type taker interface {
	manifest(*Manifest) error
	table(name string, columns []string) error
	row(values []any) error
	file(name string) error
	data([]byte) error
}

// ReadManifest reads what a backup says of itself, and nothing that stands behind.
func ReadManifest(from io.Reader, key store.MasterKey) (*Manifest, error) {
	o, err := newOpener(from, key)
	if err != nil {
		return nil, err
	}
	p := &parts{r: flate.NewReader(o)}
	return manifest(p)
}

func manifest(p *parts) (*Manifest, error) {
	k, payload, err := p.next()
	if err != nil {
		return nil, unpacked(err)
	}
	m := new(Manifest)
	if k != manifestPart || strict(payload, m) != nil || m.ID == "" || m.Made.IsZero() || m.Node == "" || len(m.Applied) == 0 ||
		!slices.Contains([]string{Asked, Scheduled, Update}, m.Reason) {
		return nil, malformed("it does not begin with what it is")
	}
	return m, nil
}

// read reads all of a backup. It gives everything to take, and an error for whatever is not as Write writes it: only with
// none was all of it what was sealed.
func read(ctx context.Context, from io.Reader, key store.MasterKey, take taker) (*Manifest, Totals, error) {
	o, err := newOpener(from, key)
	if err != nil {
		return nil, Totals{}, err
	}
	sealed := bufio.NewReaderSize(o, chunkSize) // flate takes no byte too many from what has ReadByte
	p := &parts{r: flate.NewReader(sealed)}
	m, err := manifest(p)
	if err != nil {
		return nil, Totals{}, err
	}
	if err := take.manifest(m); err != nil {
		return nil, Totals{}, err
	}
	r := &reader{parts: p, take: take, record: m.Record != nil, known: map[string]struct{}{}}
	for !r.ended {
		if err := context.Cause(ctx); err != nil {
			return nil, r.totals, err
		}
		if err := r.part(); err != nil {
			return nil, r.totals, unpacked(err)
		}
	}
	for _, rest := range []io.Reader{p.r, sealed} { // the end of what was packed, and of what was sealed
		if n, err := io.Copy(io.Discard, io.LimitReader(rest, 1)); err != nil {
			return nil, r.totals, unpacked(err)
		} else if n > 0 {
			return nil, r.totals, malformed("something stands behind its end")
		}
	}
	return m, r.totals, nil
}

// unpacked is an error of the unpacking: the bytes were sealed with the right key, and not packed by Tenward.
func unpacked(err error) error {
	if _, bad := errors.AsType[flate.CorruptInputError](err); bad {
		return malformed("it cannot be unpacked")
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("it ends in the middle")
	}
	return err
}

// reader knows which part may follow which.
type reader struct {
	*parts
	take   taker
	record bool                // the manifest speaks of one
	known  map[string]struct{} // tables and files that were met: each comes once
	values []any               // as many as the present table has columns; nil outside of one
	inFile bool
	ended  bool
	totals Totals
}

func (r *reader) part() error {
	k, payload, err := r.next()
	if err != nil {
		return err
	}
	switch {
	case k == tablePart && !r.inFile:
		return r.table(payload)
	case k == rowPart && r.values != nil:
		if err := readRow(payload, r.values); err != nil {
			return err
		}
		r.totals.Rows++
		r.totals.Bytes += int64(len(payload))
		return r.take.row(r.values)
	case k == filePart && r.record:
		return r.file(string(payload))
	case k == dataPart && r.inFile:
		r.totals.Bytes += int64(len(payload))
		return r.take.data(payload)
	case k == endPart:
		var t Totals
		if strict(payload, &t) != nil || t != r.totals {
			return malformed("it holds more or less than it says")
		}
		r.ended = true
		return nil
	}
	return malformed(fmt.Sprintf("a part %q stands where none may", rune(k)))
}

func (r *reader) table(payload []byte) error {
	var head tableHead
	if strict(payload, &head) != nil || !sqlName.MatchString(head.Name) || len(head.Columns) == 0 {
		return malformed("a table has no name, or no columns")
	}
	for i, c := range head.Columns {
		if !sqlName.MatchString(c) || slices.Contains(head.Columns[:i], c) {
			return malformed("a column's name is none")
		}
	}
	if err := r.once("table " + head.Name); err != nil {
		return err
	}
	r.totals.Tables++
	r.values = make([]any, len(head.Columns))
	return r.take.table(head.Name, head.Columns)
}

func (r *reader) file(name string) error {
	if !fileName.MatchString(name) {
		return malformed(fmt.Sprintf("a file %q, which no record has", name))
	}
	if err := r.once(name); err != nil {
		return err
	}
	r.totals.Files++
	r.values, r.inFile = nil, true
	return r.take.file(name)
}

func (r *reader) once(name string) error {
	if _, twice := r.known[name]; twice || len(r.known) >= maxFiles {
		return malformed(name + " comes twice, or there are too many")
	}
	r.known[name] = struct{}{}
	return nil
}

// strict reads JSON that has no field but those of v, and nothing behind it.
func strict(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind it")
	}
	return nil
}

// nothing takes everything and keeps nothing: that it was read to its end is what is wanted.
type nothing struct{ name string }

func (n nothing) manifest(m *Manifest) error { return store.Suits(n.name, m.Applied) }
func (nothing) table(string, []string) error { return nil }
func (nothing) row([]any) error              { return nil }
func (nothing) file(string) error            { return nil }
func (nothing) data([]byte) error            { return nil }

// Check reads a backup to its end and believes nothing that is not as it was sealed. It also refuses one that this
// program could not restore. name is the backup's, for people.
func Check(ctx context.Context, from io.Reader, key store.MasterKey, name string) (*Manifest, Totals, error) {
	return read(ctx, from, key, nothing{name})
}
