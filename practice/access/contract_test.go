package access_test

import (
	"testing"

	"github.com/tenward/tenward/practice/access"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) { practicetest.Run(t, access.Practice()) }
