package validation

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tenward/tenward/practice"
)

// spelled is a request that two servers could read in two ways, as it goes over the wire.
type spelled struct {
	name string
	head string // {host} and {mark} are filled in; the head ends with an empty line
	rest string // what follows, which is a request of its own for whoever gets the first one's end wrong
	ends bool   // it may be answered, if the connection ends with the answer: then nothing follows
}

const (
	second = "GET /{mark}-second HTTP/1.1\r\nHost: {host}\r\n\r\n"
	post   = "POST /{mark} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\n"
	begin  = "GET /{mark}"
	end    = " HTTP/1.1\r\nHost: {host}\r\n\r\n"
)

// twoWays are they: where a body ends (RFC 9112 section 6.3), who is meant (section 3.2), which path (RFC 3986 section 6).
var twoWays = []spelled{
	{"a length and chunks", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n" + second, true},
	{"chunks in HTTP/1.0", strings.Replace(post, "1.1", "1.0", 1) + "Transfer-Encoding: chunked\r\n\r\n", "0\r\n\r\n" + second, true},
	{"two lengths", post + "Content-Length: 5\r\nContent-Length: 9\r\n\r\n", "hello" + second, false},
	{"a list of lengths", post + "Content-Length: 5, 9\r\n\r\n", "hello" + second, false},
	{"a length with a sign", post + "Content-Length: +5\r\n\r\n", "hello" + second, false},
	{"an unknown coding", post + "Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n\r\n", "0\r\n\r\n" + second, false},
	{"chunks twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "0\r\n\r\n" + second, false},
	{"a space behind a name", post + "Content-Length : 5\r\n\r\n", "hello" + second, false},
	{"a null byte in a field", "GET /{mark} HTTP/1.1\r\nHost: {host}\r\nX-Tw: a\x00b\r\n\r\n", "", false},
	{"two hosts", "GET /{mark} HTTP/1.1\r\nHost: {host}\r\nHost: tw.example.invalid\r\n\r\n", "", false},
	{"no host", "GET /{mark} HTTP/1.1\r\n\r\n", "", false},
	{"an encoded slash", begin + "/..%2f" + end, "", false},
	{"an encoded backslash", begin + "/..%5c" + end, "", false},
	{"dots above the root", begin + "/%2e%2e/%2e%2e/%2e%2e/tw" + end, "", false},
	{"dots with a parameter", begin + "/..;/tw" + end, "", false},
	{"an escape that was escaped", begin + "/%252e%252e/tw" + end, "", false},
	{"a null byte in the path", begin + "%00.png" + end, "", false},
}

// answered is what a connection brought back.
type answered struct {
	Spelled  string `json:"spelled"`
	Answers  []int  `json:"answers"` // their status
	Ended    bool   `json:"ended"`   // the gate closed the connection
	NotClear string `json:"not_clear,omitempty"`
}

// twoReadings sends each over a connection of its own, to a host of Tenward's own.
func (s *Service) twoReadings(ctx context.Context) ([]practice.Finding, error) {
	plain, err := s.exchange(ctx, &spelled{name: "a plain request", head: begin + " HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"})
	if err != nil {
		return nil, err
	}
	if len(plain.Answers) != 1 {
		return nil, errors.New("a plain request over HTTP/1.1 is not answered, so what becomes of others says nothing")
	}
	all, wrong := make([]answered, 0, len(twoWays)), []string{}
	for i := range twoWays {
		one := &twoWays[i]
		got, err := s.exchange(ctx, one)
		if err != nil {
			return nil, err
		}
		if got.NotClear = one.unclear(got); got.NotClear != "" {
			wrong = append(wrong, one.name)
		}
		all = append(all, got)
	}
	f := practice.Found(practice.Pass, "gate", "%d requests that can be read in two ways were refused, or nothing could follow them.", len(all))
	if len(wrong) > 0 {
		f = practice.Found(practice.Fail, "gate", "%d of %d requests that can be read in two ways were taken: with %s.", len(wrong), len(all), strings.Join(wrong, ", "))
	}
	f.Proof, err = json.Marshal(all)
	return []practice.Finding{f}, err
}

// unclear says what is wrong with what came back; nothing where it is well.
func (q *spelled) unclear(got answered) string {
	switch {
	case len(got.Answers) > 1:
		return "what followed was taken for a request"
	case q.rest != "" && !got.Ended:
		return "the connection stayed open, and something may follow"
	case len(got.Answers) == 0 && !got.Ended:
		return "it was not answered"
	case !q.ends && len(got.Answers) == 1 && got.Answers[0] != http.StatusBadRequest && got.Answers[0] != http.StatusNotImplemented:
		return "it was not refused"
	default:
		return ""
	}
}

// maxAnswer bounds an answer's body.
const maxAnswer = 1 << 20

// exchange sends bytes and reads answers until the connection ends, or nothing comes any more. Where nothing follows the
// request, its answer is all there is to see.
func (s *Service) exchange(ctx context.Context, q *spelled) (got answered, err error) {
	got = answered{Spelled: q.name, Answers: []int{}}
	c, err := s.outside.Dial(ctx)
	if err != nil {
		return got, fmt.Errorf("reach the gate: %w", err)
	}
	defer c.Close() //nolint:errcheck // all that matters was read
	if err := c.SetDeadline(time.Now().Add(s.outside.Wait / 3)); err != nil {
		return got, fmt.Errorf("ask the gate: %w", err)
	}
	fill := strings.NewReplacer("{host}", s.outside.Host, "{mark}", fresh())
	if _, err := io.WriteString(c, fill.Replace(q.head+q.rest)); err != nil {
		return got, fmt.Errorf("send %s: %w", q.name, err)
	}
	for in := bufio.NewReader(c); ; {
		answer, err := http.ReadResponse(in, nil)
		if err == nil {
			got.Answers = append(got.Answers, answer.StatusCode)
			_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
			_ = answer.Body.Close() // it was only read
		}
		if len(got.Answers) > 0 && q.rest == "" {
			return got, nil
		}
		if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
			return got, nil
		}
		if err != nil {
			got.Ended = true
			return got, nil
		}
	}
}
