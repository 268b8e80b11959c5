package console

import (
	"net/http"
)

// Handler is the web face.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /assets/", c.ui.Assets())
	mux.HandleFunc("POST /theme", c.setTheme)
	for _, p := range c.pages {
		mux.HandleFunc("GET "+p.path, c.inside(p.role, c.show(p)))
		mux.HandleFunc("GET "+p.path+"/live", c.inside(p.role, c.live(p)))
	}
	mux.HandleFunc("GET /events/{id}", c.inside(roleAuditor, c.showEvent))
	mux.HandleFunc("GET /find", c.inside(roleAuditor, c.find))
	c.data(mux, c.inside)
	mux.HandleFunc("GET /{$}", c.inside(roleReader, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, c.pages[0].path, http.StatusSeeOther)
	}))
	mux.HandleFunc("/", c.inside(roleReader, func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, r, http.StatusNotFound, errUnknownPage)
	}))
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.refuse(w, r, http.StatusForbidden, errOtherSite)
	}))
	return c.guarded(sameOrigin.Handler(mux))
}
