package demo

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// maxFile bounds what one download or upload may hold: the weakness is the name, not the amount.
const maxFile = 1 << 20

func (a *App) filesPage(w http.ResponseWriter, r *http.Request) {
	entries, err := os.ReadDir(a.files)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	a.show(w, r, "files.html", map[string]any{"Title": "Files", "Files": names})
}

// download gives any file that this user may read. CWE-22: the name may hold "..".
func (a *App) download(w http.ResponseWriter, r *http.Request) {
	f, err := os.Open(a.files + "/" + r.URL.Query().Get("file"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound) // CWE-209
		return
	}
	defer f.Close() // it was only read
	_, _ = io.CopyN(w, f, maxFile)
}

// upload keeps what it gets under the name it gets. CWE-434 and CWE-22: neither is looked at.
func (a *App) upload(w http.ResponseWriter, r *http.Request) {
	parts, err := r.MultipartReader()
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		// part.FileName would take the folder off; the field itself does not.
		name := rawFileName(part.Header.Get("Content-Disposition"))
		if name == "" {
			continue
		}
		content, err := io.ReadAll(io.LimitReader(part, maxFile))
		if err == nil {
			err = os.WriteFile(filepath.Join(a.files, name), content, 0o600)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	http.Redirect(w, r, "/files", http.StatusSeeOther)
}
