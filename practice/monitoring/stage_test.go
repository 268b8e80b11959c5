package monitoring_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/practice/monitoring"
	"github.com/tenward/tenward/practice/practicetest"
)

func service(plain monitoring.Plain, writable bool) *monitoring.Service {
	return monitoring.New(monitoring.Config{Plain: plain}, func() event.Health { return event.Health{Writable: writable} }, time.Now)
}

func TestContract(t *testing.T) {
	practicetest.Run(t, service(monitoring.Refuse, true).Practice(), worlds())
	practicetest.Run(t, service(monitoring.Serve, true).Practice(), worlds())
}

func TestNothingPassesUnrecordedWhereTheOperatorSaysSo(t *testing.T) {
	x := gatetest.Exchange(t, "GET", "https://notes.test/search", nil)
	v := practicetest.Refusal(t, service(monitoring.Refuse, false).Practice().Stages[0], x)
	if v.Status != http.StatusServiceUnavailable || v.Why.RetryAfter == 0 {
		t.Errorf("refused with %d, to be tried again after %s", v.Status, v.Why.RetryAfter)
	}
	if v, err := service(monitoring.Refuse, true).Practice().Stages[0].Run(t.Context(), x); err != nil || v.Refuses() {
		t.Errorf("with a record that can be written: %+v, %v", v, err)
	}
}

func TestServingGoesOnWithoutTheRecordUnlessTheOperatorSaysOtherwise(t *testing.T) {
	var c monitoring.Config
	c.Defaults()
	if stages := service(c.Plain, false).Practice().Stages; len(stages) != 0 {
		t.Errorf("by default %s stands in the road", stages[0].Name)
	}
}
