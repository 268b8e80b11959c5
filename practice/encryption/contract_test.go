package encryption_test

import (
	"testing"
	"time"

	"github.com/tenward/tenward/practice/encryption"
	"github.com/tenward/tenward/practice/practicetest"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestContract(t *testing.T) {
	s, err := encryption.New(t.Context(), storetest.Memory(t).Secrets(store.NewMasterKey()), []string{"notes.test"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	practicetest.Run(t, s.Practice(), nil)
}
