package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// What hangs for ever, such as a system call on a dead disk, costs its own line.
func TestAQuestionThatHangsCostsItsOwnLineOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan bool)
		w := &World{
			Now: time.Now, Proc: t.TempDir(), Folder: t.TempDir(), Env: func(string) string { return "" },
			Room:      func(string) (uint64, uint64, Status, error) { <-free; return 1, 1, OK, nil },
			Kernel:    func() (Kernel, error) { panic("no clock") },
			MasterKey: func(func(string) string) (Key, error) { return Key{}, nil },
			Record:    func() (Record, error) { return Record{}, nil },
		}
		begun := time.Now()
		lines := Examine(t.Context(), w)
		if took := time.Since(begun); took != all {
			t.Errorf("it took %s, want %s", took, all)
		}
		if l := of(t, lines, "disk"); l.Status != Fail || !strings.Contains(l.Sentence, "no answer within 2s") {
			t.Errorf("of the disk it says %+v", l)
		}
		if l := of(t, lines, "clock"); l.Status != Fail || !strings.Contains(l.Sentence, "no clock") {
			t.Errorf("of the clock it says %+v", l)
		}
		if l := of(t, lines, "record"); l.Status != OK {
			t.Errorf("of the record it says %+v", l)
		}
		close(free)
	})
}

func of(t *testing.T, lines []Line, name string) Line {
	t.Helper()
	i := slices.IndexFunc(lines, func(l Line) bool { return l.Check == name })
	if i < 0 {
		t.Fatalf("nothing is said of %s", name)
	}
	return lines[i]
}

func TestTheWorstIsToldFirst(t *testing.T) {
	w := &World{Wrong: []Line{line(Warn, "a"), line(Fail, "b"), line(OK, "c")}}
	var order []string
	for _, l := range Examine(t.Context(), w)[:4] {
		order = append(order, l.Status.String()+" "+l.Check)
	}
	if want := []string{"fail config", "warn config", "ok config", "skip running"}; !slices.Equal(order, want) {
		t.Errorf("told in the order %v, want %v", order, want)
	}
	if Worst(nil) != Skip || Worst([]Line{line(OK, ""), line(Warn, "")}) != Warn {
		t.Error("the worst of some lines is another")
	}
}

func TestWhatAPersonReads(t *testing.T) {
	var b strings.Builder
	lines := []Line{{"ports", Fail, "taken by \x1b[31mx", "Stop it."}, {"clock", OK, "It is well.", ""}}
	if err := Write(&b, lines, false); err != nil {
		t.Fatal(err)
	}
	want := "fail  ports            taken by ?[31mx\n                       do: Stop it.\nok    clock            It is well.\n\n1 fail, 0 warn, 1 ok, 0 skipped.\n"
	if b.String() != want {
		t.Errorf("it is\n%s, want\n%s", b.String(), want)
	}
	b.Reset()
	if err := Write(&b, lines, true); err != nil || !strings.Contains(b.String(), "\x1b[31mfail\x1b[0m") {
		t.Errorf("in colour it is %q: %v", b.String(), err)
	}
}

func TestSocketsAsTheKernelWritesThem(t *testing.T) {
	const rest = " 00000000:0000 0A 00000000:00000000 00:00000000 00000000 1000 0 4711 1 0 100 0 0 10 0"
	for _, tt := range []struct{ name, text, want string }{
		{"one address", "0: 0100007F:0BB8" + rest, "127.0.0.1:3000"},
		{"all of IPv4", "1: 00000000:01BB" + rest, "0.0.0.0:443"},
		{"all of IPv6", "2: 00000000000000000000000000000000:01BB" + rest, "[::]:443"},
		{"loopback of IPv6", "3: 00000000000000000000000001000000:0050" + rest, "[::1]:80"},
		{"IPv4 in IPv6", "4: 0000000000000000FFFF00000100007F:0050" + rest, "127.0.0.1:80"},
		{"a connection", "5: 0100007F:0BB8" + strings.Replace(rest, "0A", "01", 1), ""},
		{"the table's head", "sl local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode", ""},
		{"half a line", "0: 0100007F:0BB8", ""},
		{"no address", "0: 01007F:0BB8" + rest, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, ok := parseSocket(tt.text)
			if got := s.at.String(); ok != (tt.want != "") || ok && (got != tt.want || s.inode != "4711") {
				t.Errorf("%s %s %v, want %s", got, s.inode, ok, tt.want)
			}
		})
	}
}

