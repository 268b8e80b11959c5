// Package ui is how the console looks: the shell around each page, the components pages are made of, the style sheet,
// the scripts and the icons.
//
// Everything is rendered on the server with html/template and works without script; script adds live updates and
// keys. There is no inline style and no inline script anywhere, so the strictest content security policy (W3C CSP
// Level 3, Trusted Types) holds on every page.
package ui
