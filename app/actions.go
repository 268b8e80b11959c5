package app

import (
	"net/http"

	"github.com/tenward/tenward/practice"
)

// consoleParts are what the console shows and does for the practices.
type consoleParts struct {
	pages       []practice.Page
	actions     []practice.Action
	remedies    []practice.Remedy
	permissions []practice.Permission
}

func consoleOf(ten []practice.Practice) consoleParts {
	var c consoleParts
	for _, p := range ten {
		c.pages = append(c.pages, p.Pages...)
		c.actions = append(c.actions, p.Actions...)
		c.remedies = append(c.remedies, p.Remedies...)
		c.permissions = append(c.permissions, p.Permissions...)
	}
	return c
}

// local is what commands on this machine can ask for: the console's data and actions, and the
// practices' API.
func local(console http.Handler, ten []practice.Practice) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", console)
	for _, p := range ten {
		for _, r := range p.Routes {
			if r.Face == practice.API {
				mux.Handle(r.Pattern, r.Handler)
			}
		}
	}
	return mux
}
