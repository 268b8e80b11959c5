package ui

import (
	"html/template"
)

// icons are line drawings on a field of 24 by 24: path data of SVG.
var icons = map[string]string{
	"traffic":   "M2 12h5l3-8 4 16 3-8h5",
	"events":    "M4 6h16M4 12h16M4 18h9",
	"services":  "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
	"settings":  "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5",
	"overview":  "M4 4h7v9H4zM13 4h7v5h-7zM13 11h7v9h-7zM4 15h7v5H4z",
	"practices": "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 12.500l2.800 2.800L16 10",
	"rules":     "M12 3l7 3v5c0 4.500-3 8-7 10-4-2-7-5.500-7-10V6zM9 11.500l2.200 2.200L15.500 9.500",
	"people":    "M9 11a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM2.500 20a6.500 6.500 0 0 1 13 0M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14a6.500 6.500 0 0 1 3.500 6",
	"shield":    "M12 3l7 3v5c0 4.500-3 8-7 10-4-2-7-5.500-7-10V6z",
	"filter":    "M4 5h16l-6.500 7.500V19l-3 1.500v-8z",
	"key":       "M8.500 19a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zM12 11.500 20 4M17 7l2.500 2.500",
	"updates":   "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 16.500V8M8.500 11 12 7.500l3.500 3.500",
	"training":  "M2.500 9.500 12 5l9.500 4.500L12 14zM6.500 11.500V16c1.500 1.500 3.500 2 5.500 2s4-.5 5.500-2v-4.500M21.500 9.500V15",
	"audits":    "M9 4h6v3H9zM9 5.500H6V21h12V5.500h-3M9 14l2.200 2.200L15.500 12",
	"search":    "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500l5 5",
	"dark":      "M20 14A8.500 8.500 0 0 1 10 4a8.500 8.500 0 1 0 10 10z",
	"light":     "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.400 1.400M17.600 17.600 19 19M5 19l1.400-1.400M17.600 6.400 19 5",
	"system":    "M4 5h16v11H4zM9 20h6M12 16v4",
	"refresh":   "M20 5v5h-5M4 19v-5h5M19.500 10A8 8 0 0 0 5.500 7.500M4.500 14a8 8 0 0 0 14 2.500",
	"pause":     "M9 5v14M15 5v14",
	"play":      "M7 5l12 7-12 7z",
	"close":     "M6 6l12 12M18 6 6 18",
	"back":      "M14.500 5l-7 7 7 7",
	"next":      "M9.500 5l7 7-7 7",
	"keys":      "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M18 10h.01M7 14h10",
	"lock":      "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3M12 15v2",
	"link":      "M10 14a4 4 0 0 0 6 .4l3-3A4 4 0 0 0 13.400 5.700L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.600 5.700L12 17",
	"alert":     "M12 4 2.500 20h19zM12 10v4.500M12 17.200v.1",
}

// HasIcon says whether there is a drawing of that name.
func HasIcon(name string) bool { return icons[name] != "" }

// icon is a decoration; the word stands beside it or in the label of what it is in.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="ic" viewBox="0 0 24 24" aria-hidden="true"><path d="` + //nolint:gosec // from the table above
		template.HTMLEscapeString(icons[name]) + `"/></svg>`)
}
