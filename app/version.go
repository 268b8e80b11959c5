package app

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/tenward/tenward/store"
)

// buildInfo says what this program was made of.
type buildInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Modified bool   `json:"modified"` // built from files that differ from the revision
	Go       string `json:"go"`
	System   string `json:"system"`
	Database int    `json:"database"` // how many changes of the database it knows
}

func build() buildInfo {
	b := buildInfo{Version: "unknown", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Database: store.Timeline()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Version = info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

type versionCommand struct{}

// Run says which version this is.
func (versionCommand) Run(t *terminal) error {
	b := build()
	if t.json {
		return t.printJSON(b)
	}
	revision := b.Revision
	if revision == "" {
		revision = "unknown revision"
	}
	if b.Modified {
		revision += ", modified"
	}
	_, err := fmt.Fprintf(t.out, "tenward %s (%s)\n%s %s\n", b.Version, revision, b.Go, b.System)
	return err
}
