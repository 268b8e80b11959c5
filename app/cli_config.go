package app

import (
	"errors"
	"fmt"

	"github.com/tenward/tenward/config"
)

type configCommand struct {
	Check  configCheck  `cmd:"" help:"Say everything that is wrong with the configuration, each with its place and its mend."`
	Show   configShow   `cmd:"" help:"Show the configuration as it is understood, with defaults; secrets stay hidden."`
	Schema configSchema `cmd:"" help:"Write the JSON Schema of the configuration, for editors."`
}

type configCheck struct{}

// Run checks the file, secrets included: they must be there.
func (configCheck) Run(t *terminal) error {
	c, src, err := t.load(config.Options{})
	var invalid *config.Invalid
	if t.json && errors.As(err, &invalid) {
		if err := t.printJSON(complaints(invalid)); err != nil {
			return err
		}
		return &exitError{code: exitConfig}
	}
	if err != nil {
		return err
	}
	if t.json {
		return t.printJSON([]complaint{})
	}
	_, err = fmt.Fprintf(t.out, "%s is valid: %d %s behind %s, console at %s\n",
		src.Name, len(c.Services), plural(len(c.Services), "service"), c.Listen.HTTPS, c.Console.Host)
	return err
}

// complaint is one thing that is wrong, for programs.
type complaint struct {
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Path     string `json:"path"`
	Sentence string `json:"sentence"`
	Mend     string `json:"mend"`
}

func complaints(invalid *config.Invalid) []complaint {
	list := make([]complaint, 0, len(invalid.Issues))
	for _, i := range invalid.Issues {
		list = append(list, complaint{i.Line, i.Column, i.Path, i.Sentence, i.Mend})
	}
	return list
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

type configShow struct{}

// Run shows where each value comes from. References to secrets are not followed.
func (configShow) Run(t *terminal) error {
	c, src, err := t.load(config.Options{KeepReferences: true})
	if err != nil {
		return err
	}
	return config.Show(t.out, src, c)
}

type configSchema struct{}

// Run writes the schema, which is made from the structs themselves.
func (configSchema) Run(t *terminal) error {
	defaults := new(Config)
	var incomplete *config.Invalid
	if _, err := config.Parse("defaults", []byte("{}"), defaults, config.Options{}); err != nil && !errors.As(err, &incomplete) {
		return err
	}
	schema, err := config.Schema(defaults, "https://github.com/tenward/tenward/schema/tenward.json", "Tenward's configuration")
	if err != nil {
		return err
	}
	_, err = t.out.Write(schema)
	return err
}
