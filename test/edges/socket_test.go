package edges

import (
	"crypto/tls"
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

// systemd opens the port and starts the program for the first client, who waits meanwhile and is answered.
func TestPortsThatTheServiceManagerHasOpenedAreTaken(t *testing.T) {
	activate, err := exec.LookPath("systemd-socket-activate")
	if err != nil {
		t.Fatal("no systemd-socket-activate: apt-get install --no-install-recommends systemd")
	}
	upstream := application(t)
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "tenward.yaml")
	front, beside := free(t), free(t)
	config := strings.NewReplacer("{{data}}", data, `https: "127.0.0.1:0"`, `https: "`+front+`"`, `listen: "127.0.0.1:0"`, `listen: "`+beside+`"`).Replace(site(upstream.URL, ""))
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close() //nolint:errcheck // it was only written
	manager := exec.CommandContext(t.Context(), activate, "-l", front, "-l", beside, "--fdname=listen.https:console.listen", program, "serve", "-c", file)
	manager.Stderr = log
	manager.Cancel = func() error { return manager.Process.Signal(os.Interrupt) }
	manager.WaitDelay = 30 * time.Second
	if err := manager.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = manager.Cancel()
		_ = manager.Wait() // what it said is in its log
	}()
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true,
		TLSClientConfig:   &tls.Config{ServerName: "shop.example.com", MinVersion: tls.VersionTLS13, InsecureSkipVerify: true}, // its authority is made by the start that this waits for
	}}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 200 { // until the manager listens; the first that comes is answered
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+front+"/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "shop.example.com"
		res, err := client.Do(r)
		if err != nil && strings.Contains(err.Error(), "refused") {
			<-tick.C
			continue
		}
		if err != nil {
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("%v\n%s", err, said)
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close() // it was read
		if err != nil || res.StatusCode != http.StatusOK || string(body) != "0 bytes" {
			t.Fatalf("%s, %q, %v", res.Status, body, err)
		}
		return
	}
	t.Fatal("nobody ever listened")
}

// free is an address where nobody listens just now.
func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was only asked for an address
	return l.Addr().String()
}
