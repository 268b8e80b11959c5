package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// The disk is a small file system in a mount namespace that nobody else sees.
func TestADiskThatFilledUpSinceTheLastStartIsSaidToBeFull(t *testing.T) {
	disk, here := storetest.SmallDisk(t, "1m")
	if !here {
		return
	}
	data := filepath.Join(disk, "data")
	db, err := store.Open(t.Context(), store.Options{Data: data})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{64 << 10, 4 << 10} { // to the last page
		for i := 0; ; i++ {
			if os.WriteFile(filepath.Join(disk, "fill-"+string(rune('a'+i))), make([]byte, size), 0o600) != nil {
				break
			}
		}
	}
	_, err = store.Open(t.Context(), store.Options{Data: data})
	wantProblem(t, err, "store.disk.full")
}
