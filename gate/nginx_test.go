package gate

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// nginx is another reader of requests: it answers with the host and the path that it has read. What is given is its socket.
func nginx(t testing.TB) string {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	Nginx(t, fmt.Sprintf(`server { listen unix:%s; server_name _; location / { return 200 "$host $uri"; } }`, socket))
	return socket
}

// Nginx runs until the test ends, with these servers.
func Nginx(t testing.TB, servers string) {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/nginx")
	}
	if err != nil {
		t.Fatal("nginx is missing; install it: apt-get install nginx")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`daemon off; master_process off; pid %[1]s/pid; error_log stderr notice;
events {}
http {
  access_log off; default_type text/plain; keepalive_requests 1000000000; large_client_header_buffers 4 64k; client_max_body_size 0;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  %[2]s
}`, dir, servers)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "-p", dir, "-c", conf, "-e", "stderr")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
	in := bufio.NewScanner(said)
	for log := ""; !strings.Contains(log, "event method"); log += in.Text() { // it says so once it listens
		if !in.Scan() {
			t.Fatalf("nginx does not start: %s", log)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, said) }() // until it ends
}

// readers read the same request: nginx on a connection that is kept, and net/http.
type readers struct {
	addr string
	conn net.Conn
	in   *bufio.Reader
}

// ask gives what nginx has read, or what it answered instead of reading on.
func (r *readers) ask(t testing.TB, request string) string {
	t.Helper()
	if r.conn == nil {
		c, err := net.DialTimeout("unix", r.addr, 30*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		r.conn, r.in = c, bufio.NewReader(c)
	}
	if err := r.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(r.conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(r.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.Close {
		_ = r.conn.Close()
		r.conn = nil
	}
	if res.StatusCode != http.StatusOK {
		return res.Status
	}
	return string(text)
}

// FuzzTwoServersReadWhatTheRulesSaw sends what the gate lets through to nginx and to net/http: both must read the path
// that the rules were asked about, and the host that the service was found by.
func FuzzTwoServersReadWhatTheRulesSaw(f *testing.F) {
	for _, s := range [][2]string{
		{"notes.test", "/"}, {"Notes.Test.:8443", "/a/../b"}, {"[2001:DB8::1]:443", "/%2e%2E/"}, {"192.0.2.7", "/a;b=c"},
		{"a_b.test", "//a///b"}, {"notes.test:0", "/\xc3\xa9%20 é"}, {"notes.test", "/100%25.txt"}, {"notes.test", "/a%3fb%23c"},
		{"notes.test..", "/.../..a/a../~"}, {"notes.test", "/+&=$,'()*!@:%2b%26%3D"}, {"-", "/a%2"}, {"[::1", "/x\x00"}, {"..", "/%25%32%66"},
	} {
		f.Add(s[0], s[1])
	}
	r := &readers{addr: nginx(f)}
	f.Fuzz(func(t *testing.T, field, raw string) {
		host, ok := hostOf(field)
		escaped, decoded, err := normalisePath(raw)
		if !ok || err != nil || len(raw)+len(field) > 8<<10 {
			return
		}
		request := "GET " + escaped + " HTTP/1.1\r\nHost: " + field + "\r\n\r\n"
		read, err := http.ReadRequest(bufio.NewReader(strings.NewReader(request)))
		if err != nil || read.URL.Path != decoded || read.Host != field {
			t.Fatalf("of %q net/http reads %+v (%v); the rules saw path %q", request, read, err, decoded)
		}
		bare := host
		if strings.HasPrefix(field, "[") { // of an address nginx keeps the spelling
			bare = strings.ToLower(field[:strings.IndexByte(field, ']')+1])
		}
		if got, want := r.ask(t, request), bare+" "+decoded; got != want {
			t.Fatalf("of %q nginx reads %q; the rules saw %q", request, got, want)
		}
	})
}
