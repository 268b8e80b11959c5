package browser

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var shots = flag.String("screenshots", "", "write the README's pictures into this folder")

var shotSeconds = flag.Int("seconds", 200, "how many seconds of traffic the pictures show")

// The pictures are made by hand (go test -run Pictures -screenshots ../../docs/screenshots) and looked at.
func TestPicturesCanBeMadeAnew(t *testing.T) {
	folder, seconds := *shots, 0
	if folder == "" {
		folder = t.TempDir()
	} else {
		seconds = *shotSeconds // of traffic, so that the chart has something to show
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for second := range seconds + 1 {
		asked := []string{"/search?q=bread", "/search?q=milk", "/assets/notes.css", "/search?q=tea+and+biscuits"}
		for range 4 + second%30/6 {
			asked = append(asked, "/search?q=shopping+list")
		}
		if second%17 == 0 {
			asked = append(asked, "/search?q=%27+OR+1%3D1+--+", "/notes", "/search?q=%3Csvg+onload%3Dalert(1)%3E", "/download?file=../../etc/passwd")
		}
		for _, path := range asked {
			if _, _, err := here.get(path); err != nil {
				t.Fatal(err)
			}
		}
		if second < seconds {
			<-tick.C
		}
	}
	for _, c := range []struct {
		name, path string
		m          mode
		outside    bool
	}{
		{name: "overview-light", path: "/overview", m: mode{width: 1440, height: 1000}},
		{name: "overview-dark", path: "/overview", m: mode{width: 1440, height: 1000, dark: true}},
		{name: "overview-phone", path: "/overview", m: mode{width: 390, height: 844}},
		{name: "practices-light", path: "/practices", m: mode{width: 1440, height: 1000}},
		{name: "check-light", path: "/practices/access/strangers-refused", m: mode{width: 1440, height: 900}},
		{name: "live-light", path: "/traffic", m: mode{width: 1440, height: 900}},
		{name: "live-dark", path: "/traffic", m: mode{width: 1440, height: 900, dark: true}},
		{name: "live-phone", path: "/traffic", m: mode{width: 390, height: 844}},
		{name: "event-light", path: "/events/" + refusedID, m: mode{width: 1440, height: 900}},
		{name: "events-dark", path: "/events", m: mode{width: 1440, height: 900, dark: true}},
		{name: "refused", path: here.application.String() + "/search?q=%3Cscript%3Ealert(1)%3C/script%3E", m: mode{width: 800, height: 520}, outside: true},
		{name: "login", path: here.portal.String() + "/login", m: mode{width: 800, height: 640}, outside: true},
		{name: "security", path: here.portal.String() + "/security", m: mode{width: 1100, height: 820}},
		{name: "denied", path: here.application.String() + "/notes", m: mode{width: 800, height: 520}},
	} {
		t.Run(c.name, func(t *testing.T) { // its tab is closed at the end: a session has so many live pages at most
			p := open(t, c.m)
			if !c.outside {
				p.signIn()
			}
			p.goTo(place{path: c.path})
			p.await(`document.readyState === "complete" && (document.querySelector("[data-live]") === null || document.querySelector(".live.on") !== null)`)
			ctx, cancel := p.bounded()
			picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			cancel()
			p.do(err)
			if len(picture) < 5_000 {
				t.Errorf("%s has only %d bytes", c.name, len(picture))
			}
			if err := os.WriteFile(filepath.Join(folder, c.name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}
