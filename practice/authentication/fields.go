package authentication

import (
	"github.com/tenward/tenward/identity"
	"github.com/tenward/tenward/practice"
)

// What the practice's pages can be asked for, and what its actions are told.

func byPerson() []practice.Field {
	return []practice.Field{{Name: "id", Doc: "The person's id", Required: true}}
}

func whichFields() []practice.Field {
	return []practice.Field{
		{Name: "name", Doc: "Only people whose name or account holds this"},
		{Name: "state", Doc: "Only those who stand so", Words: []string{string(identity.Active), string(identity.Invited), string(identity.Disabled)}},
		{Name: "factor", Doc: "Only those with this second factor", Words: []string{"none", "app"}},
		{Name: "after", Doc: "The page behind another: next of its answer"},
	}
}

func inviteFields() []practice.Field {
	return append(accountFields(),
		practice.Field{Name: "name", Doc: "Their name for people to read; without one it is the account"},
		practice.Field{Name: "email", Doc: "Where the link is sent; without one it is in the answer, this one time"},
		practice.Field{Name: "locale", Doc: "The language of the portal for them", Words: []string{"en", "de"}},
		practice.Field{Name: "role", Doc: "A role that they get once they have enrolled"},
		practice.Field{Name: "group", Doc: "A group that they join", Many: true},
	)
}

// accountFields name somebody, and say why.
func accountFields() []practice.Field {
	return []practice.Field{{Name: "account", Doc: "The account of whom is meant", Required: true}, practice.Reason()}
}

func sessionFields() []practice.Field {
	return append(accountFields(), practice.Field{Name: "session", Doc: "The session's id, as the person's page has it", Required: true})
}
