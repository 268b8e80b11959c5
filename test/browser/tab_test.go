package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is the accessibility checker's source.
var axe string

// loadAxe installs it where it is missing. It is never part of the repository.
func loadAxe() error {
	file := filepath.Join("node_modules", "axe-core", "axe.min.js")
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
		npm, err := exec.LookPath("npm")
		if err != nil {
			return errors.New("no npm: apt-get install --no-install-recommends nodejs npm")
		}
		if out, err := exec.Command(npm, "ci").CombinedOutput(); err != nil {
			return fmt.Errorf("npm ci: %w\n%s", err, out)
		}
	}
	source, err := os.ReadFile(file)
	axe = string(source)
	return err
}

// mode is how somebody looks.
type mode struct {
	name          string
	width, height int64
	dark          bool
	noScript      bool
	zoom          float64 // 2 is 200 %
}

var modes = []mode{
	{name: "light, wide", width: 1440, height: 900},
	{name: "dark, wide", width: 1440, height: 900, dark: true},
	{name: "light, phone", width: 390, height: 844},
	{name: "dark, phone", width: 390, height: 844, dark: true},
}

// tab is one tab in a browser context of its own, with all that it complained of.
type tab struct {
	*testing.T
	ctx  context.Context
	mu   sync.Mutex
	said []string
}

// open opens a tab.
func open(t *testing.T, m mode) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(here.browser, chromedp.WithNewBrowserContext())
	return start(t, ctx, cancel, m)
}

// beside opens another tab for the same person.
func (p *tab) beside() *tab {
	p.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	return start(p.T, ctx, cancel, modes[0])
}

func start(t *testing.T, ctx context.Context, cancel func(), m mode) *tab {
	t.Helper()
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx}
	p.do(chromedp.Do(ctx))
	p.do(chromedp.Listen(ctx, p.hear))
	_, err := chromedp.Call(ctx, cdplog.Enable, struct{}{})
	p.do(err)
	p.look(m)
	return p
}

// look changes how the tab is looked at.
func (p *tab) look(m mode) {
	p.Helper()
	width, height, scale := m.width, m.height, 1.0
	if m.zoom > 0 {
		width, height, scale = int64(float64(width)/m.zoom), int64(float64(height)/m.zoom), m.zoom
	}
	_, err := chromedp.Call(p.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: scale, Mobile: width < 800,
	})
	p.do(err)
	scheme := "light"
	if m.dark {
		scheme = "dark"
	}
	_, err = chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	p.do(err)
	_, err = chromedp.Call(p.ctx, emulation.SetScrollbarsHidden, emulation.SetScrollbarsHiddenParams{Hidden: width < 800 || *shots != ""})
	p.do(err)
	_, err = chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: m.noScript})
	p.do(err)
}

// hear keeps what the browser's console says.
func (p *tab) hear(ev any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := ev.(type) {
	case *cdplog.EventEntryAdded:
		// The page of a refusal is meant to have its status.
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			p.said = append(p.said, e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			text += " " + thrown.Description
		}
		p.said = append(p.said, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" {
			p.said = append(p.said, fmt.Sprint(e.Args))
		}
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; strings.HasPrefix(u, "http") && !strings.Contains(u, ".example.test:") {
			p.said = append(p.said, "asks a stranger: "+u)
		}
	}
}

// quiet fails when the browser complained of anything: errors, violated policies, requests to strangers.
func (p *tab) quiet() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.said {
		p.Errorf("the browser says: %s", s)
	}
	p.said = nil
}

func (p *tab) do(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *tab) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, wait)
}

// visit opens an address.
func (p *tab) visit(address string) {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	p.do(chromedp.Do(ctx, chromedp.Navigate(address)))
}

// ask evaluates an expression.
func ask[T any](p *tab, expression string) T {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%v: %.80s", err, expression)
	}
	return value
}

// await waits until an expression is true.
func (p *tab) await(expression string) {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		// While one page goes and another comes there is nobody to ask.
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression, chromedp.EvalAwaitPromise))
		if err == nil && holds {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			p.Fatalf("never: %s: %v", expression, err)
		}
	}
}

// press types keys.
func (p *tab) press(keys string) {
	p.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	p.do(chromedp.Do(ctx, chromedp.KeyEvent(keys)))
}

// signIn opens the console as the owner, whose session on the portal the browser is given: codes of the authenticator
// app come once in half a minute only.
func (p *tab) signIn() {
	p.Helper()
	p.beOwner()
	p.visit(p.at("/traffic"))
	p.awaitPath("/traffic")
}

// beOwner gives the browser the owner's session on the portal.
func (p *tab) beOwner() {
	p.Helper()
	for _, c := range here.owner {
		_, err := chromedp.Call(p.ctx, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: c.Value, URL: here.portal.String() + "/", Path: "/", Secure: new(true), HTTPOnly: new(true), SameSite: c.SameSite,
		})
		p.do(err)
	}
}

// awaitPath waits until the tab is there; it works without script in the page.
func (p *tab) awaitPath(path string) {
	p.Helper()
	p.await(`location.pathname === "` + path + `" && document.readyState === "complete"`)
}

func (p *tab) at(path string) string { return "https://" + here.console.Host + path }
