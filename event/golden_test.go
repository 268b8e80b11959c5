package event

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// toldAsBefore compares what a person is told about a damaged record with what was told before; -update rewrites that.
func toldAsBefore(t *testing.T, r *Report) {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	name := strings.NewReplacer("/", "-", "'", "", ",", "").Replace(strings.TrimPrefix(t.Name(), "Test"))
	path := filepath.Join("testdata", "told", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, []byte(b.String()))
	}
	if want := string(read(t, path)); b.String() != want {
		t.Errorf("it is told otherwise; run with -update and review it\n got\n%s\nwant\n%s", b.String(), want)
	}
}
