package waf

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	where "github.com/corazawaf/coraza/v3/types/variables"
)

// Target is one place of a request that rules look at, as they name it: ARGS:comment, REQUEST_HEADERS:Referer,
// REQUEST_FILENAME. Its zero value is no place.
type Target struct {
	variable where.RuleVariable
	kind     kind
	name     string // of the one value that is meant; empty where the variable has no names
}

// maxTargetName bounds a name. The record cuts longer ones, and what was cut names nothing.
const maxTargetName = 200

// kind is how a variable's values are told apart.
type kind uint8

const (
	nowhere     kind = iota
	lone             // one value, or values without names
	headers          // by names that RFC 9110 has case not count in
	query            // by the names of the query
	posted           // by those of the body
	both             // by both
	cookies          // by the names of cookies
	partHeaders      // by the names of a form's parts
	files            // by the fields that hold uploads
	document         // of a document, only two: all texts, and all attributes
)

// places are the variables in which the rule set looks for attacks. What it keeps for itself (TX), what it counts and
// what says that reading failed is not among them: taking a rule's eyes off those would switch protections off.
var places = map[string]struct {
	variable where.RuleVariable
	kind     kind
}{
	"ARGS": {where.Args, both}, "ARGS_NAMES": {where.ArgsNames, both},
	"ARGS_GET": {where.ArgsGet, query}, "ARGS_GET_NAMES": {where.ArgsGetNames, query},
	"ARGS_POST": {where.ArgsPost, posted}, "ARGS_POST_NAMES": {where.ArgsPostNames, posted},
	"REQUEST_COOKIES": {where.RequestCookies, cookies}, "REQUEST_COOKIES_NAMES": {where.RequestCookiesNames, cookies},
	"REQUEST_HEADERS": {where.RequestHeaders, headers}, "REQUEST_HEADERS_NAMES": {where.RequestHeadersNames, headers},
	"MULTIPART_PART_HEADERS": {where.MultipartPartHeaders, partHeaders}, "MULTIPART_FILENAME": {where.MultipartFilename, files},
	"XML": {where.XML, document}, "REQUEST_XML": {where.XML, document}, // rules say the one, events the other
	"FILES": {where.Files, lone}, "FILES_NAMES": {where.FilesNames, lone},
	"REQUEST_URI": {where.RequestURI, lone}, "REQUEST_URI_RAW": {where.RequestURIRaw, lone},
	"REQUEST_FILENAME": {where.RequestFilename, lone}, "REQUEST_BASENAME": {where.RequestBasename, lone},
	"REQUEST_LINE": {where.RequestLine, lone}, "QUERY_STRING": {where.QueryString, lone},
	"REQUEST_METHOD": {where.RequestMethod, lone}, "REQUEST_PROTOCOL": {where.RequestProtocol, lone},
	"REQUEST_BODY": {where.RequestBody, lone},
}

// TargetError says why a text names no target.
type TargetError struct{ Sentence, Mend string }

func (e *TargetError) Error() string { return e.Sentence }

// ParseTarget reads a target as events and rules write it. In names of a JSON document a * stands for a place in a list:
// ARGS:json.items.*.text.
func ParseTarget(text string) (Target, error) {
	word, name, named := strings.Cut(text, ":")
	p, ok := places[word]
	if !ok {
		return Target{}, &TargetError{fmt.Sprintf("%.60q is no place that rules look at", word), "write the place as the event names it, such as ARGS:comment"}
	}
	t := Target{variable: p.variable, kind: p.kind, name: name}
	switch {
	case p.kind == lone && named:
		return Target{}, &TargetError{word + " has one value, and no names", "write " + word}
	case p.kind == lone:
	case name == "":
		return Target{}, &TargetError{"without a name, all of " + word + " would be meant", "name the one that is meant: " + word + ":comment"}
	case len(name) > maxTargetName:
		return Target{}, &TargetError{fmt.Sprintf("its name is longer than %d bytes", maxTargetName), "longer names are cut in the record, and cannot be told apart"}
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }):
		return Target{}, &TargetError{"its name has characters that cannot be shown", "a name like that cannot be taken out"}
	case p.kind == document && name != "/*" && name != "//@*":
		return Target{}, &TargetError{"of a document only XML:/* (its texts) and XML://@* (its attributes) can be named", "write XML:/*"}
	case p.kind == headers:
		t.name = strings.ToLower(name)
	}
	return t, nil
}

// String is the target as ParseTarget reads it.
func (t Target) String() string {
	word := t.variable.Name()
	if t.kind == nowhere {
		return ""
	}
	if t.name == "" {
		return word
	}
	return word + ":" + t.name
}

// Covers says whether another target, as an event has it, is one of those that this one means.
func (t Target) Covers(other Target) bool {
	return t.variable == other.variable && t.kind == other.kind && t.means(other.name)
}

// means says whether a name is one of those meant.
func (t Target) means(name string) bool {
	if t.name == name {
		return true
	}
	if !strings.HasPrefix(t.name, "json.") || !strings.Contains(t.name, "*") {
		return false
	}
	pattern, got := strings.Split(t.name, "."), strings.Split(name, ".")
	return slices.EqualFunc(pattern, got, func(want, got string) bool {
		return want == got || want == "*" && got != "" && strings.Trim(got, "0123456789") == ""
	})
}

// InAnyPlace is the target with a * for each place in a list; ok is false where there is no list.
func (t Target) InAnyPlace() (wider Target, ok bool) {
	if !strings.HasPrefix(t.name, "json.") {
		return t, false
	}
	segments := strings.Split(t.name, ".")
	for i, s := range segments[1:] {
		if s != "" && strings.Trim(s, "0123456789") == "" {
			segments[i+1], ok = "*", true
		}
	}
	t.name = strings.Join(segments, ".")
	return t, ok
}
