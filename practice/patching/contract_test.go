package patching_test

import (
	"testing"

	"github.com/tenward/tenward/practice/patching"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) { practicetest.Run(t, patching.Practice(), nil) }
