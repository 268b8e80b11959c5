package policy

import (
	"slices"
	"strings"

	"github.com/cedar-policy/cedar-go"
)

// index finds policies by service, then segment by segment by path, then by role and method.
type index map[string]*node

func newIndex() index { return index{} }

// node is one place in the tree of patterns.
type node struct {
	next map[string]*node // by the segment that follows; a star is any one
	here here             // patterns that end at this place
	deep here             // patterns that go on with **
}

// here are policies by role.
type here map[string][]*compiled

func (h *here) add(one *compiled) {
	if *h == nil {
		*h = here{}
	}
	(*h)[one.role] = append((*h)[one.role], one)
}

// add puts a policy where its pattern leads.
func (x index) add(one compiled, pattern string) {
	at := x[one.rule.Service]
	if at == nil {
		at = new(node)
		x[one.rule.Service] = at
	}
	for segment := range strings.SplitSeq(strings.TrimPrefix(pattern, "/"), "/") {
		if segment == "**" {
			at.deep.add(&one)
			return
		}
		if at.next == nil {
			at.next = map[string]*node{}
		}
		if at.next[segment] == nil {
			at.next[segment] = new(node)
		}
		at = at.next[segment]
	}
	at.here.add(&one)
}

// find collects the policies of these roles that speak about the request, read as having this path.
func (x index) find(found *candidates, roles []string, r Request, path string) {
	for _, service := range [2]string{r.Service, Any} {
		if at := x[service]; at != nil {
			at.find(found, roles, r.Method, path)
		}
	}
}

// find goes down the tree. rest begins with the slash before the next segment, or is empty at the end.
func (n *node) find(found *candidates, roles []string, method, rest string) {
	n.deep.collect(found, roles, method)
	if rest == "" {
		n.here.collect(found, roles, method)
		return
	}
	segment := rest[1:]
	after := ""
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		segment, after = segment[:i], segment[i:]
	}
	if next := n.next[segment]; next != nil && segment != "*" {
		next.find(found, roles, method, after)
	}
	if next := n.next["*"]; next != nil && segment != "" {
		next.find(found, roles, method, after)
	}
}

func (h here) collect(found *candidates, roles []string, method string) {
	if h == nil {
		return
	}
	for _, name := range roles {
		for _, one := range h[name] {
			if !one.speaks(method) {
				continue
			}
			found.list = append(found.list, one)
			if !slices.ContainsFunc(found.routes, func(r cedar.EntityUID) bool { return r == one.route }) {
				found.routes = append(found.routes, one.route)
			}
		}
	}
}

// speaks says whether the policy is about this method.
func (c *compiled) speaks(method string) bool {
	for _, m := range c.rule.Methods {
		if m == Any || m == method || m == "GET" && method == "HEAD" {
			return true
		}
	}
	return false
}
