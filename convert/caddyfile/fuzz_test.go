package caddyfile_test

import (
	"testing"

	"github.com/tenward/tenward/convert/caddyfile"
	"github.com/tenward/tenward/convert/converttest"
)

func FuzzRead(f *testing.F) { converttest.Fuzz(f, "Caddyfile", "(x) {\n log\n}\n", caddyfile.Read) }
