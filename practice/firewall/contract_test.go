package firewall_test

import (
	"testing"

	"github.com/tenward/tenward/practice/firewall"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) { practicetest.Run(t, firewall.Practice(), nil) }
