package console

import (
	"context"
	"net/url"

	"github.com/tenward/tenward/config"
)

// settings is the configuration in force. It is changed in its file.
type settings struct {
	File  string        `json:"file"`
	Lines []config.Line `json:"lines"`
	Given int           `json:"given"` // how many lines the file has
}

func (c *Console) loadSettings(context.Context, url.Values) (any, error) {
	s := &settings{File: c.o.File, Lines: c.o.Settings}
	for _, l := range s.Lines {
		if l.Given {
			s.Given++
		}
	}
	return s, nil
}
