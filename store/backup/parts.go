package backup

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// What is sealed is a row of parts, compressed as a whole: one byte for what it is, four for how long, and that many.
// The manifest comes first, then tables with their rows, then files with their data, and the totals end it.
type kind byte

const (
	manifestPart kind = 'M'
	tablePart    kind = 'T'
	rowPart      kind = 'R'
	filePart     kind = 'F'
	dataPart     kind = 'D'
	endPart      kind = 'E'
)

// most is how long a part of a kind may be; 0 for what is none.
func (k kind) most() uint32 {
	switch k {
	case manifestPart:
		return maxManifest
	case tablePart:
		return maxTable
	case rowPart:
		return maxRow
	case filePart:
		return maxName
	case dataPart:
		return maxData
	case endPart:
		return maxEnd
	}
	return 0
}

func writePart(w io.Writer, k kind, payload []byte) error {
	if uint64(len(payload)) > uint64(k.most()) {
		return fmt.Errorf("write backup: a part of %d bytes, more than %d", len(payload), k.most())
	}
	var head [5]byte
	head[0] = byte(k)
	binary.BigEndian.PutUint32(head[1:], uint32(len(payload))) //nolint:gosec // it was compared
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(payload)
	return err
}

// parts reads them one by one. A payload is good until the next one.
type parts struct {
	r       io.Reader
	payload []byte
}

func (p *parts) next() (kind, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(p.r, head[:]); err != nil {
		return 0, nil, cutShort(err)
	}
	k, n := kind(head[0]), binary.BigEndian.Uint32(head[1:])
	if n > k.most() || n == 0 && k != dataPart {
		return 0, nil, malformed(fmt.Sprintf("a part %q of %d bytes", rune(k), n))
	}
	if uint64(cap(p.payload)) < uint64(n) {
		p.payload = make([]byte, n)
	}
	p.payload = p.payload[:n]
	if _, err := io.ReadFull(p.r, p.payload); err != nil {
		return 0, nil, cutShort(err)
	}
	return k, p.payload, nil
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return malformed("it ends in the middle")
	}
	return err
}

// The values of a row, each behind one byte for what it is.
const (
	null byte = iota
	integer
	float
	text
	raw
)

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, null), nil
	case int64:
		return binary.BigEndian.AppendUint64(append(b, integer), uint64(v)), nil //nolint:gosec // two's complement both ways
	case float64:
		return binary.BigEndian.AppendUint64(append(b, float), math.Float64bits(v)), nil
	case string:
		b = binary.BigEndian.AppendUint32(append(b, text), uint32(len(v))) //nolint:gosec // the part's length is compared
		return append(b, v...), nil
	case []byte:
		b = binary.BigEndian.AppendUint32(append(b, raw), uint32(len(v))) //nolint:gosec // the part's length is compared
		return append(b, v...), nil
	}
	return nil, fmt.Errorf("write backup: a value that is a %T", v)
}

// readRow reads as many values as there is room for, and refuses a row that has more or fewer.
func readRow(b []byte, values []any) error {
	for i := range values {
		if len(b) == 0 {
			return malformed("a row is too short")
		}
		k := b[0]
		b = b[1:]
		switch k {
		case null:
			values[i] = nil
		case integer, float:
			if len(b) < 8 {
				return malformed("a number is cut")
			}
			n := binary.BigEndian.Uint64(b)
			b = b[8:]
			values[i] = int64(n) //nolint:gosec // two's complement both ways
			if k == float {
				values[i] = math.Float64frombits(n)
			}
		case text, raw:
			if len(b) < 4 {
				return malformed("a value is cut")
			}
			n := binary.BigEndian.Uint32(b)
			if n > maxRow || len(b)-4 < int(n) {
				return malformed("a value is cut")
			}
			end := 4 + int(n)
			if k == text {
				values[i] = string(b[4:end])
			} else {
				values[i] = append([]byte{}, b[4:end]...)
			}
			b = b[end:]
		default:
			return malformed(fmt.Sprintf("a value of kind %d", k))
		}
	}
	if len(b) > 0 {
		return malformed("a row is too long")
	}
	return nil
}
