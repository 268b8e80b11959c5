package gate

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"testing"
)

// The operator's table of limits is the program's.
func TestTheDocumentedLimitsAreTheDefaults(t *testing.T) {
	text, err := os.ReadFile("../docs/operating/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^ ]+) \\|").FindAllStringSubmatch(string(text), -1) {
		documented[m[1]] = m[2]
	}
	var c LimitsConfig
	c.Defaults()
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("yaml")
		if got := fmt.Sprint(v.Field(i).Interface()); documented[name] != got {
			t.Errorf("%s is %s, documented as %q", name, got, documented[name])
		}
		delete(documented, name)
	}
	for name := range documented {
		t.Errorf("%s is documented and does not exist", name)
	}
}
