package doctor

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ports looks whether each is ours or free.
func ports(ctx context.Context, w *World) []Line {
	open, err := w.sockets()
	if err != nil {
		return []Line{failed("The sockets of this machine cannot be listed", err)}
	}
	pid, held := w.locked()
	lines := make([]Line, 0, len(w.Ports))
	for _, p := range w.Ports {
		lines = append(lines, w.port(ctx, p, open, pid, held))
	}
	return lines
}

func (w *World) port(ctx context.Context, p Port, open []listening, pid int, held bool) Line {
	if strings.HasSuffix(p.Address, ":0") {
		return line(OK, "%s takes any free port.", p.Key)
	}
	for _, s := range open {
		if !collides(p.Address, s.at) {
			continue
		}
		who := w.holder(s.inode)
		switch {
		case held && who.pid == 0:
			return line(Skip, "%s: whether it is the tenward that runs who listens on %s is not for this user to see.", p.Key, p.Address)
		case held && who.pid == pid:
			return line(OK, "%s: the tenward that runs listens on %s.", p.Key, p.Address)
		case who.pid == 1:
			return line(OK, "%s: the service manager keeps %s open for tenward.", p.Key, p.Address)
		}
		return line(Fail, "%s: another process listens on %s already: %s.", p.Key, p.Address, who).
			do("Stop it (`ss -ltnp 'sport = :%d'` shows it), or choose another port: %s in the configuration.", s.at.Port(), p.Key)
	}
	switch err := p.Open(ctx); {
	case err == nil:
		return line(OK, "%s: %s is free.", p.Key, p.Address)
	case errors.Is(err, syscall.EACCES):
		return line(Skip, "%s: this user may not listen on %s.", p.Key, p.Address)
	default:
		return failed(p.Key+" cannot be listened on", err)
	}
}

// collides says whether a socket stands where the address wants to: the same port, on the same or on all addresses.
func collides(address string, at netip.AddrPort) bool {
	i := strings.LastIndexByte(address, ':')
	port, err := strconv.ParseUint(address[i+1:], 10, 16)
	if err != nil || uint16(port) != at.Port() {
		return false
	}
	ip, err := netip.ParseAddr(strings.Trim(address[:i], "[]"))
	return err != nil || ip.IsUnspecified() || at.Addr().IsUnspecified() || ip.Unmap() == at.Addr()
}

// bindService is CAP_NET_BIND_SERVICE of capabilities(7).
const bindService = 10

// privilege looks whether ports may be listened on that the kernel keeps for root. Who asks may be somebody else than who
// serves: then only one that runs has an answer.
func privilege(_ context.Context, w *World) []Line {
	least := uint64(1024)
	if raw, err := os.ReadFile(filepath.Join(w.Proc, "sys/net/ipv4/ip_unprivileged_port_start")); err == nil {
		if n, err := strconv.ParseUint(strings.TrimSpace(string(raw)), 10, 16); err == nil {
			least = n
		}
	}
	var low []string
	for _, p := range w.Ports {
		port, err := strconv.ParseUint(p.Address[strings.LastIndexByte(p.Address, ':')+1:], 10, 16)
		if err == nil && port > 0 && port < least {
			low = append(low, p.Key+" "+p.Address)
		}
	}
	if len(low) == 0 {
		return []Line{line(OK, "All ports are free to everybody: they begin at %d here.", least)}
	}
	what := strings.Join(low, ", ")
	if _, held := w.locked(); held {
		return []Line{line(OK, "The tenward that runs has its ports (%s).", what)}
	}
	if owner, ok := w.owner(); ok && os.Getuid() == 0 && owner != 0 {
		return []Line{line(Skip, "Whether user %d may listen on %s shows only when that user asks.", owner, what).
			do("The unit in docs/operating gives it AmbientCapabilities=CAP_NET_BIND_SERVICE.")}
	}
	held, err := strconv.ParseUint(w.status("self", "CapEff"), 16, 64)
	if err != nil || held>>bindService&1 == 0 {
		return []Line{line(Fail, "This user may not listen below port %d: %s.", least, what).
			do("Give the service AmbientCapabilities=CAP_NET_BIND_SERVICE, as the unit in docs/operating does, or choose ports from %d on.", least)}
	}
	return []Line{line(OK, "This user may listen below port %d (%s).", least, what)}
}
