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

	"github.com/chromedp/chromedp"
)

// world is one demo, one browser.
type world struct {
	console, application *url.URL
	program, folder      string
	demo                 *exec.Cmd
	browser              context.Context
	stopBrowser          context.CancelFunc
	link                 string
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
		chromedp.Flag("ignore-certificate-errors-spki-list", pins), chromedp.Flag("hide-scrollbars", false), chromedp.Flag("lang", "en-US"))
	allocated, stop := chromedp.NewExecAllocator(context.Background(), options...)
	browser, stopTab := chromedp.NewContext(allocated)
	w.browser, w.stopBrowser = browser, func() { stopTab(); stop() }
	if err := chromedp.Do(browser); err != nil {
		return fmt.Errorf("start chromium: %w", err)
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

// lines gives each line of what the demo prints, to whoever waits for one.
func (w *world) startDemo() error {
	var messages bytes.Buffer
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
	w.link = regexp.MustCompile(`https://console\.localhost:\d+/open\?token=\S+`).FindString(page.String())
	if w.console, err = url.Parse(w.link); err != nil || w.link == "" {
		return fmt.Errorf("the demo prints no link: %s", page.String())
	}
	if w.application, err = url.Parse(regexp.MustCompile(`https://notes\.localhost:\d+`).FindString(page.String())); err != nil {
		return err
	}
	return nil
}

// pins are the hashes of the keys that the browser takes in spite of an authority it does not know.
func (w *world) pins() (string, error) {
	var pins []string
	for _, u := range []*url.URL{w.console, w.application} {
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

// newLink asks the running demo for another one-time link.
func (w *world) newLink(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), w.program, "console", "link", "-c", filepath.Join(w.folder, "data", "tenward.yaml")).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// wait bounds what should happen at once.
const wait = 30 * time.Second
