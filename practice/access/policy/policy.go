// Package policy decides by role: whether whoever holds these roles may send this request.
//
// Each line of a role becomes a policy in Cedar, whose semantics are proven and public: nothing is allowed unless a
// policy permits it, and whatever forbids outweighs all that permits. Cedar asks its policies one by one, so an index by
// service, method, path and role picks those that can speak about a request at all; the tests hold that against Cedar
// over all of them.
//
// Sources: INCITS 359-2012 (core role-based access control), the Cedar policy language reference.
package policy

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"

	"github.com/tenward/tenward/config"
)

// Any stands for every service, or every method.
const Any = "*"

// Rule is one line of a role.
type Rule struct {
	Role    string
	Service string   // or Any
	Methods []string // or Any; GET brings HEAD
	Paths   []config.PathPattern
	Deny    bool // whatever else allows it
}

// Request is what is asked for.
type Request struct {
	Service, Method string
	Path            string // normalised and decoded
}

// Decision is the answer. The zero value denies.
type Decision struct {
	Allowed bool
	Role    string // the one that allowed it, or that forbids it; empty when none speaks about it
}

// Set is all rules. It never changes.
type Set struct {
	permits, forbids index
	all              []compiled
}

// compiled is one rule in Cedar's form, for one path.
type compiled struct {
	id     cedar.PolicyID
	policy *cedar.Policy
	role   string
	route  cedar.EntityUID
	rule   Rule
	path   config.PathPattern
}

func role(name string) cedar.EntityUID   { return cedar.NewEntityUID("Role", cedar.String(name)) }
func action(name string) cedar.EntityUID { return cedar.NewEntityUID("Action", cedar.String(name)) }

// route is all requests to one service whose path is in one pattern: a group that the request is a member of.
func route(service string, path config.PathPattern) cedar.EntityUID {
	return cedar.NewEntityUID("Route", cedar.String(service+" "+string(path)))
}

// New compiles rules.
func New(rules []Rule) *Set {
	s := &Set{permits: newIndex(), forbids: newIndex()}
	for i, r := range rules {
		for j, p := range r.Paths {
			one := compiled{
				id: cedar.PolicyID(r.Role + "#" + strconv.Itoa(i) + "." + strconv.Itoa(j)), role: r.Role,
				route: route(r.Service, p), rule: r, path: p, policy: compile(r, p),
			}
			s.all = append(s.all, one)
			if r.Deny {
				s.forbids.add(one, folded(string(p)))
			} else {
				s.permits.add(one, string(p))
			}
		}
	}
	return s
}

// compile writes a rule for one path in Cedar.
func compile(r Rule, p config.PathPattern) *cedar.Policy {
	text := ast.Permit()
	if r.Deny {
		text = ast.Forbid()
	}
	text = text.PrincipalIn(role(r.Role)).ResourceIn(route(r.Service, p))
	if methods := withHead(r.Methods); methods != nil {
		actions := make([]cedar.EntityUID, len(methods))
		for i, m := range methods {
			actions[i] = action(m)
		}
		text = text.ActionInSet(actions...)
	}
	return cedar.NewPolicyFromAST(text)
}

// withHead gives the methods meant, or nil for all. HEAD asks for a part of what GET gives.
func withHead(methods []string) []string {
	var list []string
	for _, m := range methods {
		switch m {
		case Any:
			return nil
		case "GET":
			list = append(list, "GET", "HEAD")
		default:
			list = append(list, m)
		}
	}
	return list
}

// Text is all rules in Cedar, for people to read.
func (s *Set) Text() string {
	var b strings.Builder
	for _, one := range s.all {
		b.WriteString("// " + string(one.id) + "\n")
		b.Write(one.policy.MarshalCedar())
		b.WriteString("\n\n")
	}
	return b.String()
}

// Speaks says whether a role of these allows anything at all on the service.
func (s *Set) Speaks(roles []string, service string) bool {
	for i := range s.all {
		r := &s.all[i].rule
		if !r.Deny && (r.Service == service || r.Service == Any) && slices.Contains(roles, r.Role) {
			return true
		}
	}
	return false
}

// Decide answers for somebody who holds these roles.
func (s *Set) Decide(roles []string, r Request) Decision {
	d, _ := s.answer(roles, r)
	return d
}

// answer decides, and names the policy that did; none where nothing speaks.
func (s *Set) answer(roles []string, r Request) (Decision, cedar.PolicyID) {
	var found candidates
	s.permits.find(&found, roles, r, r.Path)
	if len(found.list) == 0 {
		return Decision{}, "" // nothing permits, whatever forbids
	}
	s.forbids.find(&found, roles, r, folded(r.Path))
	return found.decide(roles, r)
}

// candidates are the policies that can speak about one request, and the routes that it is in.
type candidates struct {
	list   []*compiled
	routes []cedar.EntityUID
}

// All is what Cedar asks for its policies with.
func (c *candidates) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, one := range c.list {
			if !yield(one.id, one.policy) {
				return
			}
		}
	}
}

// decide asks Cedar.
func (c *candidates) decide(roles []string, r Request) (Decision, cedar.PolicyID) {
	holder := cedar.NewEntityUID("Holder", cedar.String(strings.Join(roles, " ")))
	request := cedar.NewEntityUID("Request", cedar.String(r.Service+" "+r.Path))
	held := make([]cedar.EntityUID, len(roles))
	for i, name := range roles {
		held[i] = role(name)
	}
	entities := cedar.EntityMap{
		holder:  {UID: holder, Parents: cedar.NewEntityUIDSet(held...)},
		request: {UID: request, Parents: cedar.NewEntityUIDSet(c.routes...)},
	}
	answer, why := cedar.Authorize(c, entities, cedar.Request{Principal: holder, Action: action(r.Method), Resource: request})
	if len(why.Errors) > 0 {
		return Decision{}, "" // a policy that cannot be evaluated might have forbidden
	}
	d := Decision{Allowed: answer == cedar.Allow}
	if len(why.Reasons) == 0 {
		return d, ""
	}
	by := why.Reasons[0].PolicyID
	d.Role, _, _ = strings.Cut(string(by), "#")
	return d, by
}

// folded is a path, or a pattern, as whatever forbids reads it: an upstream may take /Admin/, /admin;x or /admin. for /admin, and
// what is forbidden must not depend on its taste.
func folded(path string) string {
	if strings.IndexByte(path, ';') >= 0 || strings.Contains(path, "//") || len(path) > 1 && strings.IndexByte("/. ", path[len(path)-1]) >= 0 ||
		strings.Contains(path, "./") || strings.Contains(path, " /") {
		var b strings.Builder
		for segment := range strings.SplitSeq(path, "/") {
			name, _, _ := strings.Cut(segment, ";")
			name = strings.TrimRight(name, ". ") // as file systems of Windows do
			if name != "" {
				b.WriteString("/" + name)
			}
		}
		if path = b.String(); path == "" {
			path = "/"
		}
	}
	return strings.ToLower(path)
}
