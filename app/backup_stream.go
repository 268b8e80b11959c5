package app

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
	"github.com/tenward/tenward/store/backup"
)

// A backup goes to who asks as it is made: nothing of it lies on this machine's disk, and it may be larger than that. What
// became of it stands in the trailer, behind its last byte. It is no part of the API, whose answers are JSON.
const (
	backupPath    = "/stream/backup"
	backupTrailer = "Tenward-Backup"
)

// outcome is what the trailer says.
type outcome struct {
	Backup   *backup.Manifest `json:"backup,omitempty"`
	Totals   backup.Totals    `json:"totals"`
	Code     string           `json:"code,omitempty"`
	Sentence string           `json:"sentence,omitempty"`
	Next     string           `json:"next,omitempty"`
}

// beside answers who asks for a backup; whatever else is asked the others answer.
func (b *backups) beside(others http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", others)
	mux.HandleFunc("POST "+backupPath, b.stream)
	return mux
}

// stream makes one. That somebody takes everything is on the record before the first byte leaves.
func (b *backups) stream(w http.ResponseWriter, r *http.Request) {
	ctx, end, err := b.begin(r.Context())
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	defer end()
	by := practice.Actor(r.Context())
	if err := b.house.record.Append(ctx, backupEvent(kindBackupBegun, "A backup is being made.", event.Detail{Name: "by", Value: by})); err != nil {
		refuse(w, http.StatusServiceUnavailable, err)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Trailer", backupTrailer)
	buffered := bufio.NewWriterSize(w, 256<<10)
	m, t, err := backup.Write(ctx, buffered, b.source(backup.Asked))
	if err == nil {
		err = buffered.Flush()
	}
	said := outcome{Backup: m, Totals: t}
	e := backupEvent(kindBackupFailed, "A backup was begun and did not end.", event.Detail{Name: "by", Value: by})
	if err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		p := problem.Of(err)
		said = outcome{Code: p.Code, Sentence: p.Sentence, Next: p.Next}
		b.house.log.Error("a backup was begun and did not end", "error", err)
	} else {
		e = backupEvent(kindBackupMade, "A backup was made.", made(m, t, by)...)
	}
	if recording := b.house.record.Append(context.WithoutCancel(ctx), e); recording != nil {
		b.house.log.Error("what became of a backup could not be recorded", "error", recording)
	}
	if said.Code != "" {
		_ = buffered.Flush() // half of it: the trailer says so
	}
	if text, err := json.Marshal(said); err == nil {
		w.Header().Set(backupTrailer, string(text))
	}
}

// refuse answers with a problem, as the console's API does.
func refuse(w http.ResponseWriter, status int, err error) {
	p := problem.Of(err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, asJSON(map[string]string{"code": p.Code, "detail": p.Sentence, "next": p.Next})) // a client that has gone needs no answer
}

// outcomeOf reads the trailer. One that is missing is a Tenward that ended in the middle.
func outcomeOf(answer *http.Response) (*outcome, error) {
	said := new(outcome)
	if err := json.Unmarshal([]byte(answer.Trailer.Get(backupTrailer)), said); err != nil || said.Code == "" && said.Backup == nil {
		return nil, problem.New("app.backup.cut", "The backup ended in the middle: there is none.", "See the log of the process, then try again.").Because(err)
	}
	if said.Code != "" {
		return nil, problem.New(said.Code, said.Sentence, said.Next)
	}
	return said, nil
}

// metered counts what is read, and tells.
type metered struct {
	io.Reader
	n    int64
	tell func(int64)
}

func (c *metered) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	if c.tell != nil {
		c.tell(c.n)
	}
	return n, err
}
