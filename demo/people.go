package demo

import (
	"context"
	"database/sql"
	"errors"
	"html/template"
	"net/http"
	"strconv"
)

const cookie = "session"

// person reads who is signed in. CWE-330: the cookie is the person's number, so anybody can be anybody.
func (a *App) person(r *http.Request) string {
	c, err := r.Cookie(cookie)
	if err != nil {
		return ""
	}
	var name string
	if err := a.db.QueryRowContext(r.Context(), "SELECT name FROM people WHERE id = ?", c.Value).Scan(&name); err != nil {
		return ""
	}
	return name
}

func (a *App) loginForm(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, "login.html", map[string]any{"Title": "Sign in"})
}

func (a *App) login(w http.ResponseWriter, r *http.Request) {
	name, password := r.PostFormValue("name"), r.PostFormValue("password")
	var id int
	// CWE-89: the name can end the statement before the password is asked for.
	err := a.db.QueryRowContext(r.Context(), "SELECT id FROM people WHERE name = '"+name+"' AND password = '"+password+"'").Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		w.WriteHeader(http.StatusForbidden)
		a.show(w, r, "login.html", map[string]any{"Title": "Sign in", "Wrong": true})
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError) // CWE-209
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: strconv.Itoa(id), Path: "/"}) // CWE-330, CWE-614, CWE-1004
	http.Redirect(w, r, "/notes", http.StatusSeeOther)
}

func (a *App) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *App) notes(w http.ResponseWriter, r *http.Request) {
	who := a.person(r)
	found, err := a.query(r.Context(), "SELECT owner, title, body FROM notes WHERE private = 0 OR owner = ? ORDER BY id DESC LIMIT 100", who)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	type raw struct {
		note
		HTML template.HTML
	}
	shown := make([]raw, 0, len(found))
	for _, n := range found {
		shown = append(shown, raw{n, template.HTML(n.Body)}) // CWE-79: stored and shown as markup
	}
	a.show(w, r, "notes.html", map[string]any{"Title": "All notes", "Notes": shown})
}

func (a *App) addNote(w http.ResponseWriter, r *http.Request) {
	n := note{Owner: a.person(r), Title: r.PostFormValue("title"), Body: r.PostFormValue("body")}
	if n.Owner == "" {
		n.Owner = "a guest"
	}
	if err := a.insert(r.Context(), n); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/notes", http.StatusSeeOther)
}

func (a *App) insert(ctx context.Context, n note) error {
	if _, err := a.db.ExecContext(ctx, "INSERT INTO notes (owner, title, body) VALUES (?, ?, ?)", n.Owner, n.Title, n.Body); err != nil {
		return err
	}
	a.announce(n)
	return nil
}
