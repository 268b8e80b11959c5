package audits_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice/audits"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) {
	var conf audits.Config
	conf.Defaults()
	practicetest.Run(t, audits.New(conf, nil, func(context.Context) error { return nil }).Practice(), nil)
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       audits.Config
		complaint  string
	}{
		{name: "left out", text: "", want: audits.Config{Every: config.Duration(24 * time.Hour), First: config.Duration(time.Minute)}},
		{name: "more often", text: "every: 6h\nfirst: 10s", want: audits.Config{Every: config.Duration(6 * time.Hour), First: config.Duration(10 * time.Second)}},
		{name: "all the time", text: "every: 1s", complaint: "from 10m to 24h"},
		{name: "too seldom", text: "every: 25h", complaint: "from 10m to 24h"},
		{name: "before everything answers", text: "first: 0s", complaint: "from 1s to 24h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got audits.Config
			_, err := config.Parse("tenward.yaml", []byte(tt.text), &got, config.Options{})
			switch {
			case tt.complaint != "":
				if err == nil || !strings.Contains(err.Error(), tt.complaint) {
					t.Errorf("complained %v, want %q", err, tt.complaint)
				}
			case err != nil || got != tt.want:
				t.Errorf("read %+v, %v", got, err)
			}
		})
	}
}
