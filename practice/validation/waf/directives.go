package waf

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/corazawaf/coraza/v3/types"
)

// DirectiveError is a directive of the operator that cannot be taken.
type DirectiveError struct {
	Line      int    // in the operator's text, from 1
	Directive string // its name as written
	Sentence  string
}

func (e *DirectiveError) Error() string {
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Directive, e.Sentence)
}

// directive is one of the operator's, on one line whatever it was written on.
type directive struct {
	line int
	name string // as written
	text string
}

// rules and changers are the directives that operators may use: rules of their own, and changes of the rule set's.
// Everything else sets the engine, and the engine is Tenward's: a file could switch it off (SecRuleEngine), lose
// matches (SecRxPreFilter), write (SecAuditLog, SecDebugLog) or pull in other files (Include).
var (
	rules    = []string{"secrule", "secaction", "secmarker"}
	changers = []string{"secruleremovebyid", "secruleremovebytag", "secruleremovebymsg",
		"secruleupdatetargetbyid", "secruleupdatetargetbytag", "secruleupdateactionbyid"}
)

// settled are parts of a rule that would do nothing here, or reach beyond the request.
var settled = []string{"requestbodyaccess", "requestbodyprocessor", "requestbodylimit", "forcerequestbodyvariable",
	"responsebodyaccess", "responsebodyprocessor", "responsebodylimit", "forceresponsebodyvariable", "auditengine", "auditlogparts", "debugloglevel"}

func (d directive) changes() bool { return slices.Contains(changers, strings.ToLower(d.name)) }

// Check says what New would say about the directives; without any it says nothing.
func Check(o Options) error {
	if strings.TrimSpace(o.Directives) == "" {
		return nil
	}
	_, err := New(o)
	return err
}

// parseDirectives splits text as the engine does, by lines that may go on after a backslash.
func parseDirectives(text string) ([]directive, error) {
	var list []directive
	var joined strings.Builder
	begun := 0
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if begun == 0 {
			begun = i + 1
		}
		rest, more := strings.CutSuffix(line, `\`)
		joined.WriteString(rest)
		if more {
			continue
		}
		d, err := newDirective(begun, joined.String())
		if err != nil {
			return nil, err
		}
		list = append(list, d)
		joined.Reset()
		begun = 0
	}
	if begun != 0 {
		d := directive{line: begun, text: joined.String()}
		return nil, &DirectiveError{begun, firstWord(d.text), "its last line ends in a backslash, and nothing follows"}
	}
	return list, nil
}

func newDirective(line int, text string) (directive, error) {
	d := directive{line: line, name: firstWord(text), text: text}
	lower := strings.ToLower(d.name)
	switch {
	case slices.Contains(rules, lower), slices.Contains(changers, lower):
	case lower == "include":
		return d, d.wrong("other files are not read; write the directives here")
	case lower == "secrxprefilter":
		return d, d.wrong("it makes rules miss attacks, and cannot be switched on")
	default:
		return d, d.wrong("it cannot be set here; allowed are SecRule, SecAction, SecMarker, SecRuleRemoveBy* and SecRuleUpdate*")
	}
	if strings.ContainsAny(text, "`\x00") {
		return d, d.wrong("it has a backtick or a zero byte")
	}
	flat := strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\'' {
			return -1
		}
		return r
	}, strings.ToLower(text))
	for _, s := range settled {
		if strings.Contains(flat, "ctl:"+s+"=") {
			return d, d.wrong("ctl:" + s + " has no effect here; Tenward reads bodies itself")
		}
	}
	if strings.Contains(flat, ",exec:") || strings.Contains(flat, `"exec:`) || strings.Contains(flat, "@inspectfile") {
		return d, d.wrong("rules cannot run programs")
	}
	if strings.Contains(flat, "@rbl") {
		return d, d.wrong("a rule cannot ask a name server while a request waits")
	}
	return d, nil
}

func (d directive) wrong(sentence string) *DirectiveError {
	return &DirectiveError{Line: d.line, Directive: d.name, Sentence: sentence}
}

func firstWord(s string) string {
	if i := strings.IndexAny(s, " \t\""); i > 0 {
		return s[:i]
	}
	return s
}

// blame finds the directive that the engine stumbled over: the first that makes the list up to it fail.
func blame(paranoia int, own []directive, cause error) error {
	if len(own) == 0 {
		return fmt.Errorf("compile rules: %w", cause)
	}
	at := sort.Search(len(own), func(i int) bool {
		_, err := compile(paranoia, own[:i+1], func(types.RuleMetadata) {})
		return err != nil
	})
	if at == len(own) {
		return fmt.Errorf("compile rules: %w", cause)
	}
	sentence := cause.Error()
	if i := strings.LastIndex(sentence, `": `); i >= 0 {
		sentence = sentence[i+3:]
	}
	return own[at].wrong(sentence)
}
