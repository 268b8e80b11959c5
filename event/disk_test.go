package event

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// mountFolder tells a test that it runs in a mount namespace of its own, and where it may mount.
const mountFolder = "TENWARD_TEST_MOUNT"

// inOwnMounts runs the rest of a test in a process that may mount file systems nobody else sees: as root, or in a
// user namespace. False: that was done, and this process has nothing left to do.
func inOwnMounts(t *testing.T) (dir string, here bool) {
	t.Helper()
	if dir := os.Getenv(mountFolder); dir != "" {
		return dir, true
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), mountFolder+"="+t.TempDir())
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		c.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := c.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("this test mounts a small file system: run it as root, or allow user namespaces (sysctl -w kernel.unprivileged_userns_clone=1): %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return "", false
}

func mount(t *testing.T, dir, options string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		t.Fatalf("keep mounts to this process: %v: run as root with CAP_SYS_ADMIN, or allow user namespaces", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
		t.Fatalf("mount a small file system: %v: run as root with CAP_SYS_ADMIN, or allow user namespaces", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

func TestAFullDiskRefusesProtectedEventsAndLosesNoAcknowledgedOne(t *testing.T) {
	disk, here := inOwnMounts(t)
	if !here {
		return
	}
	mount(t, disk, "size=512k", 0)
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(disk, "record")
		l := open(t, dir, func(o *Options) { o.SegmentSize, o.Queue = 16<<10, 8 })
		ballast := filepath.Join(disk, "ballast")
		write(t, ballast, make([]byte, 128<<10))
		acknowledged := 0
		for begun := time.Now(); ; begun = time.Now() {
			err := l.Append(t.Context(), signIn(acknowledged))
			if err == nil {
				acknowledged++
				continue
			}
			if codeOf(err) != ErrUnwritable.Code || !errors.Is(err, syscall.ENOSPC) || time.Since(begun) != 2*time.Second {
				t.Fatalf("%v after %s", err, time.Since(begun))
			}
			break
		}
		if h := l.Health(); h.Writable || !errors.Is(h.Err, syscall.ENOSPC) || h.Durable != uint64(acknowledged) {
			t.Errorf("%d acknowledged, %+v", acknowledged, h)
		}
		if r := verified(t, dir, VerifyOptions{}); !r.OK() {
			t.Errorf("while the disk is full: %+v", r.Damage)
		}
		lost := 0
		for i := range 20 {
			if !l.Offer(exchange(i)) {
				lost++
			}
		}
		remove(t, ballast)
		if err := l.Append(t.Context(), kind(0, "test.there.is-room")); err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		kinds, said := told(t, dir)
		signIns := slices.DeleteFunc(slices.Clone(kinds), func(k string) bool { return k != "authentication.login.accepted" })
		if len(signIns) < acknowledged || acknowledged < 50 || !slices.Contains(kinds, "test.there.is-room") {
			t.Errorf("%d of %d acknowledged events are there: %v", len(signIns), acknowledged, kinds)
		}
		if lost == 0 || !slices.Equal(said, []string{strconv.Itoa(lost)}) {
			t.Errorf("%d lost, said %v", lost, said)
		}
		if r := verified(t, dir, VerifyOptions{}); !r.OK() || r.Unsealed > 0 {
			t.Errorf("%+v", r)
		}
	})
}

func TestAFolderThatCannotBeWrittenIsRefusedAtTheStart(t *testing.T) {
	disk, here := inOwnMounts(t)
	if !here {
		return
	}
	mount(t, disk, "size=64k", syscall.MS_RDONLY)
	_, err := Open(t.Context(), filepath.Join(disk, "record"), Options{Node: "a", Signing: anotherKey(t), Keys: &testKeys{}})
	if codeOf(err) != "event.record.unusable" || !errors.Is(err, syscall.EROFS) {
		t.Fatal(err)
	}
}
