package app

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/convert"
	"github.com/tenward/tenward/convert/caddyfile"
	"github.com/tenward/tenward/convert/nginx"
	"github.com/tenward/tenward/problem"
)

type initCommand struct {
	From          string   `placeholder:"FILE" help:"Translate an nginx.conf or a Caddyfile; what it leaves out is named."`
	Upstream      []string `placeholder:"URL" help:"Where the application listens, such as http://127.0.0.1:3000; more than one for several places."`
	Host          []string `placeholder:"NAME" help:"A host name that clients ask for; more than one if there are."`
	Portal        string   `placeholder:"NAME" help:"Where people sign in; else login. beside the first host."`
	Console       string   `placeholder:"NAME" help:"Where you look after it all; else console. beside the first host."`
	Data          string   `default:"/var/lib/tenward" placeholder:"FOLDER" help:"The folder that holds everything Tenward keeps."`
	Listen        string   `default:":443" placeholder:":443" help:"Where clients come in."`
	ConsoleListen string   `default:":9443" placeholder:":9443" help:"Where the console answers."`
	Admin         string   `default:"127.0.0.1:9444" placeholder:"127.0.0.1:9444" help:"Where a monitoring system on this machine asks."`
	NoInput       bool     `help:"Ask nothing: what no flag says has its default, or is an error."`
}

// Run writes a configuration where none stands yet, and says what comes next.
func (i initCommand) Run(t *terminal) error {
	file := cmp.Or(t.config, "tenward.yaml")
	if _, err := os.Lstat(file); err == nil {
		return wontOverwrite(file)
	}
	plan, err := i.plan(t)
	if err != nil {
		return err
	}
	if err := i.places(t, plan); err != nil {
		return err
	}
	var text bytes.Buffer
	err = plan.Write(&text, convert.Places{
		Data: i.Data, Portal: i.Portal, Console: i.Console, HTTPS: i.Listen, Admin: i.Admin, ConsoleListen: i.ConsoleListen,
	})
	if err != nil {
		return err
	}
	// Whatever was asked or translated: what is written is a configuration that the other commands take.
	if _, err := config.Parse(file, text.Bytes(), new(Config), config.Options{}); err != nil {
		return err
	}
	if err := writeNew(file, text.Bytes()); err != nil {
		return err
	}
	if err := plan.WriteLeft(t.err); err != nil {
		return err
	}
	if n := len(plan.Left); n > 0 {
		t.say(fmt.Sprintf("\n%d %s left out; each is named above, and at the end of the file.", n, map[bool]string{true: "thing was", false: "things were"}[n == 1]))
	}
	named := ""
	if t.config != "" {
		named = " -c " + file
	}
	_, err = fmt.Fprintf(t.out, "%s is written: %d %s. Then:\n  %[4]s doctor%[5]s\n  %[4]s serve%[5]s\n  %[4]s person invite%[5]s --role owner NAME\n",
		file, len(plan.Services), plural(len(plan.Services), "service"), t.program, named)
	return err
}

func wontOverwrite(file string) error {
	return problem.New("init.file.exists", file+" is there already, and is left as it is.", "Name another file with -c, or move this one away.")
}

// writeNew writes a file that is not there yet. It holds no secrets, and the service's user must read it.
func writeNew(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // see above
	if errors.Is(err, fs.ErrExist) {
		return wontOverwrite(file)
	}
	if err == nil {
		_, err = f.Write(text)
		err = errors.Join(err, f.Sync(), f.Close())
	}
	if err != nil {
		return problem.New("init.file.unwritable", file+" cannot be written.", "Name another file with -c, or make its folder for this user.").Because(err)
	}
	return nil
}

// plan is what is to be written: translated, or asked for.
func (i *initCommand) plan(t *terminal) (*convert.Plan, error) {
	if i.From != "" {
		return i.translate()
	}
	plan := new(convert.Plan)
	service := &convert.Service{Path: "/"}
	err := i.asked(t, "Where does your application listen?", "--upstream", "http://127.0.0.1:3000", &i.Upstream, func(text string) error {
		return new(config.Upstream).UnmarshalText([]byte(text))
	})
	if err != nil {
		return nil, err
	}
	err = i.asked(t, "Which host names do clients ask for?", "--host", "app.localhost", &i.Host, func(text string) error {
		return new(config.HostName).UnmarshalText([]byte(text))
	})
	if err != nil {
		return nil, err
	}
	for _, u := range i.Upstream {
		service.Upstreams = append(service.Upstreams, convert.Upstream{URL: u, Weight: 1})
	}
	for _, h := range i.Host {
		service.Hosts = append(service.Hosts, strings.ToLower(h))
	}
	plan.Services = append(plan.Services, service)
	return plan, nil
}

// translate reads the file: a Caddyfile where its name says so, else one of nginx.
func (i *initCommand) translate() (*convert.Plan, error) {
	read := nginx.Read
	if name := filepath.Base(i.From); strings.Contains(strings.ToLower(name), "caddy") {
		read = caddyfile.Read
	}
	plan, err := read(i.From, convert.Disk{})
	if err != nil {
		return nil, err
	}
	if len(plan.Services) == 0 {
		var left strings.Builder
		_ = plan.WriteLeft(&left) // a builder takes everything
		return nil, problem.New("init.source.empty", "Nothing in "+i.From+" passes requests on in a way that could be translated:\n"+left.String(),
			"Name application and host by hand: tenward init --upstream http://127.0.0.1:3000 --host app.example.com")
	}
	return plan, nil
}

// places gives portal and console names of their own beside the first host.
func (i *initCommand) places(t *terminal, plan *convert.Plan) error {
	beside := plan.Services[0].Hosts[0]
	if first, rest, ok := strings.Cut(beside, "."); ok && (strings.Contains(rest, ".") || rest == "localhost") && first != "" {
		beside = rest
	}
	taken := map[string]bool{}
	for _, s := range plan.Services {
		for _, h := range s.Hosts {
			taken[h] = true
		}
	}
	for _, one := range []struct {
		question, flag, word string
		into                 *string
	}{
		{"Where are people to sign in?", "--portal", "login", &i.Portal},
		{"Where do you want to look after it all?", "--console", "console", &i.Console},
	} {
		name := one.word + "." + beside
		if taken[name] {
			name = "tenward-" + name
		}
		var list []string
		if *one.into != "" {
			list = []string{*one.into}
		}
		err := i.asked(t, one.question, one.flag, name, &list, func(text string) error {
			if taken[strings.ToLower(text)] {
				return config.Bad("name another", "%s is taken: each needs a name of its own", text)
			}
			return new(config.HostName).UnmarshalText([]byte(text))
		})
		if err != nil {
			return err
		}
		*one.into = strings.ToLower(list[0])
		taken[*one.into] = true
	}
	return nil
}
