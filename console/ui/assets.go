package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed assets
var assetFiles embed.FS

// assets are the style sheet, the scripts and the icon, below one address that changes when any of them does: so they
// may be kept for ever, and modules find each other by relative names.
type assets struct {
	prefix string
	files  map[string]asset
}

type asset struct {
	kind          string
	plain, zipped []byte
}

// assetsRoot is where assets are served, followed by their hash.
const assetsRoot = "/assets/"

func loadAssets() (*assets, error) {
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, fmt.Errorf("read assets: %w", err)
	}
	a := &assets{files: make(map[string]asset, len(entries))}
	sum := sha256.New()
	for _, entry := range entries {
		body, err := assetFiles.ReadFile("assets/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", entry.Name(), err)
		}
		zipped, err := compress(body)
		if err != nil {
			return nil, fmt.Errorf("compress asset %s: %w", entry.Name(), err)
		}
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", entry.Name(), len(body), body) // a hash's Write never fails
		a.files[entry.Name()] = asset{kind: kindOf(entry.Name()), plain: body, zipped: zipped}
	}
	a.prefix = assetsRoot + hex.EncodeToString(sum.Sum(nil)[:10]) + "/"
	return a, nil
}

// kindOf does not leave to the machine's own tables what a style sheet is.
func kindOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return mime.TypeByExtension(ext)
	}
}

func compress(body []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// ServeHTTP serves one asset. Another version's address is not found: its page would get a style that is not its own.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutPrefix(r.URL.Path, a.prefix)
	file, found := a.files[name]
	if !ok || !found {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	body := file.plain
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		body = file.zipped
	}
	_, _ = w.Write(body) // the reader may have gone
}

// acceptsGzip reads Accept-Encoding (RFC 9110 section 12.5.3) as far as gzip goes: named, and not with a weight of 0.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q, has := strings.CutPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
			return !has || strings.Trim(q, "0.") != ""
		}
	}
	return false
}
