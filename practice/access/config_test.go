package access_test

import (
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/practice/access"
)

func TestRolesThatCannotBeWhatWasMeant(t *testing.T) {
	const allows = `allow: [{service: notes}]`
	for _, c := range []struct{ name, text, complaint string }{
		{"all is well", `roles: [{name: night-shift-2, ` + allows + `}, {name: a, deny: [{service: "*", methods: ["*", M-SEARCH], paths: ["/x/**"]}]}]`, ""},
		{"a name of 63 letters", `roles: [{name: ` + strings.Repeat("a", 63) + `, ` + allows + `}]`, ""},
		{"a name of 64 letters", `roles: [{name: ` + strings.Repeat("a", 64) + `, ` + allows + `}]`, "cannot name a role"},
		{"no name", `roles: [{` + allows + `}]`, "cannot name a role"},
		{"a name with capitals", `roles: [{name: Editor, ` + allows + `}]`, "cannot name a role"},
		{"a name with a blank", `roles: [{name: "night shift", ` + allows + `}]`, "cannot name a role"},
		{"a name that begins with a dash", `roles: [{name: -a, ` + allows + `}]`, "cannot name a role"},
		{"one of the console's names", `roles: [{name: owner, ` + allows + `}]`, "one of the console's roles"},
		{"a name twice", `roles: [{name: a, ` + allows + `}, {name: a, ` + allows + `}]`, "defined twice"},
		{"nothing in it", `roles: [{name: a}]`, "allows nothing"},
		{"no service", `roles: [{name: a, allow: [{methods: [GET]}]}]`, "names no service"},
		{"no method", `roles: [{name: a, allow: [{service: notes, methods: []}]}]`, "there is no method in the list"},
		{"no path", `roles: [{name: a, deny: [{service: notes, paths: []}]}]`, "there is no path in the list"},
		{"a method in small letters", `roles: [{name: a, deny: [{service: notes, methods: [get]}]}]`, "is no request method"},
		{"an empty method", `roles: [{name: a, allow: [{service: notes, methods: [""]}]}]`, "is no request method"},
		{"a contact of two lines", `{contact: "the\noffice"}`, "must be one line"},
		{"a service that there is not", `roles: [{name: a, allow: [{service: note}]}]`, `there is no service "note"`},
		{"one that there is not, forbidden", `roles: [{name: a, deny: [{service: x}]}]`, `there is no service "x"`},
		{"settings for one that there is not", `services: {wiki: {headers: true}}`, `there is no service "wiki"`},
		{"settings for all at once", `services: {"*": {headers: true}}`, `there is no service "*"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := c.text
			if !strings.HasPrefix(text, "{") {
				text = "{" + text + "}"
			}
			var all known
			_, err := config.Parse("tenward.yaml", []byte("access: "+text), &all, config.Options{})
			switch {
			case c.complaint == "" && err != nil:
				t.Error(err)
			case c.complaint != "" && (err == nil || !strings.Contains(err.Error(), c.complaint)):
				t.Errorf("complains %v, want %s", err, c.complaint)
			}
		})
	}
}

// A complaint points at the element of the list that it is about.
func TestAComplaintPointsAtItsLine(t *testing.T) {
	text := "access:\n  roles:\n    - name: a\n      allow:\n        - service: notes\n    - name: B\n      allow:\n        - service: notes\n"
	var all known
	_, err := config.Parse("tenward.yaml", []byte(text), &all, config.Options{})
	if err == nil || !strings.Contains(err.Error(), "tenward.yaml:6:") {
		t.Errorf("it says %v, want line 6", err)
	}
}

// known is a configuration whose one service is notes.
type known struct {
	Access access.Config `yaml:"access"`
}

func (k *known) Validate(r *config.Report) { k.Access.Known([]string{"notes"}, r.At("access")) }