func TestWhichSocketsAreInTheWay(t *testing.T) {
	for _, tt := range []struct {
		address, at string
		want        bool
	}{
		{":443", "127.0.0.1:443", true},
		{":443", "0.0.0.0:444", false},
		{"127.0.0.1:443", "[::]:443", true},
		{"127.0.0.1:443", "127.0.0.2:443", false},
		{"[::1]:443", "[::1]:443", true},
		{"0.0.0.0:443", "10.0.0.1:443", true},
	} {
		if got := collides(tt.address, netip.MustParseAddrPort(tt.at)); got != tt.want {
			t.Errorf("%s and %s: %v", tt.address, tt.at, got)
		}
	}
}

func TestTheLimitOfDescriptors(t *testing.T) {
	for text, want := range map[string]int{
		"Max processes  1 2 processes\nMax open files            1024                 524288               files\n": 524288,
		"Max open files            1024                 unlimited            files\n":                               1 << 30,
		"Max open files  x\n":   0,
		"Max open files  1 x\n": 0,
		"":                      0,
	} {
		if got := maxFiles(text); got != want {
			t.Errorf("%q is %d, want %d", text, got, want)
		}
	}
}

func TestCertificatesThatShouldNotStay(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for _, tt := range []struct {
		name     string
		from, to time.Duration
		hosts    []string
		want     Status
		says     string
	}{
		{"valid", -day, 60 * day, []string{"a.example.com"}, OK, "is valid"},
		{"ended", -9 * day, -day, nil, Fail, "ended on 2026-05-31"},
		{"to come", day, 90 * day, nil, Fail, "begins only on 2026-06-02"},
		{"ends soon", -day, 10 * day, nil, Warn, "ends on 2026-06-11"},
		{"of other names", -day, 60 * day, []string{"a.example.com", "b.example.com"}, Fail, "does not cover b.example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &World{Now: func() time.Time { return now }}
			l := w.certificate(Certificate{Name: "x", File: "f.pem", PEM: issue(t, now.Add(tt.from), now.Add(tt.to)), Hosts: tt.hosts}, "Renew it.")
			if l.Status != tt.want || !strings.Contains(l.Sentence, tt.says) || (l.Mend == "") != (tt.want == OK) {
				t.Errorf("it says %+v", l)
			}
		})
	}
	for _, text := range []string{"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		if l := (&World{Now: time.Now}).certificate(Certificate{PEM: []byte(text)}, "x"); l.Status != Fail {
			t.Errorf("%q is %+v", text, l)
		}
	}
}

func issue(t *testing.T, from, to time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a.example.com"}, NotBefore: from, NotAfter: to}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// Where nobody listens, nobody knows who will be let in.
func TestAnUpstreamThatDoesNotListenIsNotSaidToBeClosed(t *testing.T) {
	u := Upstream{Service: "shop", URL: &url.URL{Scheme: "http", Host: "127.0.0.1:3000"}}
	for _, tt := range []struct {
		name string
		at   []string
		want Status
	}{
		{"nobody", nil, Skip},
		{"somebody on another port", []string{"0.0.0.0:3001"}, Skip},
		{"loopback", []string{"127.0.0.1:3000"}, OK},
		{"another loopback address", []string{"127.0.0.2:3000"}, Skip},
		{"every address", []string{"127.0.0.1:3000", "0.0.0.0:3000"}, Fail},
		{"every address of IPv6, and with it of IPv4", []string{"[::]:3000"}, Fail},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var open []listening
			for _, a := range tt.at {
				open = append(open, listening{at: netip.MustParseAddrPort(a), inode: "1"})
			}
			if l := (&World{Proc: t.TempDir()}).past(t.Context(), u, open, nil); l.Status != tt.want {
				t.Errorf("it says %+v", l)
			}
		})
	}
	far := Upstream{Service: "shop", URL: &url.URL{Scheme: "https", Host: "192.0.2.1"}}
	if l := (&World{}).past(t.Context(), far, nil, nil); l.Status != Skip || !strings.Contains(l.Mend, "port 443") {
		t.Errorf("of another machine it says %+v", l)
	}
}

// Names that lead to this machine by definition are asked of nobody.
func TestNamesOfThisMachine(t *testing.T) {
	asked := 0
	w := &World{Hosts: []string{"notes.localhost", "localhost", "x.example.com"}, Resolve: func(context.Context, string) ([]netip.Addr, error) {
		asked++
		return []netip.Addr{netip.MustParseAddr("::ffff:127.0.0.1")}, nil
	}}
	if lines := names(t.Context(), w); len(lines) != 1 || lines[0].Status != OK || asked != 1 {
		t.Errorf("%+v, %d asked", lines, asked)
	}
}
