package config

import "strings"

// PathPattern is a set of paths. A segment * stands for any one segment; ** at the end stands for everything
// below, and for the place itself: /assets/** has /assets and /assets/a/b.css, but not /assetsx.
type PathPattern string

// UnmarshalText reads it. Patterns are compared with normalised, decoded paths, so one that no such path could
// match is refused.
func (p *PathPattern) UnmarshalText(text []byte) error {
	q := PathPattern(text)
	if err := q.check(); err != nil {
		return err
	}
	*p = q
	return nil
}

func (p PathPattern) check() error {
	s := string(p)
	switch {
	case !strings.HasPrefix(s, "/"):
		return Bad("begin with a slash: /"+strings.TrimLeft(s, "/"), "%q does not begin with a slash", s)
	case strings.ContainsAny(s, "?#"):
		return Bad("name the path alone", "%q has a query or fragment", s)
	case strings.Contains(s, "%"):
		return Bad("write the decoded path", "%q has an escape", s)
	case strings.ContainsAny(s, "\\\x00") || strings.Contains(s, "//"):
		return Bad("write the path as it is after normalisation", "%q can match no path", s)
	}
	segments := strings.Split(s[1:], "/")
	for i, seg := range segments {
		switch {
		case seg == "." || seg == "..":
			return Bad("write the path as it is after normalisation", "%q can match no path", s)
		case seg == "**" && i != len(segments)-1:
			return Bad("use * for one segment in the middle", "** stands only at the end, in %q", s)
		case seg != "*" && seg != "**" && strings.Contains(seg, "*"):
			return Bad("use * for a whole segment: /a/*/b", "a star stands for a whole segment only, in %q", s)
		}
	}
	return nil
}

// Match says whether the path is in the set. It allocates nothing.
func (p PathPattern) Match(path string) bool {
	pattern := string(p)
	for {
		if pattern == "/**" {
			return path == "" || path[0] == '/'
		}
		if pattern == "" || path == "" {
			return pattern == path
		}
		if pattern[0] != '/' || path[0] != '/' {
			return false
		}
		want, got := segment(pattern), segment(path)
		if want != "*" && want != got || want == "*" && got == "" {
			return false
		}
		pattern, path = pattern[1+len(want):], path[1+len(got):]
	}
}

// segment is what stands between the slash that s begins with and the next.
func segment(s string) string {
	s = s[1:]
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return s[:i]
	}
	return s
}
