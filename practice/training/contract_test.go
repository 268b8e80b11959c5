package training_test

import (
	"testing"

	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/practice/training"
)

func TestContract(t *testing.T) { practicetest.Run(t, training.Practice(), nil) }
