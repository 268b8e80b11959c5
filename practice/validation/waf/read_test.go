package waf

import (
	"slices"
	"strings"
	"testing"

	"github.com/corazawaf/coraza/v3"
)

// names asks the engine's own readers which names and values a request has.
func names(t *testing.T, engine coraza.WAF, r *Request) []string {
	t.Helper()
	tx := engine.NewTransaction()
	defer func() {
		if err := tx.Close(); err != nil {
			t.Error(err)
		}
	}()
	tx.ProcessURI(r.URI, r.Method, r.Protocol)
	for name, values := range r.Headers {
		for _, v := range values {
			tx.AddRequestHeader(name, v)
		}
	}
	tx.ProcessRequestHeaders()
	if _, _, err := tx.WriteRequestBody(r.Body); err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ProcessRequestBody(); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range tx.MatchedRules() {
		for _, d := range m.MatchedDatas() {
			if d.Variable().Name() == "REQUEST_HEADERS" {
				continue // the rule that chooses the reader
			}
			all = append(all, d.Variable().Name()+":"+strings.ToLower(d.Key())+"="+d.Value())
		}
	}
	return all
}

// reporter is an engine with rules that match every value and do nothing else.
func reporter(t testing.TB) coraza.WAF {
	t.Helper()
	engine, err := coraza.NewWAF(coraza.NewWAFConfig().WithDirectives(`
SecRuleEngine On
SecRequestBodyAccess On
SecArgumentsLimit 1000
SecRequestBodyJsonDepthLimit 64
SecRule REQUEST_HEADERS:Content-Type "@rx ^application/(?:json|[a-z0-9.-]+[+]json)" "id:1,phase:1,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule ARGS_POST "@unconditionalMatch" "id:2,phase:2,pass,nolog"
SecRule ARGS_GET "@unconditionalMatch" "id:3,phase:2,pass,nolog"
SecRule REQUEST_COOKIES "@unconditionalMatch" "id:4,phase:2,pass,nolog"`))
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// FuzzCaseClash holds the readers here against the engine's: a request is refused, or every name and value that
// the engine would have found is among those that are fed. Values of names that clash may be missing there; the
// point is that none is missing here.
func FuzzCaseClash(f *testing.F) {
	f.Add("x=a&X=b&%78=c", formType, "x=a&X=b", "x=a; X=b; =c")
	f.Add("=a&=b&a=%zz+%2", "application/json", `{"x":{"y":[1,null,true,"é\ud83d\ude00"]},"X":2,"x.y":3,"":4}`, ";;a;=;\x01b=c")
	f.Add("", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\na\r\n--b--\r\n", "")
	f.Add("a;b=c", "", "plain & text = here", "a=\"b;c\"")
	f.Add("q", "application/json", `"top"`, "")
	f.Add("q", "application/json", `[[],[[1]],{}]`, "")
	engine := reporter(f)
	f.Fuzz(func(t *testing.T, query, contentType, body, cookie string) {
		if strings.ContainsAny(query, "#") || strings.TrimFunc(query, func(r rune) bool { return r > ' ' && r != 0x7f }) != "" {
			return // no server would take the line
		}
		r := request("POST", "/?"+query, contentType, body)
		r.Headers["Cookie"] = []string{cookie}
		in, fault := read(r)
		if fault != nil {
			return
		}
		var fed []string
		for variable, list := range map[string][]field{"ARGS_GET": in.query, "ARGS_POST": in.body.values, "REQUEST_COOKIES": in.cookies} {
			for _, f := range list {
				fed = append(fed, variable+":"+strings.ToLower(f.name)+"="+f.value)
			}
		}
		for _, n := range names(t, engine, r) {
			if !slices.Contains(fed, n) {
				t.Errorf("the engine reads %q, fed are %q", n, fed)
			}
		}
	})
}
