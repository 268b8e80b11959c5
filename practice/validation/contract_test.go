package validation

import (
	"testing"

	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) { practicetest.Run(t, service(t, nil).Practice()) }
