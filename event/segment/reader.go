package segment

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Reader reads one file from its beginning. It checks lengths and checksums; chain and sequence are the caller's.
type Reader struct {
	Header  Header
	r       *bufio.Reader
	offset  int64
	payload []byte
}

// DamageError says that there is no valid frame at this offset.
type DamageError struct {
	Offset int64
	Short  bool   // the file ends inside the frame
	Seq    uint64 // what the frame says it is, when that much could be read; 0 otherwise
	Why    string
}

func (e *DamageError) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Why) }

const bufferSize = 128 << 10

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	b := bufio.NewReaderSize(r, bufferSize)
	head := make([]byte, HeaderSize)
	if n, err := io.ReadFull(b, head); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, &DamageError{Short: true, Why: fmt.Sprintf("the file ends after %d bytes of its header", n)}
		}
		return nil, fmt.Errorf("read segment header: %w", err)
	}
	h, err := ParseHeader(head)
	if err != nil {
		return nil, err
	}
	return &Reader{Header: h, r: b, offset: HeaderSize}, nil
}

// Offset is where the next frame begins.
func (r *Reader) Offset() int64 { return r.offset }

// Next reads a frame. io.EOF is the file's clean end. After a *DamageError that is not Short the reader stands
// behind the frame as long as its length could be believed: Next may be called again.
func (r *Reader) Next() (Frame, error) {
	head, err := r.head()
	if err != nil {
		return Frame{}, err
	}
	f, n := parseHead(head[:])
	f.Offset = r.offset
	if n == 0 || n > MaxPayload {
		return f, &DamageError{Offset: f.Offset, Short: true, Seq: f.Seq, Why: fmt.Sprintf("a frame of %d bytes", n)}
	}
	if cap(r.payload) < n {
		r.payload = make([]byte, max(n, 4<<10))
	}
	f.Payload = r.payload[:n]
	if got, err := io.ReadFull(r.r, f.Payload); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return f, &DamageError{Offset: f.Offset, Short: true, Seq: f.Seq, Why: fmt.Sprintf("the file ends after %d of a frame's %d bytes", FrameSize+got, FrameSize+n)}
		}
		return f, fmt.Errorf("read segment: %w", err)
	}
	r.offset += int64(FrameSize + n)
	if !sums(head[:], f.Payload) {
		return f, &DamageError{Offset: f.Offset, Seq: f.Seq, Why: "the checksum differs"}
	}
	return f, nil
}

// parseHead reads a frame's first bytes, and how long its payload is to be.
func parseHead(head []byte) (f Frame, n int) {
	length := binary.BigEndian.Uint32(head[4:])
	f = Frame{Begins: length&begins != 0, Time: int64(binary.BigEndian.Uint64(head[8:])), Seq: binary.BigEndian.Uint64(head[16:])} //nolint:gosec // two's complement both ways
	copy(f.Chain[:], head[24:])
	return f, int(length &^ begins)
}

func sums(head, payload []byte) bool {
	return crc32.Update(crc32.Checksum(head[4:FrameSize], castagnoli), castagnoli, payload) == binary.BigEndian.Uint32(head)
}

func (r *Reader) head() (head [FrameSize]byte, err error) {
	n, err := io.ReadFull(r.r, head[:])
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return head, err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return head, &DamageError{Offset: r.offset, Short: true, Why: fmt.Sprintf("the file ends after %d of a frame's bytes", n)}
	}
	return head, fmt.Errorf("read segment: %w", err)
}

// Skip is Next, but of a frame that is not wanted it reads neither payload nor checksum: whole is false then. It is
// for looking for a frame by its time.
func (r *Reader) Skip(want func(time int64) bool) (f Frame, whole bool, err error) {
	head, err := r.r.Peek(FrameSize)
	if err == nil {
		f, n := parseHead(head)
		if n > 0 && n <= MaxPayload && !want(f.Time) {
			f.Offset = r.offset
			if got, err := r.r.Discard(FrameSize + n); errors.Is(err, io.EOF) {
				return f, false, &DamageError{Offset: f.Offset, Short: true, Seq: f.Seq, Why: fmt.Sprintf("the file ends after %d of a frame's %d bytes", got, FrameSize+n)}
			} else if err != nil {
				return f, false, fmt.Errorf("read segment: %w", err)
			}
			r.offset += int64(FrameSize + n)
			return f, false, nil
		}
	}
	f, err = r.Next()
	return f, err == nil, err
}

// ReaderAt reads on from an offset at which a frame begins. It does not read the header.
func ReaderAt(f io.ReadSeeker, offset int64) (*Reader, error) {
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read segment: %w", err)
	}
	return &Reader{r: bufio.NewReaderSize(f, bufferSize), offset: offset}, nil
}
