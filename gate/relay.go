package gate

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

var chunks = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// relay copies the body. What has no known length may be an event stream: each piece goes out as it comes.
func (x *Exchange) relay(res *http.Response) error {
	if res.ContentLength == 0 || res.Body == http.NoBody {
		return nil
	}
	chunk := chunks.Get().(*[32 << 10]byte)
	defer chunks.Put(chunk)
	live, left := res.ContentLength < 0, res.ContentLength
	if live {
		if err := x.answer.control.Flush(); err != nil {
			return err
		}
	}
	for {
		n, err := res.Body.Read(chunk[:])
		if n > 0 {
			if _, err := x.answer.Write(chunk[:n]); err != nil {
				return err
			}
			if live && err == nil {
				if err := x.answer.control.Flush(); err != nil {
					return err
				}
			}
			if left -= int64(n); left != 0 && err == nil {
				x.answer.rest()
			}
		}
		if errors.Is(err, io.EOF) {
			x.answer.last()
			return nil
		}
		if err != nil {
			return readError{err}
		}
	}
}
