package access_test

import (
	"testing"

	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) {
	each(t, func(h *house) { practicetest.Run(t, h.service.Practice()) })
}
