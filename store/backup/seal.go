package backup

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store"
)

// A file begins with a header of 64 bytes in the clear: what it is, the id of the master key, and the salt. Chunks
// follow, each 64 KiB sealed with AES-256-GCM and 16 bytes of tag, the last one shorter or not. A chunk's nonce is its
// number and whether it is the last, and the header is bound to each: chunks can be neither exchanged nor left out, nor
// can the end be taken off, nor the beginning of one file be put before another's rest.
const (
	magic      = "tenward backup 1"
	headerSize = 64
	keyAt      = len(magic)
	saltAt     = keyAt + 8
	restAt     = saltAt + 32 // zeros
	chunkSize  = 64 << 10
	tagSize    = 16
)

// nonce is the chunk's number in 11 bytes, and one byte that says whether it is the last.
func nonce(n uint64, last bool) []byte {
	b := make([]byte, 12)
	binary.BigEndian.PutUint64(b[3:11], n)
	if last {
		b[11] = 1
	}
	return b
}

// sealer seals what is written to it.
type sealer struct {
	to     io.Writer
	aead   cipher.AEAD
	header []byte
	n      uint64
	plain  []byte
	box    []byte
}

// newSealer writes the header.
func newSealer(to io.Writer, key store.MasterKey) (*sealer, error) {
	header := make([]byte, headerSize)
	copy(header, magic)
	id, err := hex.DecodeString(key.ID())
	if err != nil || len(id) != saltAt-keyAt {
		return nil, errors.New("seal backup: there is no master key")
	}
	copy(header[keyAt:], id)
	_, _ = rand.Read(header[saltAt:restAt]) // it never fails
	aead, err := key.ForBackup(header[saltAt:restAt])
	if err != nil {
		return nil, err
	}
	if _, err := to.Write(header); err != nil {
		return nil, err
	}
	return &sealer{to: to, aead: aead, header: header, plain: make([]byte, 0, chunkSize)}, nil
}

// Write seals whole chunks, and keeps the last one back: only Close knows that it is the last.
func (s *sealer) Write(p []byte) (n int, err error) {
	for n < len(p) {
		if len(s.plain) == chunkSize {
			if err := s.flush(false); err != nil {
				return n, err
			}
		}
		some := min(len(p)-n, chunkSize-len(s.plain))
		s.plain = append(s.plain, p[n:n+some]...)
		n += some
	}
	return n, nil
}

func (s *sealer) flush(last bool) error {
	s.box = s.aead.Seal(s.box[:0], nonce(s.n, last), s.plain, s.header)
	s.n++
	s.plain = s.plain[:0]
	_, err := s.to.Write(s.box)
	return err
}

// Close seals the last chunk. It does not close what it writes to.
func (s *sealer) Close() error { return s.flush(true) }

// opener gives what was sealed, chunk by chunk, and io.EOF only behind the last one.
type opener struct {
	from   io.Reader
	aead   cipher.AEAD
	header []byte
	n      uint64
	box    []byte // the next chunk, and one byte of the one behind it
	held   int
	plain  []byte // what is not yet taken of the present one
	buffer []byte
	done   bool
}

// newOpener reads the header and finds the key.
func newOpener(from io.Reader, key store.MasterKey) (*opener, error) {
	header := make([]byte, headerSize)
	if _, err := io.ReadFull(from, header); err != nil || string(header[:keyAt]) != magic {
		return nil, problem.New("backup.file.foreign", "This file is no backup of Tenward's.", "Name one that `tenward backup` has made.").Because(err)
	}
	if id := hex.EncodeToString(header[keyAt:saltAt]); id != key.ID() {
		return nil, problem.New("backup.masterkey.wrong", fmt.Sprintf("This backup was made under the master key %s; the one given is %s.", id, key.ID()),
			"Give it the master key "+id+" with --key FILE, from where its copy is kept.")
	}
	if !bytes.Equal(header[restAt:], make([]byte, headerSize-restAt)) {
		return nil, damaged("its header was changed")
	}
	aead, err := key.ForBackup(header[saltAt:restAt])
	if err != nil {
		return nil, err
	}
	return &opener{from: from, aead: aead, header: header, box: make([]byte, chunkSize+tagSize+1), buffer: make([]byte, 0, chunkSize)}, nil
}

// Read gives the next bytes that were sealed.
func (o *opener) Read(p []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.done {
			return 0, io.EOF
		}
		if err := o.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

// next opens one chunk. The one behind which nothing stands must be sealed as the last, and no other.
func (o *opener) next() error {
	n, err := io.ReadFull(o.from, o.box[o.held:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read backup: %w", err)
	}
	n += o.held
	last := n <= chunkSize+tagSize
	box := o.box[:min(n, chunkSize+tagSize)]
	plain, err := o.aead.Open(o.buffer[:0], nonce(o.n, last), box, o.header)
	if err != nil {
		return o.wrong(last, box, n)
	}
	if last && len(plain) == 0 && o.n > 0 {
		return damaged("an empty part stands at its end")
	}
	o.plain, o.done = plain, last
	o.n++
	if !last {
		o.box[0], o.held = o.box[n-1], 1
	}
	return nil
}

// wrong says what is the matter with a chunk that does not open.
func (o *opener) wrong(last bool, box []byte, n int) error {
	at := headerSize + int64(o.n)*(chunkSize+tagSize) //nolint:gosec // a file's length
	if _, err := o.aead.Open(nil, nonce(o.n, !last), box, o.header); err == nil {
		if last {
			return damaged("its end is missing")
		}
		return damaged("something stands behind its end")
	}
	if n == 0 || last && n < tagSize {
		return damaged("its end is missing")
	}
	return damaged(fmt.Sprintf("it was changed between byte %d and byte %d, or its end is missing", at, at+int64(len(box))))
}
