package console

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tenward/tenward/event/index"
)

// maxExport bounds one download. What was left out is said in its last line.
const maxExport = 100_000

func eventsQuery(query string) string { return url.Values{"q": {query}}.Encode() }

// export gives the rows that a query finds as a file, page by page, so that none of it is held.
func (c *Console) export(form string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := index.Parse(r.URL.Query().Get("q"), c.o.Now())
		if err != nil {
			c.fail(w, r, err)
			return
		}
		page, err := c.o.Index.Search(r.Context(), q, "", index.MaxPage)
		if err != nil { // before anything is written
			c.fail(w, r, err)
			return
		}
		write, end := exporter(form, w)
		w.Header().Set("Content-Type", map[string]string{"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}[form])
		w.Header().Set("Content-Disposition", "attachment; filename=events-"+c.o.Now().UTC().Format("20060102-150405")+"."+form)
		written := 0
		for err == nil {
			for _, one := range page.Rows {
				if err = write(rowOfIndex(one)); err != nil {
					break
				}
			}
			if written += len(page.Rows); err != nil || page.Older == "" || written >= maxExport {
				break
			}
			page, err = c.o.Index.Search(r.Context(), q, page.Older, index.MaxPage)
		}
		if err == nil {
			err = end(page.Older != "")
		}
		if err != nil { // the status is sent: a connection that breaks is what says that the file is not whole
			c.o.Log.DebugContext(r.Context(), "a download broke off", "error", err)
			panic(http.ErrAbortHandler)
		}
	}
}

// exporter writes rows in a form. end is told whether there are more than were written.
func exporter(form string, w io.Writer) (write func(row) error, end func(more bool) error) {
	if form == "jsonl" {
		e := json.NewEncoder(w)
		return func(r row) error { return e.Encode(r) }, func(more bool) error {
			if more {
				return e.Encode(map[string]any{"truncated": maxExport})
			}
			return nil
		}
	}
	table := csv.NewWriter(w)
	header := true
	return func(r row) error {
			if header {
				header = false
				if err := table.Write(columns); err != nil {
					return err
				}
			}
			return table.Write(cells(r))
		}, func(more bool) error {
			if header {
				_ = table.Write(columns) // Flush says what went wrong
			}
			if more {
				_ = table.Write([]string{fmt.Sprintf("There are more than %d events: narrow the search.", maxExport)})
			}
			table.Flush()
			return table.Error()
		}
}

var columns = []string{"time", "verdict", "status", "service", "request", "kind", "reason", "rules", "client", "person", "severity", "took_us", "id"}

func cells(r row) []string {
	status := ""
	if r.Status != 0 {
		status = strconv.Itoa(r.Status)
	}
	all := []string{r.Time.Format(time.RFC3339Nano), r.Verdict, status, r.Service, r.Request, r.Kind, r.Reason, strings.Join(r.Rules, " "), r.Client, r.Person,
		r.Severity, strconv.FormatInt(r.Duration, 10), r.ID}
	for i, s := range all {
		all[i] = defused(s)
	}
	return all
}

// defused keeps spreadsheets from taking a cell for a formula (OWASP, CSV Injection).
func defused(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
