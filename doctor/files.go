package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// permissions looks at whose the data folder is, and who else gets at what lies in it. What lies deeper is as closed as the folder
// that it is in.
func permissions(ctx context.Context, w *World) []Line {
	info, err := os.Stat(w.Folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []Line{w.noFolder()}
	case err != nil:
		return []Line{line(Fail, "The data folder %s cannot be looked at by this user: %v.", w.Folder, cause(err)).do("Run this as root, or as the user that runs tenward.")}
	case !info.IsDir():
		return []Line{line(Fail, "%s is no folder.", w.Folder).do("Move it away, or name another folder under data: in the configuration.")}
	}
	owner := ownerOf(info)
	if open := w.OpenTo(info, owner); open != "" {
		return []Line{line(Fail, "The data folder %s %s.", w.Folder, open).do("chmod 700 %s", w.Folder)}
	}
	if os.Getuid() != 0 && owner != os.Getuid() {
		return []Line{line(Fail, "The data folder %s belongs to another user (%d).", w.Folder, owner).
			do("Run tenward as that user, or give it the folder: chown -R %d %s", os.Getuid(), w.Folder)}
	}
	entries, err := os.ReadDir(w.Folder)
	if err != nil {
		return []Line{failed("The data folder cannot be listed", err)}
	}
	var lines []Line
	for _, e := range entries {
		if ctx.Err() != nil {
			return []Line{line(Fail, "There was %v.", context.Cause(ctx))}
		}
		if l, wrong := w.file(filepath.Join(w.Folder, e.Name()), owner); wrong {
			lines = append(lines, l)
		}
	}
	if lines == nil {
		lines = []Line{line(OK, "%s and the %d files and folders in it are its user's alone.", w.Folder, len(entries))}
	}
	return lines
}

// noFolder: the first start makes it, if it may.
func (w *World) noFolder() Line {
	parent := filepath.Dir(w.Folder)
	for {
		if _, err := os.Stat(parent); err == nil || parent == filepath.Dir(parent) {
			break
		}
		parent = filepath.Dir(parent)
	}
	if unix.Access(parent, unix.W_OK) != nil {
		return line(Fail, "The data folder %s is not there, and this user may not make it.", w.Folder).
			do("As root: install -d -m 700 -o tenward %s", w.Folder)
	}
	return line(OK, "The data folder %s is not there yet: the first start makes it.", w.Folder)
}

func (w *World) file(path string, owner int) (Line, bool) {
	info, err := os.Lstat(path)
	if err != nil || path == w.Public || path == w.Socket {
		return Line{}, false // it was removed meanwhile, is meant for all, or has a question of its own
	}
	if key, _ := w.MasterKey(w.Env); path == key.Path {
		return Line{}, false
	}
	if uid := ownerOf(info); uid != owner {
		return line(Fail, "%s belongs to user %d, and the folder to user %d: tenward cannot use it.", path, uid, owner).do("chown -R %d %s", owner, path), true
	}
	if open := w.OpenTo(info, owner); open != "" {
		return line(Fail, "%s %s.", path, open).do("chmod go= %s", path), true
	}
	return Line{}, false
}

// masterKey looks where it is and whether it is the right one. The one that runs may have been given it in its environment.
func masterKey(ctx context.Context, w *World) []Line {
	env, seen := w.environment()
	key, err := w.MasterKey(env)
	if !seen && (err != nil || key.Path == "") {
		return []Line{line(Skip, "The master key was handed to the tenward that runs, in a way that this user may not see.").do("Run this as root.")}
	}
	if err != nil {
		return []Line{failed("The master key cannot be found", err)}
	}
	if key.Path == "" {
		return []Line{line(OK, "There is no master key yet: the first start makes it in the data folder.")}
	}
	if err := key.Fits(ctx); err != nil {
		return []Line{failed("The master key does not fit", err)}
	}
	if key.Beside {
		return []Line{line(Warn, "The master key %s lies in the folder that it protects: whoever copies the folder has both.", key.Path).
			do("Move it to where root alone reads it, and hand it over by LoadCredential= in the unit, or name it in TENWARD_MASTER_KEY_FILE.")}
	}
	return []Line{line(OK, "The master key is %s, apart from the data.", key.Path)}
}

// environment is ours, behind that of the one that runs; seen is false where that one has another that this user may not see.
func (w *World) environment() (env func(string) string, seen bool) {
	pid, held := w.locked()
	if !held {
		return w.Env, true
	}
	raw, err := os.ReadFile(w.of(pid, "environ"))
	if err != nil || pid == 0 {
		return w.Env, false
	}
	theirs := parseEnvironment(raw)
	return func(name string) string {
		if v, ok := theirs[name]; ok {
			return v
		}
		return w.Env(name)
	}, true
}

// disk looks at room and names for files, and whether anything can be written at all.
func disk(_ context.Context, w *World) []Line {
	folder := w.Folder
	for {
		if _, err := os.Stat(folder); err == nil || folder == filepath.Dir(folder) {
			break
		}
		folder = filepath.Dir(folder)
	}
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return []Line{failed("The disk of "+folder+" cannot be looked at", err)}
	}
	if s.Flags&unix.ST_RDONLY != 0 {
		return []Line{line(Fail, "The disk of %s is mounted read-only.", folder).
			do("See why (`dmesg | tail`): a disk that fails is mounted so by the kernel. Else: mount -o remount,rw $(findmnt -no TARGET -T %s)", folder)}
	}
	free, total, stands, err := w.Room(folder)
	if err != nil {
		return []Line{failed("The disk cannot be looked at", err)}
	}
	room := line(stands, "%s has %s free of %s.", folder, size(free), size(total))
	if stands != OK {
		room = room.do("Free some space (`du -xsh /* 2>/dev/null | sort -h`), or move the data folder to a larger disk. Leave record/ alone.")
	}
	lines := []Line{room}
	if s.Files > 0 && (s.Ffree < inodesLeast || s.Ffree < s.Files/100) { // some file systems make them as they go, and count none
		lines = append(lines, line(Fail, "The disk of %s has no more than %d names for files left (inodes).", folder, s.Ffree).
			do("Find out where many small files are (`du --inodes -xs /* 2>/dev/null | sort -n`) and remove them."))
	}
	return lines
}

// inodesLeast are fewer than the record's tree makes in a day.
const inodesLeast = 1000

func size(n uint64) string {
	if n < 1<<30 {
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// cause leaves the path out of what the system says: the sentence has it already.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
