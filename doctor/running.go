package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// running looks for the one that works on the data folder, and asks it.
func running(ctx context.Context, w *World) []Line {
	pid, held := w.locked()
	if !held {
		return []Line{line(Skip, "No tenward works on %s; what only a running one can say is left out.", w.Folder)}
	}
	says, err := w.Answers(ctx)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return []Line{line(Skip, "A tenward works on %s, and does not answer this user.", w.Folder).do("Run this as root, or as the user that runs it.")}
	case err != nil:
		return []Line{line(Fail, "%s holds %s, and does not answer at %s.", w.process(pid), w.Folder, w.Socket).
			do("Look at its log (`journalctl -u tenward -n 50`). If it hangs, end it: kill %d.", pid)}
	}
	return []Line{line(OK, "It runs (process %d). %s", pid, says)}
}

// program compares the one that runs with this one: somebody put a newer one in place and forgot the restart.
func program(_ context.Context, w *World) []Line {
	pid, held := w.locked()
	if !held || pid == 0 {
		return []Line{line(OK, "This is %s.", w.Version)}
	}
	theirs, err := os.Stat(w.of(pid, "exe"))
	if err != nil {
		return []Line{line(Skip, "This is %s; which program runs is not for this user to see.", w.Version)}
	}
	ours, err := os.Stat(w.of(os.Getpid(), "exe"))
	if err != nil {
		return []Line{failed("This program cannot find itself", err)}
	}
	if !os.SameFile(theirs, ours) {
		return []Line{line(Warn, "The tenward that runs (process %d) is another program than this one, %s.", pid, w.Version).
			do("If this is the newer one, have it take the other's place: tenward reload --replace")}
	}
	return []Line{line(OK, "This is %s, and so is what runs.", w.Version)}
}

// adminSocket belongs to whoever runs it, and to nobody else. Without a tenward that runs it is a leftover.
func adminSocket(_ context.Context, w *World) []Line {
	if _, held := w.locked(); !held {
		return []Line{line(Skip, "Nobody listens on %s.", w.Socket)}
	}
	info, err := os.Lstat(w.Socket)
	if err != nil {
		return []Line{line(Skip, "%s cannot be looked at: %v.", w.Socket, err)}
	}
	owner, _ := w.owner()
	if open := w.OpenTo(info, owner); open != "" || ownerOf(info) != owner {
		if open == "" {
			open = "belongs to root"
		}
		return []Line{line(Fail, "%s %s: commands of others could reach the gate.", w.Socket, open).
			do("Restart tenward, which makes it anew, and find out who changed it.")}
	}
	return []Line{line(OK, "%s is for root and the user that runs tenward.", w.Socket)}
}

// Each exchange needs two descriptors, its client's and its upstream's; database, record and listeners need the rest.
const (
	descriptorsLeast = 1024
	descriptorsWell  = 16384
	descriptorsOwn   = 128
)

// descriptors looks at how many files and connections the one that runs may hold open; without one, this process.
func descriptors(_ context.Context, w *World) []Line {
	pid, held := w.locked()
	if !held || pid == 0 {
		pid = os.Getpid()
	}
	raw, err := os.ReadFile(w.of(pid, "limits"))
	if err != nil {
		return []Line{line(Skip, "The limits of process %d are not for this user to see.", pid)}
	}
	n := maxFiles(string(raw))
	status := OK
	switch {
	case n < descriptorsLeast:
		status = Fail
	case n < descriptorsWell:
		status = Warn
	}
	l := line(status, "%d files and connections may be open: about %d requests at once.", n, max(n-descriptorsOwn, 0)/2)
	if status != OK {
		l = l.do("Raise the limit: LimitNOFILE=65536 in the unit, or `ulimit -n 65536` before the start.")
	}
	return []Line{l}
}

// maxFiles reads the hard limit, to which Go programs raise themselves; 0 where there is none to be read.
func maxFiles(limits string) int {
	for text := range strings.Lines(limits) {
		rest, ok := strings.CutPrefix(text, "Max open files")
		if !ok {
			continue
		}
		f := strings.Fields(rest)
		if len(f) < 2 {
			return 0
		}
		if f[1] == "unlimited" {
			return 1 << 30
		}
		n, err := strconv.Atoi(f[1])
		if err != nil {
			return 0
		}
		return n
	}
	return 0
}
