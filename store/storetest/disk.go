package storetest

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// smallDisk tells the child process of a test which disk to fill.
const smallDisk = "TENWARD_TEST_FULL_DISK"

// SmallDisk gives a folder that is a file system of this size, "1m", in a mount namespace that nobody else sees. The test
// runs once more in a process of its own for it: where here is false that was done, and this process has nothing left
// to do.
func SmallDisk(t *testing.T, size string) (disk string, here bool) {
	t.Helper()
	disk = os.Getenv(smallDisk)
	if disk == "" {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$") //nolint:gosec // this test itself
		c.Env = append(os.Environ(), smallDisk+"="+t.TempDir())
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		if os.Getuid() != 0 {
			c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
			c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
			c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
		}
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("run it as root, or allow user namespaces (sysctl -w kernel.unprivileged_userns_clone=1): %v\n%s", err, out)
		}
		return "", false
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	return disk, true
}
