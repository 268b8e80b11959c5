package doctor

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// atOnce is how many names are asked for at the same time.
const atOnce = 16

// names looks where the names lead that clients ask for, and those of upstreams.
func names(ctx context.Context, w *World) []Line {
	own, err := w.own()
	if err != nil {
		return []Line{failed("The addresses of this machine cannot be listed", err)}
	}
	var wanted []string
	for _, u := range w.Upstreams {
		if _, err := netip.ParseAddr(u.URL.Hostname()); err != nil && !slices.Contains(wanted, u.URL.Hostname()) {
			wanted = append(wanted, u.URL.Hostname())
		}
	}
	lines := make([]Line, len(w.Hosts)+len(wanted))
	turns, ended := make(chan bool, atOnce), sync.WaitGroup{}
	for i := range lines {
		turns <- true
		ended.Go(func() {
			defer func() { <-turns }()
			if i < len(w.Hosts) {
				lines[i] = w.host(ctx, w.Hosts[i], own)
			} else {
				lines[i] = w.upstreamName(ctx, wanted[i-len(w.Hosts)])
			}
		})
	}
	ended.Wait()
	return fold(lines, "Every name leads where it must (%d).")
}

// fold makes one line of all that are well.
func fold(lines []Line, well string) []Line {
	wrong := slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return l.Status == OK })
	if len(wrong) == 0 {
		return []Line{line(OK, well, len(lines))}
	}
	return wrong
}

// local says whether a name means this machine by its definition (RFC 6761 section 6.3).
func local(host string) bool { return host == "localhost" || strings.HasSuffix(host, ".localhost") }

func (w *World) host(ctx context.Context, host string, own []netip.Addr) Line {
	if local(host) {
		return line(OK, "%s is this machine.", host)
	}
	addresses, err := w.addresses(ctx, host)
	if err != nil || len(addresses) == 0 {
		return line(Fail, "%s leads nowhere: clients cannot find it.", host).do("Give it an A or AAAA record that names this machine, or for a trial a line in /etc/hosts.")
	}
	for _, a := range addresses {
		if !a.IsLoopback() && !slices.Contains(own, a) {
			return line(Warn, "%s leads to %s, which is no address of this machine.", host, a).
				do("If a router or a balancer passes it on to here, all is well; else correct its A and AAAA records.")
		}
	}
	return line(OK, "%s leads here.", host)
}

func (w *World) upstreamName(ctx context.Context, host string) Line {
	if addresses, err := w.addresses(ctx, host); err != nil || len(addresses) == 0 {
		return line(Fail, "The upstream's name %s leads nowhere.", host).do("Correct the name under upstream:, or the name server that this machine asks (/etc/resolv.conf).")
	}
	return line(OK, "%s is known.", host)
}

// addresses are a host's, which may be an address already.
func (w *World) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip.Unmap()}, nil
	}
	found, err := w.Resolve(ctx, host)
	for i := range found {
		found[i] = found[i].Unmap()
	}
	return found, err
}

// own are the addresses of this machine.
func (*World) own() ([]netip.Addr, error) {
	nets, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var own []netip.Addr
	for _, n := range nets {
		if p, err := netip.ParsePrefix(n.String()); err == nil {
			own = append(own, p.Addr().Unmap())
		}
	}
	return own, nil
}
