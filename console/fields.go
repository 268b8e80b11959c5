package console

import (
	"strconv"

	"github.com/tenward/tenward/event/index"
	"github.com/tenward/tenward/practice"
)

// What the console's own pages can be asked for, and what its actions are told.

func bySlug() practice.Field {
	return practice.Field{Name: "slug", Doc: "The practice's one word", Required: true}
}

func byCheck() []practice.Field {
	return []practice.Field{bySlug(), {Name: "check", Doc: "The check's id, without its practice", Required: true}}
}

func byStatus(above ...practice.Field) []practice.Field {
	return append(above, practice.Field{Name: "status", Doc: "Only checks that stand so", Words: practice.Unknown.Words()})
}

func byService() []practice.Field {
	return []practice.Field{{Name: "name", Doc: "The service's name in the configuration", Required: true}}
}

func byEvent() []practice.Field {
	return []practice.Field{{Name: "id", Doc: "The event's id, as error pages show it", Required: true}}
}

func byQuery() []practice.Field {
	return []practice.Field{
		{Name: "q", Doc: "A query, as the search field takes it; without one " + lately + " is asked for, with an empty one everything"},
		{Name: "cursor", Doc: "A page beside the first: newer or older of another answer"},
		{Name: "limit", Doc: "How many events a page has, up to " + strconv.Itoa(index.MaxPage) + "; whoever says it gets neither count nor facets", Number: true},
		{Name: "open", Doc: "The id of an event to be given whole besides"},
	}
}

func checkAsked() practice.Field {
	return practice.Field{Name: "check", Doc: "The check's id, with its practice before it", Required: true}
}
