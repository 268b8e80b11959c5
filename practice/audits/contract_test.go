package audits_test

import (
	"testing"

	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) { practicetest.Run(t, audits.Practice()) }
