// Package browser looks at Tenward's pages as people do: with Debian's Chromium, in front of the real program.
//
// It is a module of its own, so that nobody who builds Tenward downloads any of what it needs.
package browser

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// world is one demo, one browser.
type world struct {
	console, application *url.URL // where attacks are refused
	weak, closed, portal *url.URL // the same application with the rules only watching, and for nobody; where people sign in
	program, folder      string
	demo                 *exec.Cmd
	browser              context.Context
	stopBrowser          context.CancelFunc
	owner                []*network.Cookie // what a browser has in which the owner has signed in
}

var here *world

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser tests:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	folder, err := os.MkdirTemp("", "tenward-browser")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	w := &world{folder: folder, program: filepath.Join(folder, "tenward")}
	defer w.stop()
	if err := w.prepare(); err != nil {
		return 1, err
	}
	here = w
	return m.Run(), nil
}

// prepare builds the program, starts the demo and the browser, and lets a few things happen.
func (w *world) prepare() error {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return errors.New("no chromium: apt-get install --no-install-recommends chromium")
	}
	build := exec.Command("go", "build", "-o", w.program, ".")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build tenward: %w\n%s", err, out)
	}
	if err := loadAxe(); err != nil {
		return err
	}
	if err := w.startDemo(); err != nil {
		return err
	}
	pins, err := w.pins()
	if err != nil {
		return err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox,
		chromedp.Flag("ignore-certificate-errors-spki-list", pins), chromedp.Flag("host-resolver-rules", "MAP *.example.test 127.0.0.1"), chromedp.Flag("hide-scrollbars", false), chromedp.Flag("lang", "en-US"))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	browser, stopTab := chromedp.NewContext(allocated)
	w.browser, w.stopBrowser = browser, func() { stopTab(); stop() }
	if err := chromedp.Do(browser); err != nil {
		return fmt.Errorf("start chromium: %w", err)
	}
	if err := w.enrolOwner(); err != nil {
		return fmt.Errorf("enrol the owner: %w", err)
	}
	return w.letThingsHappen()
}

func (w *world) stop() {
	if w.stopBrowser != nil {
		w.stopBrowser()
	}
	if w.demo != nil {
		_ = w.demo.Process.Signal(os.Interrupt)
		_ = w.demo.Wait()
	}
}

// configuration puts the portal, the console and the applications on sibling hosts of one site: names below localhost
// are different sites to a browser, and would hide what siblings can do to each other.
const configuration = `
data: .
listen: {https: "127.0.0.1:0", admin: "127.0.0.1:0"}
portal: {host: login.example.test, name: Example}
console: {host: console.example.test, listen: "127.0.0.1:0"}
services:
  notes: {hosts: [notes.example.test], upstream: "http://127.0.0.1:PORT", public: ["/search", "/assets/**"]}
  closed: {hosts: [closed.example.test], upstream: "http://127.0.0.1:PORT"}
  weak: {hosts: [weak.example.test], upstream: "http://127.0.0.1:PORT"}
access:
  contact: the office
  roles: [{name: author, allow: [{service: notes, methods: ["*"]}, {service: weak, methods: ["*"]}]}]
validation: {services: {weak: {mode: observe}}}
`

