package trust

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// place is where one kind of browser keeps its databases, below a home. What a pattern ends in is a file of NSS's
// "sql" databases: a folder without it is none.
type place struct{ browser, pattern string }

// places are all that Debian's browsers, snaps and flatpaks are known to use.
var places = []place{
	{"Chromium", ".pki/nssdb/cert9.db"},
	{"Chromium", ".local/share/pki/nssdb/cert9.db"}, // since Chromium 146, where the one above is missing
	{"Chromium (snap)", "snap/chromium/current/.pki/nssdb/cert9.db"},
	{"Chromium (flatpak)", ".var/app/org.chromium.Chromium/.pki/nssdb/cert9.db"},
	{"Chrome (flatpak)", ".var/app/com.google.Chrome/.pki/nssdb/cert9.db"},
	{"Firefox", ".mozilla/firefox/*/cert9.db"},
	{"Firefox", ".config/mozilla/firefox/*/cert9.db"}, // where it goes by the XDG rules
	{"Firefox (snap)", "snap/firefox/common/.mozilla/firefox/*/cert9.db"},
	{"Firefox (flatpak)", ".var/app/org.mozilla.firefox/.mozilla/firefox/*/cert9.db"},
	{"Firefox (flatpak)", ".var/app/org.mozilla.firefox/config/mozilla/firefox/*/cert9.db"},
}

// made is where Chromium's database is made when the person has none of its own: Chromium finds it there at its first
// start, for one there goes before the newer place.
var made = place{"Chromium", ".pki/nssdb"}

// databases lists those that are there, and the one that Chromium will want.
func databases(who Person) ([]database, error) {
	home := os.DirFS(who.Home)
	if _, err := fs.Stat(home, "."); err != nil {
		return nil, fmt.Errorf("open home folder: %w", err)
	}
	var found []database
	for _, p := range places {
		files, err := fs.Glob(home, p.pattern)
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", p.browser, err)
		}
		for _, file := range files {
			found = append(found, database{p.browser, filepath.Join(who.Home, filepath.Dir(file)), who})
		}
	}
	if !slices.ContainsFunc(found, func(d database) bool { return d.browser == made.browser }) {
		found = append(found, database{made.browser, filepath.Join(who.Home, made.pattern), who})
	}
	return found, nil
}
