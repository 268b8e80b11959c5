package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// row is one measured value. ratio is subject to peer; 0 where there is no peer.
type row struct {
	Group   string  `json:"group"`
	Name    string  `json:"name"`
	Subject string  `json:"subject"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Peer    string  `json:"peer,omitempty"`
	Ratio   float64 `json:"ratio,omitempty"`
	Aim     string  `json:"aim,omitempty"`
	Met     *bool   `json:"met,omitempty"`
}

// bench collects rows.
type bench struct {
	dir, group string
	rows       []row
}

func (b *bench) add(r row) {
	r.Group = b.group
	b.rows = append(b.rows, r)
	fmt.Fprintf(os.Stderr, "%s: %s of %s is %.4g %s\n", r.Group, r.Name, r.Subject, r.Value, r.Unit)
}

// aim says whether the last row's ratio, or its value when there is no peer, is at most (or at least) what was wanted.
func (b *bench) aim(sign string, limit float64) {
	r := &b.rows[len(b.rows)-1]
	is := r.Ratio
	if r.Peer == "" {
		is = r.Value
	}
	met := is <= limit
	if sign == ">=" {
		met = is >= limit
	}
	r.Aim, r.Met = fmt.Sprintf("%s %g", sign, limit), &met
}

// report is dist/bench.json.
type report struct {
	Date    string `json:"date"`
	Machine string `json:"machine"`
	Go      string `json:"go"`
	CPUs    int    `json:"cpus"`
	Rows    []row  `json:"rows"`
}

func (b *bench) write(path string) error {
	r := report{Date: time.Now().UTC().Format(time.RFC3339), Machine: machine(), Go: runtime.Version(), CPUs: runtime.NumCPU(), Rows: b.rows}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, append(raw, '\n'), 0o644); err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %d CPUs, %s, %s\n\n", r.Machine, r.CPUs, r.Go, r.Date)
	fmt.Fprintln(w, "group\tname\tsubject\tvalue\tunit\tpeer\tratio\taim\t")
	for _, row := range b.rows {
		ratio, met := "", ""
		if row.Peer != "" {
			ratio = fmt.Sprintf("%.3f", row.Ratio)
		}
		if row.Met != nil {
			met = map[bool]string{true: "met", false: "MISSED"}[*row.Met]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%.4g\t%s\t%s\t%s\t%s\t%s\n", row.Group, row.Name, row.Subject, row.Value, row.Unit, row.Peer, ratio, row.Aim, met)
	}
	return w.Flush()
}

// machine is the processor's name.
func machine() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.SplitSeq(string(raw), "\n") {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, " \t:")
		}
	}
	return runtime.GOARCH
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}
