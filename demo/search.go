package demo

import (
	"context"
	"encoding/json"
	"html/template"
	"net/http"
)

type note struct {
	Owner string `json:"owner"`
	Title string `json:"title"`
	Body  string `json:"body"`
}

// find is the heart of the weakness: what is searched for becomes part of the statement. CWE-89.
func (a *App) find(ctx context.Context, q string) ([]note, error) {
	return a.query(ctx, "SELECT owner, title, body FROM notes WHERE private = 0 AND (title || ' ' || body) LIKE '%"+q+"%' LIMIT 50")
}

func (a *App) query(ctx context.Context, statement string, args ...any) ([]note, error) {
	rows, err := a.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() // rows.Err is looked at
	found := []note{}
	for rows.Next() {
		var n note
		if err := rows.Scan(&n.Owner, &n.Title, &n.Body); err != nil {
			return nil, err
		}
		found = append(found, n)
	}
	return found, rows.Err()
}

func (a *App) home(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, "home.html", map[string]any{"Title": "Notes", "GatePerson": gatePerson(r)})
}

func (a *App) search(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	found, err := a.find(r.Context(), q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // CWE-209
		return
	}
	a.show(w, r, "search.html", map[string]any{
		"Title": "Search", "Query": q, "Notes": found,
		"Echo": template.HTML(q), // CWE-79: what was searched for comes back as markup
	})
}

func (a *App) apiSearch(w http.ResponseWriter, r *http.Request) {
	found, err := a.find(r.Context(), r.URL.Query().Get("q"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // CWE-209
		return
	}
	answer(w, found)
}

func (a *App) apiNotes(w http.ResponseWriter, r *http.Request) {
	found, err := a.query(r.Context(), "SELECT owner, title, body FROM notes WHERE private = 0 ORDER BY id DESC LIMIT 100")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, found)
}

func (a *App) apiAddNote(w http.ResponseWriter, r *http.Request) {
	var n note
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := a.insert(r.Context(), n); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusCreated)
	answer(w, n)
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // our own types; the client may have gone
}
