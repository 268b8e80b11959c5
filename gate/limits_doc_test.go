package gate

import (
	"encoding"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/tenward/tenward/gate/upstream"
)

// The page for operators says what the code does: every limit with its default, and none that is not there.
func TestThePageOfLimitsSaysWhatHolds(t *testing.T) {
	page, err := os.ReadFile("../docs/operating/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| `([^`]+)` \\|(?: [^|]+ \\|){3}$").FindAllStringSubmatch(string(page), -1) {
		if _, twice := said[row[1]]; twice {
			t.Errorf("%s stands there twice", row[1])
		}
		said[row[1]] = row[2]
	}
	var c LimitsConfig
	c.Defaults()
	if c.Limits() != SafeLimits() {
		t.Errorf("what is not configured is %+v, want %+v", c.Limits(), SafeLimits())
	}
	limits := reflect.ValueOf(c)
	for i := range limits.NumField() {
		name := limits.Type().Field(i).Tag.Get("yaml")
		value := fmt.Sprint(limits.Field(i).Interface())
		if m, ok := limits.Field(i).Interface().(encoding.TextMarshaler); ok {
			text, err := m.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			value = string(text)
		}
		if said[name] != value {
			t.Errorf("the page says %q of %s, the default is %q", said[name], name, value)
		}
		delete(said, name)
	}
	for name := range said {
		t.Errorf("the page has a limit %s that the gate has not", name)
	}
	for _, fixed := range []string{
		fmt.Sprintf("| head of an application's answer | %d KiB |", upstream.MaxHead>>10),
		fmt.Sprintf("| %d, for %.0f s |", upstream.MaxIdle, upstream.IdleFor.Seconds()),
		fmt.Sprintf("| largest buffer kept for the next body | %d KiB |", maxPooled>>10),
	} {
		if !regexp.MustCompile(regexp.QuoteMeta(fixed)).Match(page) {
			t.Errorf("the page does not say %q", fixed)
		}
	}
	if Shares != 4 {
		t.Error("the page says that one client may have a quarter")
	}
}
