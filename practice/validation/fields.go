package validation

import "github.com/tenward/tenward/practice"

// What the practice's pages can be asked for, and what its actions are told.

func byRule() []practice.Field {
	return []practice.Field{{Name: "rule", Doc: "The rule's number", Number: true, Required: true}}
}

func byEvent() []practice.Field {
	return []practice.Field{{Name: "event", Doc: "The id of an event whose request would pass with what is given"}}
}

// exclusionFields say what a rule is not to look at.
func exclusionFields() []practice.Field {
	return []practice.Field{
		{Name: "service", Doc: "The service's name in the configuration", Required: true},
		{Name: "rule", Doc: "The number of the rule", Number: true, Required: true},
		{Name: "target", Doc: "What it does not look at any more: ARGS:comment", Required: true},
		{Name: "path", Doc: "On which paths: /notes for one, /notes/** for all below it", Required: true},
		because(),
	}
}

func because() practice.Field {
	why := practice.Reason()
	why.Required = true
	return why
}

func byExclusion(why practice.Field) []practice.Field {
	return []practice.Field{{Name: "id", Doc: "The exclusion's id", Required: true}, why}
}
