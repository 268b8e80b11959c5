// Package demo is a notes application that is weak on purpose: it gives Tenward something to protect.
//
// Never let anybody reach it but through the gate. Each weakness stands at its line with its CWE number, and the
// tests show that each really works:
//
//	weakness                where                        what shows it
//	SQL injection  CWE-89   /search?q=, /api/search?q=   ' UNION SELECT name, password, '' FROM people --
//	reflected XSS  CWE-79   /search?q=                   <script>alert(1)</script>
//	SQL injection  CWE-89   /login, field name           ada' --
//	weak session   CWE-330  cookie session               the person's number
//	stored XSS     CWE-79   /notes, field body           <img src=x onerror=alert(1)>
//	traversal      CWE-22   /download?file=              ../notes.db
//	upload         CWE-434  /upload                      any type, and a name such as ../x
//	error detail   CWE-209  /api/search?q=               '
//	stored XSS     CWE-79   /chat, field text            <img src=x onerror=alert(1)>
//	forged form    CWE-352  /chat                        a form on any other site
//	any origin     CWE-1385 /chat/socket                 a WebSocket from a page of any other site
//	trusted field  CWE-290  X-Tenward-Person             the field, sent by anybody who gets around the gate
//
// The chat and the feed show that the gate passes WebSocket and server-sent events.
package demo

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // registers the driver
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed assets
var assetFiles embed.FS

// beat is shorter than any proxy's patience with a silent connection: those give up after 30 s or more.
const beat = 15 * time.Second

// App is the application. It answers HTTP and listens nowhere by itself.
type App struct {
	mux   *http.ServeMux
	db    *sql.DB
	pages *template.Template
	files string // uploads
	chat  room
	feed  room
	beat  time.Duration // how often a silent connection is shown to be alive
}

// Open finds the application's data in dir, or seeds it on the first start.
func Open(ctx context.Context, dir string) (*App, error) {
	a := &App{mux: http.NewServeMux(), files: filepath.Join(dir, "uploads"), beat: beat}
	if err := os.MkdirAll(a.files, 0o700); err != nil {
		return nil, fmt.Errorf("make demo folder: %w", err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "notes.db")+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	if err != nil {
		return nil, fmt.Errorf("open demo database: %w", err)
	}
	db.SetMaxOpenConns(4)
	a.db = db
	if err := a.seed(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("seed demo database: %w", err), db.Close())
	}
	if a.pages, err = template.ParseFS(pageFiles, "pages/*.html"); err != nil {
		return nil, errors.Join(fmt.Errorf("parse demo pages: %w", err), db.Close())
	}
	assets, err := fs.Sub(assetFiles, "assets")
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	a.mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
	a.mux.HandleFunc("GET /{$}", a.home)
	a.mux.HandleFunc("GET /search", a.search)
	a.mux.HandleFunc("GET /login", a.loginForm)
	a.mux.HandleFunc("POST /login", a.login)
	a.mux.HandleFunc("POST /logout", a.logout)
	a.mux.HandleFunc("GET /notes", a.notes)
	a.mux.HandleFunc("POST /notes", a.addNote)
	a.mux.HandleFunc("GET /chat", a.chatPage)
	a.mux.HandleFunc("POST /chat", a.say)
	a.mux.HandleFunc("GET /chat/socket", a.chatSocket)
	a.mux.HandleFunc("GET /feed", a.feedPage)
	a.mux.HandleFunc("GET /feed/events", a.feedEvents)
	a.mux.HandleFunc("GET /files", a.filesPage)
	a.mux.HandleFunc("GET /download", a.download)
	a.mux.HandleFunc("POST /upload", a.upload)
	a.mux.HandleFunc("GET /api/search", a.apiSearch)
	a.mux.HandleFunc("GET /api/notes", a.apiNotes)
	a.mux.HandleFunc("POST /api/notes", a.apiAddNote)
	return a, nil
}

// ServeHTTP answers one request.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<20)
	a.mux.ServeHTTP(w, r)
}

// Close ends what still listens, waits for it, and lets go of the database.
func (a *App) Close() error {
	a.chat.close()
	a.feed.close()
	return a.db.Close()
}

// show renders a page around its own template.
func (a *App) show(w http.ResponseWriter, r *http.Request, page string, data map[string]any) {
	data["Person"] = a.person(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if err := a.pages.ExecuteTemplate(w, page, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError) // CWE-209: tells more than it should
	}
}
