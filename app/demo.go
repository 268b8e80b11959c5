package app

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/demo"
	"github.com/tenward/tenward/practice"
	"github.com/tenward/tenward/problem"
)

type demoCommand struct {
	Port        *uint16 `placeholder:"8443" help:"Where the protected application answers."`
	ConsolePort *uint16 `placeholder:"9443" help:"Where the console answers."`
	Data        string  `default:".tenward" placeholder:".tenward" help:"The folder that holds everything."`
}

//go:embed demo.yaml
var demoConfig string

//go:embed demo.txt
var demoText string

// Run starts the weak application and Tenward in front of it. What it needs it writes on the first start; a second
// start finds it.
func (d demoCommand) Run(ctx context.Context, t *terminal) (err error) {
	file := filepath.Join(d.Data, "tenward.yaml")
	if err := d.writeConfig(file); err != nil {
		return err
	}
	c, src, err := loadConfig(file, config.Options{})
	if err != nil {
		return err
	}
	notes := c.Services["notes"]
	if notes == nil {
		return problem.New("config.demo.changed", file+" has no service named notes any more.", "Remove the file: the next start writes it anew.")
	}
	d.override(c)

	application, err := demo.Open(ctx, filepath.Join(d.Data, "demo"))
	if err != nil {
		return problem.New("app.demo.unusable", "The sample application's own data cannot be opened.", "Remove "+filepath.Join(d.Data, "demo")+": the next start makes it anew.").Because(err)
	}
	defer func() { err = errors.Join(err, application.Close()) }()
	served, err := d.serveApplication(ctx, application, behind(c, notes.Upstream.Host), t.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, served.close()) }()
	notes.Upstream.Scheme, notes.Upstream.Host, notes.Upstreams = "http", served.address, nil // there is one, whatever the file says

	log := t.log
	if !t.log.Enabled(ctx, slog.LevelDebug) { // the page of addresses is to stay in sight
		log = newLogger(t.err, true, false)
	}
	again := func() (*Config, *config.Source, error) {
		c, src, err := loadConfig(file, config.Options{})
		if err == nil && c.Services["notes"] != nil {
			d.override(c)
			c.Services["notes"].Upstream.Host = served.address
		}
		return c, src, err
	}
	return run(ctx, c, options{log: log, env: os.Getenv, source: src, load: again, ready: func(at addresses) error {
		return t.welcome(ctx, c, d.Data, at)
	}})
}

// writeConfig writes the demo's configuration when there is none yet.
func (d demoCommand) writeConfig(file string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	err := os.MkdirAll(d.Data, 0o700)
	if err == nil {
		err = writeFile(file, []byte(demoConfig), 0o600)
	}
	if err != nil {
		return problem.New("app.data.unusable", fmt.Sprintf("The demo cannot write into %s.", d.Data), "Name another folder with --data.").Because(err)
	}
	return nil
}

// override lets the flags win over the file.
func (d demoCommand) override(c *Config) {
	for _, o := range []struct {
		port *uint16
		at   *config.Listen
	}{{d.Port, &c.Listen.HTTPS}, {d.ConsolePort, &c.Console.Listen}} {
		if o.port != nil {
			*o.at = config.Listen(net.JoinHostPort("127.0.0.1", strconv.Itoa(int(*o.port))))
			c.Listen.Admin = "127.0.0.1:0" // two demos beside each other
		}
	}
}

// behind is where the application listens: as the file says, unless it says several places, or a flag wants that very port.
func behind(c *Config, upstream string) string {
	if at := config.Listen(upstream); at == "" || at == c.Listen.HTTPS || at == c.Console.Listen {
		return "127.0.0.1:0"
	}
	return upstream
}

// application is the weak application, served on loopback.
type application struct {
	address string
	server  *http.Server
	ended   chan error
}

// serveApplication listens where the configuration says, or on any free port when that is taken: only the gate
// needs to know.
func (demoCommand) serveApplication(ctx context.Context, h http.Handler, address string, log *slog.Logger) (*application, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		l, err = new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("listen for the demo application: %w", err)
	}
	a := &application{
		address: l.Addr().String(), ended: make(chan error, 1),
		server: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)},
	}
	go func() { a.ended <- a.server.Serve(l) }()
	return a, nil
}

func (a *application) close() error {
	err := a.server.Close()
	if ended := <-a.ended; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	return err
}

// welcome prints where everything is, and lines to paste. While nobody is an owner it makes a link that lets somebody
// become one, if a terminal is there to show it: a log must not hold it.
func (t *terminal) welcome(ctx context.Context, c *Config, data string, at addresses) error {
	page, err := template.New("demo").Parse(demoText)
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(at.gate)
	if err != nil {
		return err
	}
	var first done
	if !at.owned && isTerminal(t.out) {
		form := url.Values{"account": {"admin"}, "role": {practice.RoleOwner}}
		if err := askOn(ctx, c.Data, http.MethodPost, "/api/v1/actions/authentication.person.invite", form, &first); err != nil {
			return err
		}
	}
	_, consolePort, err := net.SplitHostPort(at.console)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	err = page.Execute(&b, map[string]any{
		"Application": "https://" + net.JoinHostPort(string(c.Services["notes"].Hosts[0]), port),
		"Portal":      at.portal, "Console": "https://" + authority(string(c.Console.Host), consolePort),
		"Link": first.Once, "Unowned": !at.owned, "CA": filepath.Join(data, "ca.pem"), "Program": t.program, "Data": data, "Config": t.configFlag(data),
	})
	if err != nil {
		return err
	}
	_, err = b.WriteTo(t.out)
	return err
}

// configFlag names the configuration where `tenward log show` would not find it by itself.
func (t *terminal) configFlag(data string) string {
	if data == ".tenward" {
		return ""
	}
	return " -c " + filepath.Join(data, "tenward.yaml")
}
