package config

import "fmt"

// Report takes the complaints of a struct's Validate. Its paths start at that struct.
type Report struct {
	d    *decoder
	path string
}

// At is the report about a part: "hosts[1]", "tls.key".
func (r *Report) At(part string) *Report { return &Report{d: r.d, path: join(r.path, part)} }

// Errorf complains. mend says what to write instead and may be empty.
func (r *Report) Errorf(mend, format string, args ...any) {
	r.d.complainAt(r.path, mend, fmt.Sprintf(format, args...))
}

// Failed says whether the part already has a complaint, so that Validate need not add one that follows from it.
func (r *Report) Failed() bool { return r.d.failed[r.path] }

// Given says whether the file has a value here, or only the default stands.
func (r *Report) Given() bool {
	_, ok := r.d.source.places[r.path]
	return ok
}
