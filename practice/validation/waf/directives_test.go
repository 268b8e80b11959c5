package waf

import (
	"errors"
	"strings"
	"testing"
)

func TestDirectivesThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		line       int
		directive  string
	}{
		{"the lossy filter", "SecRxPreFilter On", 1, "SecRxPreFilter"},
		{"in other letters", "\n\nsEcRxPrEfIlTeR on", 3, "sEcRxPrEfIlTeR"},
		{"in quotes", `SecRxPreFilter "On"`, 1, "SecRxPreFilter"},
		{"with a tab", "SecRxPreFilter\tOn", 1, "SecRxPreFilter"},
		{"with the quote right after", `SecRxPreFilter"On"`, 1, "SecRxPreFilter"},
		{"over two lines", "SecRxPre\\\nFilter On", 1, "SecRxPreFilter"},
		{"behind an indented continuation", "  SecRxPreFilter \\\n  # a comment\n   On", 1, "SecRxPreFilter"},
		{"behind Windows line ends", "SecRuleRemoveById 1\r\nSecRxPreFilter On\r\n", 2, "SecRxPreFilter"},
		{"even when off", "SecRxPreFilter Off", 1, "SecRxPreFilter"},
		{"in another file", "Include /etc/modsecurity/*.conf", 1, "Include"},
		{"from the rule set's own files", "include @owasp_crs/REQUEST-942-APPLICATION-ATTACK-SQLI.conf", 1, "include"},
		{"switching the engine off", "SecRuleEngine Off", 1, "SecRuleEngine"},
		{"leaving bodies out", "SecRequestBodyAccess Off", 1, "SecRequestBodyAccess"},
		{"writing files", "SecAuditLog /tmp/audit.log", 1, "SecAuditLog"},
		{"rules from elsewhere", "SecRemoteRules key https://rules.test/", 1, "SecRemoteRules"},
		{"skipping what does not compile", "SecIgnoreRuleCompilationErrors On", 1, "SecIgnoreRuleCompilationErrors"},
		{"text that is no directive", "deny everything", 1, "deny"},
		{"choosing how a body is read", `SecRule ARGS "x" "id:1,pass,ctl:requestBodyProcessor=JSON"`, 1, "SecRule"},
		{"running a program", `SecAction "id:1,pass,exec:/bin/true"`, 1, "SecAction"},
		{"running a program on each value", `SecRule ARGS "@inspectFile /bin/true" "id:1,phase:2,deny"`, 1, "SecRule"},
		{"running one on each value, denied", "SecRule ARGS \"! @InspectFile\t/bin/true\" \"id:1,phase:2,deny\"", 1, "SecRule"},
		{"asking a name server", `SecRule REMOTE_ADDR "@rbl dnsbl.example.org" "id:1,phase:1,deny"`, 1, "SecRule"},
		{"an open end", "SecRuleRemoveById 942100 \\", 1, "SecRuleRemoveById"},
		{"a backtick", "SecRuleRemoveById `\nSecRxPreFilter On\n`", 1, "SecRuleRemoveById"},
		{"a rule that does not compile", "SecRuleRemoveById 942100\n\nSecRule ARGS \"@rx (\" \\\n  \"id:1,deny\"\nSecRuleRemoveById 942110", 3, "SecRule"},
		{"an operator that is none", `SecRule ARGS "@similarTo x" "id:1,deny"`, 1, "SecRule"},
		{"a rule of which there are two", "SecAction \"id:1,pass\"\nSecAction \"id:1,pass\"", 2, "SecAction"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(Options{Directives: tt.text})
			var wrong *DirectiveError
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v, want one about a directive", err)
			}
			if wrong.Line != tt.line || wrong.Directive != tt.directive || wrong.Sentence == "" {
				t.Errorf("line %d, %s: %s; want line %d, %s", wrong.Line, wrong.Directive, wrong.Sentence, tt.line, tt.directive)
			}
		})
	}
}

func TestDirectivesDoWhatTheySay(t *testing.T) {
	const injection = "/search?q=1'or'1'='1"
	for _, tt := range []struct {
		name, text, uri string
		blocked         bool
		rule            string
	}{
		{"without any", "", injection, true, "942100"},
		{"a rule removed", "SecRuleRemoveById 942100", injection, false, ""},
		{"a family removed", "SecRuleRemoveByTag attack-sqli", injection, false, ""},
		{"a field excluded", `SecRuleUpdateTargetById 942100 "!ARGS:q"`, injection, false, ""},
		{"another field excluded", `SecRuleUpdateTargetById 942100 "!ARGS:note"`, injection, true, "942100"},
		{"a field excluded on a path", `SecRule REQUEST_FILENAME "@beginsWith /search" "id:10,phase:1,pass,nolog,ctl:ruleRemoveTargetById=942100;ARGS:q"`, injection, false, ""},
		{"the same on another path", `SecRule REQUEST_FILENAME "@beginsWith /admin" "id:10,phase:1,pass,nolog,ctl:ruleRemoveTargetById=942100;ARGS:q"`, injection, true, "942100"},
		{"a rule of one's own", "SecRule ARGS:q \"@streq beer\" \\\n  \"id:10,phase:2,deny,\\\n  msg:'No beer.'\"", "/search?q=beer", true, "10"},
		{"a rule without a message", `SecRule ARGS:q "@streq beer" "id:10,phase:2,deny"`, "/search?q=beer", true, "10"},
		{"a setting of the rule set", `SecAction "id:10,phase:1,pass,setvar:tx.allowed_methods=POST"`, "/search?q=milk", true, "911100"},
		{"a chain", "SecRule ARGS:q \"@streq beer\" \"id:10,phase:2,deny,chain\"\nSecRule ARGS:n \"@streq 2\" \"t:none\"", "/search?q=beer&n=2", true, "10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, err := New(Options{Directives: tt.text})
			if err != nil {
				t.Fatal(err)
			}
			got := inspect(t, w, request("GET", tt.uri, "", ""))
			var ids []string
			for _, r := range got.Rules {
				ids = append(ids, r.ID)
			}
			if all := strings.Join(ids, " "); got.Blocked != tt.blocked || all != tt.rule {
				t.Errorf("blocked %v by %q, want %v by %q", got.Blocked, all, tt.blocked, tt.rule)
			}
		})
	}
}

func TestParanoia(t *testing.T) {
	r := request("GET", "/search?q=(a'b),{c;d},[e]", "", "")
	for level, blocked := range map[int]bool{1: false, 4: true} {
		w, err := New(Options{Paranoia: level})
		if err != nil {
			t.Fatal(err)
		}
		if got := inspect(t, w, r); got.Blocked != blocked {
			t.Errorf("level %d: blocked %v by %+v", level, got.Blocked, got.Rules)
		}
	}
	for _, level := range []int{-1, 5} {
		if _, err := New(Options{Paranoia: level}); err == nil {
			t.Errorf("level %d is taken", level)
		}
	}
}
