package event

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tenward/tenward/event/segment"
)

// A record that was written once must verify for ever, so -update writes one only where there is none: a new format
// needs a new version, and a folder of its own beside this one.
func TestARecordOfTheFirstVersionVerifies(t *testing.T) {
	dir := filepath.Join("testdata", "record-v1")
	if _, err := os.Stat(dir); *update && errors.Is(err, os.ErrNotExist) {
		s, _ := aCopy(t)
		if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil {
			t.Fatal(err)
		}
	}
	r := verified(t, dir, VerifyOptions{})
	if !r.OK() || r.Sealed != sampleSealed || r.Unsealed != sampleEvents-sampleSealed || r.Checkpoint != 4 || r.Torn != 0 {
		t.Fatalf("%+v", r)
	}
	frames, err := framesOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range frames {
		e, err := decode(t.Context(), &testKeys{}, f.Payload)
		if err != nil || e.Seq != f.Seq || e.Seq != uint64(i+1) || e.Kind != "authentication.factor.added" || e.Time.UnixMicro() != f.Time {
			t.Fatalf("frame %d: %+v, %v", i, e, err)
		}
	}
}

func TestTheBytesOfALeafAreFixed(t *testing.T) {
	b := batch{"a", 12, 3, segment.Hash{1, 2, 3}}
	const want = "tenward batch v1\na\n12\n3\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	if got := string(b.marshal()); got != want {
		t.Fatalf("got %q", got)
	}
	if got, err := parseBatch([]byte(want)); err != nil || got != b || got.last() != 14 {
		t.Fatalf("%+v, %v", got, err)
	}
	if (batch{}).last() != 0 {
		t.Error("the batch before the first has a last event")
	}
}

func TestALeafIsReadInItsOneFormOnly(t *testing.T) {
	const root = "AQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	for name, text := range map[string]string{
		"nothing":                   "",
		"another title":             "tenward batch v2\na\n1\n3\n" + root + "\n",
		"no line feed at the end":   "tenward batch v1\na\n1\n3\n" + root,
		"a line more":               "tenward batch v1\na\n1\n3\n" + root + "\n\n",
		"no first number":           "tenward batch v1\na\n0\n3\n" + root + "\n",
		"no events":                 "tenward batch v1\na\n1\n0\n" + root + "\n",
		"more events than a leaf's": "tenward batch v1\na\n1\n65537\n" + root + "\n",
		"numbers beyond all bounds": "tenward batch v1\na\n18446744073709551615\n3\n" + root + "\n",
		"a number with a sign":      "tenward batch v1\na\n+1\n3\n" + root + "\n",
		"a number with a zero":      "tenward batch v1\na\n01\n3\n" + root + "\n",
		"no number":                 "tenward batch v1\na\nx\n3\n" + root + "\n",
		"a short root":              "tenward batch v1\na\n1\n3\nAQID\n",
		"a root with idle bits":     "tenward batch v1\na\n1\n3\nAQIDAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",
	} {
		if b, err := parseBatch([]byte(text)); err == nil {
			t.Errorf("%s: read as %+v", name, b)
		}
	}
	if b, err := parseBatch([]byte("tenward batch v1\na\n1\n65536\n" + root + "\n")); err != nil || b.count != maxBatch {
		t.Errorf("a full leaf: %+v, %v", b, err)
	}
}
