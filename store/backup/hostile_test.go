package backup

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// sealedUp packs and seals whatever it is given, as somebody would who has the master key.
func sealedUp(tb testing.TB, key store.MasterKey, packed []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	s, err := newSealer(&b, key)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.Write(packed); err != nil {
		tb.Fatal(err)
	}
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func packed(tb testing.TB, plain []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// part is one part as it stands in a backup, whatever it claims.
func part(k byte, payload any) []byte {
	raw, ok := payload.([]byte)
	if text, is := payload.(string); is {
		raw, ok = []byte(text), true
	}
	if !ok {
		var err error
		if raw, err = json.Marshal(payload); err != nil {
			panic(err) // a test's own value
		}
	}
	b := binary.BigEndian.AppendUint32([]byte{k}, uint32(len(raw)))
	return append(b, raw...)
}

func TestWhatIsNoBackupIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	key := store.NewMasterKey()
	db := storetest.Memory(t)
	var applied []store.Applied
	if err := db.View(t.Context(), func(tx *store.Tx) (err error) {
		applied, err = db.Applied(t.Context(), tx)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	says := Manifest{ID: "x", Made: noon, Node: "a", Version: "v", Engine: "SQLite", Reason: Asked, Applied: applied, Record: &Record{1, 1}}
	m := part('M', says)
	alone := says
	alone.Record = nil
	end := func(t Totals) []byte { return part('E', t) }
	group := part('T', tableHead{"identity_group", []string{"id", "name", "created_at"}})
	row, err := appendValue(nil, "g")
	for _, v := range []any{"n", int64(1)} {
		if err == nil {
			row, err = appendValue(row, v)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	newer := says
	newer.Applied = append(append([]store.Applied{}, applied...), store.Applied{Version: int64(len(applied)) + 1, Name: "9999_test_new.sql", Checksum: "x"})
	const bad = "backup.file.malformed"
	cases := []struct {
		name, code string
		parts      [][]byte
	}{
		{"nothing", bad, nil},
		{"no manifest", bad, [][]byte{group}},
		{"a manifest with more than it may say", bad, [][]byte{part('M', `{"id":"x","more":1}`)}},
		{"two things in a manifest", bad, [][]byte{part('M', append(append([]byte{}, m[5:]...), '{', '}'))}},
		{"a newer Tenward's", "store.backup.newer", [][]byte{part('M', newer), end(Totals{})}},
		{"a path that leads out", bad, [][]byte{m, part('F', "record/../../etc/cron.d/x")}},
		{"a path from the root", bad, [][]byte{m, part('F', "/etc/passwd")}},
		{"a path beside the record", bad, [][]byte{m, part('F', "master.key")}},
		{"the database as a file", bad, [][]byte{m, part('F', "tenward.db")}},
		{"a path with a zero", bad, [][]byte{m, part('F', "record/key.pub\x00x")}},
		{"a path with a line feed", bad, [][]byte{m, part('F', "record/key.pub\n")}},
		{"a path with backslashes", bad, [][]byte{m, part('F', `record\..\x`)}},
		{"a symbolic link, which there is no part for", bad, [][]byte{m, part('L', "record/key.pub")}},
		{"a file where no record is", bad, [][]byte{part('M', alone), part('F', "record/key.pub"), end(Totals{Files: 1})}},
		{"a file twice", bad, [][]byte{m, part('F', "record/key.pub"), part('F', "record/key.pub"), end(Totals{Files: 2})}},
		{"a file below a file", "", [][]byte{m, part('F', "record/log/tile/0/000"), part('F', "record/log/tile/0/000.p/1"), end(Totals{Files: 2})}},
		{"data without a file", bad, [][]byte{m, part('D', "x"), end(Totals{Bytes: 1})}},
		{"a row without a table", bad, [][]byte{m, part('R', row)}},
		{"a table behind files", bad, [][]byte{m, part('F', "record/key.pub"), group, end(Totals{Files: 1, Tables: 1})}},
		{"a row behind files", bad, [][]byte{m, group, part('F', "record/key.pub"), part('R', row), end(Totals{Files: 1, Tables: 1, Rows: 1, Bytes: int64(len(row))})}},
		{"a table twice", bad, [][]byte{m, group, group, end(Totals{Tables: 2})}},
		{"a table's name that is SQL", bad, [][]byte{m, part('T', tableHead{"identity_group; DROP TABLE x", []string{"id"}})}},
		{"a column's name that is SQL", bad, [][]byte{m, part('T', tableHead{"identity_group", []string{"id) VALUES (1); --"}})}},
		{"a column twice", bad, [][]byte{m, part('T', tableHead{"identity_group", []string{"id", "id"}})}},
		{"a table that no database has", bad, [][]byte{m, part('T', tableHead{"nobody", []string{"id"}}), end(Totals{Tables: 1})}},
		{"the table of migrations", bad, [][]byte{m, part('T', tableHead{"store_migration", []string{"version", "name", "checksum", "applied_at"}}), end(Totals{Tables: 1})}},
		{"a column that no table has", bad, [][]byte{m, part('T', tableHead{"identity_group", []string{"id", "name", "secret"}}), end(Totals{Tables: 1})}},
		{"a column too few", bad, [][]byte{m, part('T', tableHead{"identity_group", []string{"id", "name"}}), end(Totals{Tables: 1})}},
		{"a short row", bad, [][]byte{m, group, part('R', row[:len(row)-9])}},
		{"a cut number", bad, [][]byte{m, group, part('R', row[:len(row)-1])}},
		{"a long row", bad, [][]byte{m, group, part('R', append(append([]byte{}, row...), 0))}},
		{"a value of no kind", bad, [][]byte{m, group, part('R', []byte{9, 0, 0})}},
		{"a value longer than its row", bad, [][]byte{m, group, part('R', []byte{text, 0xff, 0xff, 0xff, 0xff, 1})}},
		{"a part longer than it may be", bad, [][]byte{m, {'F', 0xff, 0xff, 0xff, 0xff}}},
		{"a row longer than memory", bad, [][]byte{m, group, {'R', 0x7f, 0xff, 0xff, 0xff}}},
		{"an empty part", bad, [][]byte{m, {'R', 0, 0, 0, 0}}},
		{"a part of no kind", bad, [][]byte{m, part('Z', "x")}},
		{"no end", bad, [][]byte{m, group}},
		{"an end in the middle of a part", bad, [][]byte{m, {'T', 0, 0}}},
		{"totals that are others", bad, [][]byte{m, group, part('R', row), end(Totals{Tables: 1, Rows: 2, Bytes: int64(len(row))})}},
		{"something behind the end", bad, [][]byte{m, group, part('R', row), end(Totals{Tables: 1, Rows: 1, Bytes: int64(len(row))}), group}},
		{"two manifests", bad, [][]byte{m, m}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			to := target(t, key, store.Options{Data: t.TempDir()})
			err := restore(t, sealedUp(t, key, packed(t, bytes.Join(c.parts, nil))), to)
			if c.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantProblem(t, err, c.code)
			wantEmpty(t, to)
		})
	}
	good := bytes.Join([][]byte{m, group, part('R', row), end(Totals{Tables: 1, Rows: 1, Bytes: int64(len(row))})}, nil)
	for name, b := range map[string][]byte{
		"bytes behind what was packed": sealedUp(t, key, append(packed(t, good), "more"...)),
		"what cannot be unpacked":      sealedUp(t, key, []byte{7, 7, 7, 7, 7}),
		"packed without an end":        sealedUp(t, key, packed(t, good)[:40]),
	} {
		_, _, err := Check(t.Context(), bytes.NewReader(b), key, "x")
		if err == nil {
			t.Fatalf("%s: it passes", name)
		}
		wantProblem(t, err, bad)
	}
	if err := restore(t, sealedUp(t, key, packed(t, good)), target(t, key, store.Options{Data: t.TempDir()})); err != nil {
		t.Errorf("the one that is well formed: %v", err)
	}
}

// A last chunk that is empty would be a second way to end the same file.
func TestAnEmptyLastChunkIsNoEnd(t *testing.T) {
	key := store.NewMasterKey()
	var b bytes.Buffer
	s, err := newSealer(&b, key)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(make([]byte, chunkSize)); err != nil {
		t.Fatal(err)
	}
	if err := s.flush(false); err != nil {
		t.Fatal(err)
	}
	if err := s.flush(true); err != nil {
		t.Fatal(err)
	}
	o, err := newOpener(&b, key)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, o)
	wantProblem(t, err, "backup.file.damaged", "empty")
}

// exchanged is another file from its second reading on.
type exchanged struct {
	*bytes.Reader
	then   []byte
	begins int
}

func (e *exchanged) Seek(offset int64, whence int) (int64, error) {
	if whence == io.SeekStart {
		if e.begins++; e.begins == 2 {
			e.Reader = bytes.NewReader(e.then)
		}
	}
	return e.Reader.Seek(offset, whence)
}

func TestABackupThatIsExchangedWhileItIsReadIsNotRestored(t *testing.T) {
	key := store.NewMasterKey()
	db := storetest.Memory(t)
	to := target(t, key, store.Options{Data: t.TempDir()})
	_, _, err := Restore(t.Context(), &exchanged{Reader: bytes.NewReader(written(t, source(db, key, smallRecord()))), then: written(t, source(db, key, smallRecord()))}, to)
	wantProblem(t, err, "backup.file.malformed", "exchanged")
	wantEmpty(t, to)
}

// A terabyte of zeros packs into a gigabyte; here a gigabyte into a megabyte. It is read with little memory, and what the
// disk cannot hold is not begun.
func TestABombIsReadAndNotUnpacked(t *testing.T) {
	key := store.NewMasterKey()
	db := storetest.Memory(t)
	var seen countingTaker
	record := fakeRecord{"00000000000000000001.seg": make([]byte, 64<<20)}
	b := written(t, source(db, key, record))
	if len(b) > 1<<20 {
		t.Fatalf("64 MiB of zeros are %d bytes", len(b))
	}
	if _, _, err := read(t.Context(), bytes.NewReader(b), key, &seen); err != nil || seen.most > maxData || seen.bytes != 64<<20 {
		t.Errorf("%+v, %v", seen, err)
	}
	wantProblem(t, room(t.TempDir(), 1<<60), "backup.restore.room")
}

type countingTaker struct {
	nothing
	most, bytes int
}

func (c *countingTaker) data(b []byte) error {
	c.most, c.bytes = max(c.most, len(b)), c.bytes+len(b)
	return nil
}

// Each byte of a small one is changed, and each length of it is an end.
func TestEveryFlipAndEveryCutIsFound(t *testing.T) {
	key := store.NewMasterKey()
	small := written(t, source(storetest.Memory(t), key, fakeRecord{"key.pub": []byte("k")}))
	for i := range small {
		b := bytes.Clone(small)
		b[i] ^= 1 << (i % 8)
		if _, _, err := Check(t.Context(), bytes.NewReader(b), key, "x"); err == nil {
			t.Fatalf("byte %d was changed, and it passes", i)
		} else if i >= headerSize {
			wantProblem(t, err, "backup.file.damaged", "was changed between byte 64 and byte")
		}
		if _, _, err := Check(t.Context(), bytes.NewReader(small[:i]), key, "x"); err == nil {
			t.Fatalf("cut behind byte %d it passes", i)
		}
	}
	large := written(t, source(storetest.Memory(t), key, fakeRecord{"00000000000000000001.seg": noise(300 << 10)}))
	const box = chunkSize + tagSize
	if len(large) < headerSize+4*box {
		t.Fatalf("%d bytes are no four chunks", len(large))
	}
	for chunk := range 4 {
		at := headerSize + chunk*box
		b := bytes.Clone(large)
		b[at+chunk*1000] ^= 4
		_, _, err := Check(t.Context(), bytes.NewReader(b), key, "x")
		wantProblem(t, err, "backup.file.damaged", fmt.Sprintf("between byte %d and byte", at))
		for _, by := range []int{-1, 0, 1, 15, 16, 17} {
			_, _, err := Check(t.Context(), bytes.NewReader(large[:at+box+by]), key, "x")
			wantProblem(t, err, "backup.file.damaged", "its end is missing")
		}
	}
	swapped := bytes.Clone(large)
	copy(swapped[headerSize:], large[headerSize+box:headerSize+2*box])
	copy(swapped[headerSize+box:], large[headerSize:headerSize+box])
	dropped := append(bytes.Clone(large[:headerSize+box]), large[headerSize+2*box:]...)
	other := written(t, source(storetest.Memory(t), key, fakeRecord{"00000000000000000001.seg": noise(300 << 10)}))
	mixed := append(bytes.Clone(large[:headerSize+box]), other[headerSize+box:]...)
	for name, b := range map[string][]byte{
		"chunks exchanged": swapped, "a chunk left out": dropped, "two backups mixed": mixed,
		"a byte behind the end": append(bytes.Clone(large), 0), "twice the same": append(bytes.Clone(large), large...),
	} {
		_, _, err := Check(t.Context(), bytes.NewReader(b), key, "x")
		if err == nil {
			t.Fatalf("%s: it passes", name)
		}
		wantProblem(t, err, "backup.file.damaged")
	}
	_, _, err := Check(t.Context(), bytes.NewReader([]byte("PK\x03\x04 something else altogether, that is longer than a header is")), key, "x")
	wantProblem(t, err, "backup.file.foreign")
}

// noise cannot be packed.
func noise(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}

// Whatever somebody seals who has the key: reading it ends, in little memory, and never writes.
func FuzzRead(f *testing.F) {
	key := store.NewMasterKey()
	m := part('M', Manifest{ID: "x", Made: noon, Node: "a", Reason: Asked, Applied: []store.Applied{{Version: 1, Name: "x"}}, Record: &Record{1, 1}})
	row, _ := appendValue(nil, "g")
	f.Add(bytes.Join([][]byte{m, part('T', tableHead{"identity_group", []string{"id"}}), part('R', row), part('F', "record/key.pub"), part('D', "x"), part('E', Totals{1, 1, 1, 7})}, nil))
	f.Add(m)
	f.Fuzz(func(t *testing.T, plain []byte) {
		var seen countingTaker
		if _, totals, err := read(t.Context(), bytes.NewReader(sealedUp(t, key, packed(t, plain))), key, &seenAll{&seen}); err == nil && int64(seen.bytes) > totals.Bytes {
			t.Fatalf("%d bytes of files, and %+v", seen.bytes, totals)
		}
	})
}

type seenAll struct{ *countingTaker }

func (seenAll) manifest(*Manifest) error { return nil }

// Of all files, only the one that was sealed opens.
func FuzzOpener(f *testing.F) {
	key := store.NewMasterKey()
	good := sealedUp(f, key, []byte("what was sealed"))
	f.Add(good)
	f.Add(good[:70])
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := newOpener(bytes.NewReader(b), key)
		if err != nil {
			return
		}
		var got bytes.Buffer
		if _, err := got.ReadFrom(o); err == nil && (got.String() != "what was sealed" || !bytes.Equal(b, good)) {
			t.Fatalf("%x opens as %q", b, got.String())
		}
	})
}
