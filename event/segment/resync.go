package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxSummed is how many bytes Resync checksums before it gives up: a hostile file can make every byte look like the
// beginning of a frame.
const maxSummed = 4 << 30

// ErrGivenUp says that a file was made to be hard to read.
var ErrGivenUp = errors.New("too many bytes look like the beginning of a frame")

// Resync looks from an offset on for the next whole frame of a higher sequence number than after; io.EOF says that
// there is none. Its payload is not given. A frame's text cannot hold what looks like one: JSON has no zero bytes.
func Resync(f io.ReaderAt, from int64, after uint64) (Frame, error) {
	const step = 64 << 10
	buf := make([]byte, step+FrameSize-1)
	var payload []byte
	for summed := 0; ; from += step {
		n, err := f.ReadAt(buf, from)
		if err != nil && !errors.Is(err, io.EOF) {
			return Frame{}, fmt.Errorf("read segment: %w", err)
		}
		for i := 0; i+FrameSize <= n; i++ {
			length := binary.BigEndian.Uint32(buf[i+4:]) &^ begins
			if length == 0 || length > MaxPayload || binary.BigEndian.Uint64(buf[i+16:]) <= after {
				continue
			}
			frame, size := parseHead(buf[i:])
			if summed += size; summed > maxSummed {
				return Frame{}, ErrGivenUp
			}
			frame.Offset = from + int64(i)
			if size > len(payload) {
				payload = make([]byte, size)
			}
			if got, _ := f.ReadAt(payload[:size], frame.Offset+FrameSize); got == size && sums(buf[i:], payload[:size]) {
				return frame, nil
			}
		}
		if n < len(buf) {
			return Frame{}, io.EOF
		}
	}
}

// Acknowledged says whether what stands damaged at an offset was acknowledged once: a whole frame behind it begins a
// write. Where it is false, the damage is the last write's, which a stop has torn. after is the sequence number before.
func Acknowledged(f io.ReaderAt, offset int64, after uint64) (bool, error) {
	for {
		frame, err := Resync(f, offset+1, after)
		switch {
		case errors.Is(err, io.EOF):
			return false, nil
		case err != nil:
			return false, err
		case frame.Begins:
			return true, nil
		}
		offset, after = frame.Offset, frame.Seq
	}
}
