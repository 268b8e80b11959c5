package app

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/convert"
	"github.com/tenward/tenward/convert/caddyfile"
	"github.com/tenward/tenward/convert/nginx"
	"github.com/tenward/tenward/problem"
)

// What the parsers' golden files show is a configuration, whatever was translated.
func TestWhatIsTranslatedIsAConfiguration(t *testing.T) {
	found, err := filepath.Glob("../convert/*/testdata/*/tenward.yaml")
	if err != nil || len(found) < 16 {
		t.Fatalf("found %d: %v", len(found), err)
	}
	for _, file := range found {
		if _, err := config.Load(file, new(Config), config.Options{}); err != nil {
			t.Error(err)
		}
	}
}

// one is a single file, without others.
type one []byte

func (f one) Read(name string) ([]byte, error) {
	if name == "file" {
		return f, nil
	}
	return nil, fs.ErrNotExist
}

func (one) Glob(string) ([]string, error) { return nil, nil }

// Whatever the old configuration says, the one that is written is one.
func FuzzTranslation(f *testing.F) {
	for _, pattern := range []string{"../convert/nginx/testdata/*/nginx.conf", "../convert/caddyfile/testdata/*/Caddyfile"} {
		found, err := filepath.Glob(pattern)
		if err != nil || found == nil {
			f.Fatal("no examples", err)
		}
		for _, name := range found {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, read := range []func(string, convert.Files) (*convert.Plan, error){nginx.Read, caddyfile.Read} {
			plan, err := read("file", one(text))
			if err != nil || len(plan.Services) == 0 {
				continue
			}
			i := initCommand{NoInput: true, Data: "data", Listen: ":443", Admin: "127.0.0.1:9444", ConsoleListen: ":9443"}
			if err := i.places(&terminal{}, plan); err != nil {
				continue // names that leave no room for ours are said to
			}
			var out bytes.Buffer
			err = plan.Write(&out, convert.Places{Data: i.Data, Portal: i.Portal, Console: i.Console, HTTPS: i.Listen, Admin: i.Admin, ConsoleListen: i.ConsoleListen})
			if err != nil {
				t.Fatal(err)
			}
			var invalid *config.Invalid
			if _, err := config.Parse("tenward.yaml", out.Bytes(), new(Config), config.Options{}); errors.As(err, &invalid) {
				for _, wrong := range invalid.Issues {
					if !chosen(wrong.Path) {
						t.Fatalf("%v\n%s", err, out.Bytes())
					}
				}
			}
		}
	})
}

// chosen are values that go well together or do not, which the translation leaves to the one who wrote them.
func chosen(path string) bool { return path == "console.listen" }

// Answers are judged as they come, and asked for again.
func TestQuestionsAreAskedUntilAnAnswerIsOne(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "tenward.yaml")
	var out, messages bytes.Buffer
	person := &terminal{
		in:  strings.NewReader("http://127.0.0.1:3000\n"),
		out: &out, err: &messages, config: file, program: "tenward", asks: func() bool { return true },
	}
	i := initCommand{Data: "data", Listen: ":443", Admin: "127.0.0.1:9444", ConsoleListen: ":9443"}
	if err := i.Run(person); err == nil || !strings.Contains(err.Error(), "answers ended") {
		t.Fatalf("the answers end too early, and it says %v", err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Fatal("half a configuration was written")
	}
	person.in, person.lines = strings.NewReader("localhost:3000\nhttp://127.0.0.1:3000\nshop.example.com, www.example.com\nshop.example.com\na.example.com b.example.com\n\nlook.example.com\n"), nil
	messages.Reset()
	i = initCommand{Data: "data", Listen: ":443", Admin: "127.0.0.1:9444", ConsoleListen: ":9443"}
	if err := i.Run(person); err != nil {
		t.Fatalf("%v\n%s", err, messages.String())
	}
	c := new(Config)
	if _, err := config.Load(file, c, config.Options{}); err != nil {
		t.Fatal(err)
	}
	if c.Portal.Host != "login.example.com" || c.Console.Host != "look.example.com" || len(c.Services["shop"].Hosts) != 2 {
		t.Errorf("it is %+v %+v %+v", c.Portal, c.Console, c.Services)
	}
	for _, want := range []string{"begins with neither http://", "shop.example.com is taken", "name one", "[http://127.0.0.1:3000]", "[login.example.com]"} {
		if !strings.Contains(messages.String(), want) {
			t.Errorf("asked was\n%s, without %s", messages.String(), want)
		}
	}
	if err := i.Run(person); problem.Of(err).Code != "init.file.exists" {
		t.Errorf("a second time it says %v", err)
	}
}
