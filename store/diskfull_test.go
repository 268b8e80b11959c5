package store_test

import (
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tenward/tenward/store"
)

// fullDisk tells the child process of the test below which disk to fill.
const fullDisk = "TENWARD_TEST_FULL_DISK"

// The disk is a small file system in a mount namespace that nobody else sees.
func TestADiskThatFilledUpSinceTheLastStartIsSaidToBeFull(t *testing.T) {
	if os.Getenv(fullDisk) == "" {
		c := osexec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		c.Env = append(os.Environ(), fullDisk+"="+t.TempDir())
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		if os.Getuid() != 0 {
			c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
			c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
		}
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("run it as root, or allow user namespaces (sysctl -w kernel.unprivileged_userns_clone=1): %v\n%s", err, out)
		}
		return
	}
	disk := os.Getenv(fullDisk)
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
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
