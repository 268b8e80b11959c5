package hardening_test

import (
	"testing"

	"github.com/tenward/tenward/practice/hardening"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) { practicetest.Run(t, hardening.Practice(), nil) }
