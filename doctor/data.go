package doctor

import (
	"context"
	"strings"
	"time"
)

// parseEnvironment reads /proc/PID/environ.
func parseEnvironment(raw []byte) map[string]string {
	all := map[string]string{}
	for one := range strings.SplitSeq(string(raw), "\x00") {
		if name, value, ok := strings.Cut(one, "="); ok {
			all[name] = value
		}
	}
	return all
}

// database opens it to read: Tenward's start would do the same, and change it.
func database(ctx context.Context, w *World) []Line {
	if w.Database == nil {
		return []Line{line(Skip, "Its address could not be read; see the configuration.")}
	}
	d, err := w.Database(ctx)
	switch {
	case err != nil:
		return []Line{failed("The database cannot be used", err)}
	case !d.Made:
		return []Line{line(OK, "There is no database at %s yet: the first start makes it.", d.Place)}
	case d.Pending > 0:
		return []Line{line(Warn, "%s at %s lacks %d changes that this program makes at its start.", d.Engine, d.Place, d.Pending).
			do("Make a backup before that start (docs/operating/backup.md): an older tenward cannot use the database afterwards.")}
	}
	return []Line{line(OK, "%s at %s opens, and has all %d changes that this program knows.", d.Engine, d.Place, d.Applied)}
}

// cluster asks the server that several nodes share.
func cluster(ctx context.Context, w *World) []Line {
	if w.Cluster == nil {
		return []Line{line(Skip, "This node is alone.")}
	}
	if err := w.Cluster(ctx); err != nil {
		return []Line{failed("The cluster's server cannot be used", err)}
	}
	return []Line{line(OK, "The cluster's server answers.")}
}

// clock compares ours with whatever else keeps time: the kernel's own word, and the database's. A database that shares our clock
// has times in it that were now once: none lies ahead, unless the clock was put back.
func clock(ctx context.Context, w *World) []Line {
	const mend = "Set it by a time service: timedatectl set-ntp true, or see chronyc tracking."
	k, err := w.Kernel()
	if err != nil {
		return []Line{failed("The kernel's clock cannot be read", err)}
	}
	if l, wrong := w.drift(ctx, k.Most); wrong {
		return []Line{l.do(mend)}
	}
	switch {
	case !k.Kept:
		return []Line{line(Warn, "Nothing sets this machine's clock: times in the record may be wrong, and second factors refused.").do(mend)}
	case k.Error > k.Most:
		return []Line{line(Warn, "The clock may be off by up to %s.", k.Error.Round(time.Millisecond)).do(mend)}
	}
	return []Line{line(OK, "The clock is set by a time service, and off by %s at most.", k.Error.Round(time.Millisecond))}
}

func (w *World) drift(ctx context.Context, most time.Duration) (Line, bool) {
	if w.Database == nil {
		return Line{}, false
	}
	before := w.Now()
	d, err := w.Database(ctx)
	if err != nil {
		return Line{}, false // the database's own question says so
	}
	now := w.Now()
	if !d.Clock.IsZero() {
		off := d.Clock.Sub(before.Add(now.Sub(before) / 2))
		if off.Abs() > most+now.Sub(before) {
			return line(Fail, "This machine's clock and the database's differ by %s.", off.Abs().Round(time.Millisecond)), true
		}
	}
	if ahead := d.Latest.Sub(now); ahead > most {
		return line(Fail, "The database was written %s in the future: this machine's clock was put back, or is wrong.", ahead.Round(time.Second)), true
	}
	return Line{}, false
}

// signedWithin is how old a checkpoint may be while the record grows. One is signed every second.
const signedWithin = time.Minute

// record looks at whose it is, whether it can be read, and at its last signature.
func record(_ context.Context, w *World) []Line {
	r, err := w.Record()
	switch {
	case err != nil:
		return []Line{failed("The record cannot be read", err)}
	case !r.Made:
		return []Line{line(OK, "There is no record yet: the first start begins it.")}
	case r.Origin != "tenward/"+r.Node:
		return []Line{line(Fail, "The record is that of %s, and this node is called %q.", r.Origin, r.Node).
			do("Set node: %s again in the configuration.", strings.TrimPrefix(r.Origin, "tenward/"))}
	case r.Signed.IsZero():
		return []Line{line(Warn, "Nothing in the record is signed yet.").do("Ask again a minute after the first start; if it stays, look at the log.")}
	case r.Written.Sub(r.Signed) > signedWithin:
		return []Line{line(Warn, "The record was last signed at %s, and has grown since.", r.Signed.UTC().Format(time.RFC3339)).
			do("If tenward runs, look at its log for `events cannot be sealed`; if not, its start signs them.")}
	}
	return []Line{line(OK, "The record can be read; its last checkpoint, over %d leaves, is of %s.", r.Leaves, r.Signed.UTC().Format(time.RFC3339))}
}
