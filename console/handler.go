package console

import (
	"net/http"

	"github.com/tenward/tenward/practice"
)

// Handler is the web face.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", c.ui.Assets())
	mux.HandleFunc("POST /theme", c.setTheme)
	for _, p := range c.pages {
		mux.HandleFunc("GET "+p.Path, c.inside(p.role, c.show(p)))
		if p.live {
			mux.HandleFunc("GET "+p.Path+"/live", c.inside(p.role, c.live(p)))
		}
	}
	mux.HandleFunc("POST /actions/{name}", c.inside(practice.RoleReader, c.act))
	mux.HandleFunc("POST /undo", c.inside(practice.RoleReader, c.undo))
	for _, form := range [...]string{"csv", "jsonl"} {
		mux.HandleFunc("GET /events."+form, c.inside(practice.RoleAuditor, c.export(form)))
	}
	mux.HandleFunc("GET /find", c.inside(practice.RoleAuditor, c.find))
	c.data(mux, c.inside)
	mux.HandleFunc("GET /{$}", c.inside(practice.RoleReader, c.begin))
	mux.HandleFunc("/", c.inside(practice.RoleReader, func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, r, http.StatusNotFound, errUnknownPage)
	}))
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, r, http.StatusForbidden, errOtherSite)
	}))
	return c.guarded(sameOrigin.Handler(mux))
}

// begin leads to the first page of somebody's navigation.
func (c *Console) begin(w http.ResponseWriter, r *http.Request) {
	rail := c.navigation(r.Context(), nil)
	if len(rail) == 0 {
		c.refuse(w, r, http.StatusNotFound, errUnknownPage)
		return
	}
	http.Redirect(w, r, rail[0].Items[0].Path, http.StatusSeeOther)
}
