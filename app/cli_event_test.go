package app

import (
	"bytes"
	"strings"
	"testing"
)

func TestAnEventIsShownInAPersonsWords(t *testing.T) {
	var b bytes.Buffer
	err := writeEvent(&b, []byte(`{"id":"01a209a0-3e14-7b0c-b156-f9110299efd4","time":"2026-11-23T18:17:06.32405Z","class":"HTTP Activity",
		"severity":"Medium","kind":"validation.request.refused","verdict":"refused","stage":"validation.request","service":"notes","client":"127.0.0.1",
		"request":{"method":"GET","scheme":"https","host":"notes.localhost","path":"/search","query":"q=%27","user_agent":"curl"},
		"answer":{"status":403,"sent":232,"duration_us":2383},
		"rules":[{"id":"942100","message":"SQL Injection","target":"ARGS:q","match":"'\u001b[2J\u202e"}],
		"details":[{"name":"validation.score","value":"20"}],"node":"a","seq":3}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `refused: validation.request.refused
  when               2026-11-23 18:17:06.324 UTC
  severity           Medium (HTTP Activity)
  from               127.0.0.1
  asked              GET https://notes.localhost/search?q=%27
  with               curl
  service            notes
  answer             403, 232 bytes, after 2.383ms
  decided by         validation.request
  rule               942100  SQL Injection
                     in ARGS:q: '\x1b[2J\u202e
  validation.score   20
  record             event 3 of node a, id 01a209a0-3e14-7b0c-b156-f9110299efd4
`
	if b.String() != want {
		t.Errorf("shown as\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWhatStrangersSentCannotSteerTheTerminal(t *testing.T) {
	for _, c := range []struct{ sent, shown string }{
		{"plain text, Ünïcode and 漢字", "plain text, Ünïcode and 漢字"},
		{"\x1b]0;title\a", `\x1b]0;title\a`},
		{"a\r\nb\tc", `a\r\nb\tc`},
		{"\u202eevil", `\u202eevil`},
		{"\u009b31m", `\u009b31m`},
		{"broken \xff byte", "broken \ufffd byte"},
		{"zero\u200bwidth", `zero\u200bwidth`},
	} {
		if got := printable(c.sent); got != c.shown {
			t.Errorf("%q is shown as %q, want %q", c.sent, got, c.shown)
		}
	}
	if strings.ContainsAny(printable("\x1b\x00\x7f"), "\x1b\x00\x7f") {
		t.Error("a control character came through")
	}
}
