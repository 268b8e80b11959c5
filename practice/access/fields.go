package access

import "github.com/tenward/tenward/practice"

// What the practice's pages can be asked for, and what its actions are told.

func byPerson() []practice.Field {
	return []practice.Field{{Name: "id", Doc: "The person's id", Required: true}}
}

func byRole() []practice.Field {
	return []practice.Field{{Name: "name", Doc: "The role's name", Required: true}}
}

func whichFields() []practice.Field {
	return []practice.Field{
		{Name: "role", Doc: "Only grants of this role"},
		{Name: "name", Doc: "Only of people and groups whose name or account holds this"},
		{Name: "ending", Doc: "Only those that have an end", Words: []string{"yes"}},
		{Name: "after", Doc: "The page behind another: next of its answer"},
	}
}

// tryFields try a request without sending it.
func tryFields() []practice.Field {
	return []practice.Field{
		{Name: "service", Doc: "The service of a request to be tried, not sent"},
		{Name: "method", Doc: "Its method, in capitals"},
		{Name: "path", Doc: "Its path; without one nothing is tried"},
	}
}

func asAccount() []practice.Field {
	return []practice.Field{{Name: "account", Doc: "Whose roles are tried; without one somebody's who has signed in and has none"}}
}

func grantFields() []practice.Field {
	return append(revokeFields(), practice.Field{Name: "until", Doc: "When it ends: a time as RFC 3339 has it, or a while from now such as 8h; without one it is for good, which a group's always is"})
}

func revokeFields() []practice.Field {
	return []practice.Field{
		{Name: "account", Doc: "The account of whom is meant; it goes before a group"},
		{Name: "group", Doc: "The group that is meant"},
		{Name: "role", Doc: "The role", Required: true},
		practice.Reason(),
	}
}