// startDemo starts the demo with a configuration of its own.
func (w *world) startDemo() error {
	var messages bytes.Buffer
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(free.Addr().String())
	if err := errors.Join(err, free.Close(), os.Mkdir(filepath.Join(w.folder, "data"), 0o700)); err != nil {
		return err
	}
	if err := os.WriteFile(w.config(), []byte(strings.ReplaceAll(configuration, "PORT", port)), 0o600); err != nil {
		return err
	}
	w.demo = exec.Command(w.program, "demo", "--port", "0", "--console-port", "0", "--data", filepath.Join(w.folder, "data"))
	w.demo.Stderr = &messages
	w.demo.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := w.demo.StdoutPipe()
	if err != nil {
		return err
	}
	if err := w.demo.Start(); err != nil {
		return err
	}
	var page strings.Builder
	buffer := make([]byte, 4096)
	for !strings.Contains(page.String(), "Ctrl-C stops it") {
		n, err := out.Read(buffer)
		page.Write(buffer[:n])
		if err != nil {
			return fmt.Errorf("the demo ended: %w\n%s%s", err, page.String(), messages.String())
		}
	}
	for name, to := range map[string]**url.URL{"console": &w.console, "notes": &w.application, "login": &w.portal} {
		at := regexp.MustCompile(`https://` + name + `\.example\.test:\d+`).FindString(page.String())
		if *to, err = url.Parse(at); err != nil || at == "" {
			return fmt.Errorf("the demo does not say where its %s is: %s", name, page.String())
		}
	}
	w.weak = &url.URL{Scheme: "https", Host: "weak.example.test:" + w.application.Port()}
	w.closed = &url.URL{Scheme: "https", Host: "closed.example.test:" + w.application.Port()}
	return nil
}

func (w *world) config() string { return filepath.Join(w.folder, "data", "tenward.yaml") }

// command runs the program against the demo.
func (w *world) command(args ...string) (string, error) {
	out, err := exec.Command(w.program, append(args, "-c", w.config())...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tenward %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// invite makes somebody new and gives their link.
func (w *world) invite(args ...string) (string, error) {
	file, err := os.CreateTemp(w.folder, "link")
	if err != nil {
		return "", err
	}
	if err := errors.Join(file.Close(), os.Remove(file.Name())); err != nil {
		return "", err
	}
	if _, err := w.command(append([]string{"person", "invite", "--link-file", file.Name()}, args...)...); err != nil {
		return "", err
	}
	link, err := os.ReadFile(file.Name())
	return strings.TrimSpace(string(link)), err
}

// pins are the hashes of the keys that the browser takes in spite of an authority it does not know.
func (w *world) pins() (string, error) {
	var pins []string
	for _, u := range []*url.URL{w.console, w.application, w.portal, w.weak, w.closed} {
		c, err := tls.Dial("tcp", "127.0.0.1:"+u.Port(), &tls.Config{ServerName: u.Hostname(), InsecureSkipVerify: true}) // its key is what is wanted
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(c.ConnectionState().PeerCertificates[0].RawSubjectPublicKeyInfo)
		pins = append(pins, base64.StdEncoding.EncodeToString(sum[:]))
		if err := c.Close(); err != nil {
			return "", err
		}
	}
	return strings.Join(pins, ","), nil
}

// get asks the application something, past the browser.
func (w *world) get(path string) (id string, status int, err error) {
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // loopback, and not what is under test
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			return new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+port)
		},
	}}
	defer client.CloseIdleConnections()
	res, err := client.Get(w.application.String() + path)
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res.Header.Get("Tenward-Event"), res.StatusCode, err
}

// hostile is what an attacker would have the console run.
const hostile = `"><script>document.title="owned"</script><img src=x onerror="document.title='owned'">`

// refusedID is the event of a refused attack that carries script.
var refusedID string

func (w *world) letThingsHappen() error {
	for range 3 {
		if _, status, err := w.get("/search?q=milk"); err != nil || status != http.StatusOK {
			return fmt.Errorf("an honest search: %d, %w", status, err)
		}
	}
	if _, _, err := w.get("/search?q=" + url.QueryEscape("' UNION SELECT name, password, '' FROM people --")); err != nil {
		return err
	}
	if _, _, err := w.get("/notes"); err != nil {
		return err
	}
	id, status, err := w.get("/search?q=" + url.QueryEscape(hostile))
	if err != nil || status != http.StatusForbidden || id == "" {
		return fmt.Errorf("the hostile search: %d, %w", status, err)
	}
	refusedID = id
	return nil
}

// wait bounds what should happen at once.
const wait = 30 * time.Second
