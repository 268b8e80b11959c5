package gate_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/tenward/tenward/gate/gatetest"
)

// forged are fields that applications believe, with the values of somebody who would like to be believed.
var forged = []string{
	"Forwarded: for=203.0.113.9;host=evil.test", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: http",
	"X-Forwarded-Port: 22", "X-Forwarded-User: root", "X-Forwarded-Prefix: /evil", "X-Real-IP: 203.0.113.9", "X-Client-IP: 203.0.113.9",
	"X_Forwarded_For: 203.0.113.9", "X-Forwarded_For: 203.0.113.9", "x_real_ip: 203.0.113.9", "Remote_User: root",
	"Remote-User: root", "REMOTE-GROUPS: wheel", "X-Remote-User: root", "X-Auth-Request-Email: root@evil.test", "X-WebAuth-User: root",
	"True-Client-IP: 203.0.113.9", "CF-Connecting-IP: 203.0.113.9", "Via: 1.1 evil", "X-Original-URL: /admin", "X-Rewrite-URL: /admin",
	"Client-Cert: :AAAA:", "Tenward-User: root", "tenward-event: 0", "TENWARD-ANYTHING: 1",
	"Proxy-Connection: keep-alive", "Proxy-Authorization: Basic AAAA", "TE: trailers", "Keep-Alive: timeout=5", "Upgrade: h2c", "Trailer: X-A",
}

func TestNobodyIsBelievedWhoTheyAre(t *testing.T) {
	app := new(behind)
	s := gatetest.Start(t, upstream(t, app.ServeHTTP), nil)
	raw(t, s, "GET / HTTP/1.1\r\nHost: notes.test\r\n"+strings.Join(forged, "\r\n")+"\r\nAccept: a\r\nConnection: close\r\n\r\n", 1)
	got := app.request()
	want := http.Header{
		"Accept": {"a"}, "Forwarded": {`for=127.0.0.1;host="notes.test";proto=https`},
		"X-Forwarded-For": {"127.0.0.1"}, "X-Forwarded-Host": {"notes.test"}, "X-Forwarded-Proto": {"https"},
	}
	if got == nil || !reflect.DeepEqual(got.Header, want) || got.Host != "notes.test" {
		t.Fatalf("the application saw %+v", got)
	}
}

func TestConnectionNamesWhatEndsHere(t *testing.T) {
	for _, tt := range []struct {
		name, connection string
		want             http.Header
	}{
		{"a field of the client's", "close, X-Secret", http.Header{"Accept": {"a"}}},
		{"spelled in another way", "close,\tx-SECRET ,", http.Header{"Accept": {"a"}}},
		{"in a second field", "close\r\nConnection: X-Secret", http.Header{"Accept": {"a"}}},
		{"what the gate says itself is said all the same", "close, X-Forwarded-For, Forwarded, X-Forwarded-Proto, X-Forwarded-Host, Host", http.Header{"Accept": {"a"}, "X-Secret": {"1"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app := new(behind)
			s := gatetest.Start(t, upstream(t, app.ServeHTTP), nil)
			raw(t, s, "GET / HTTP/1.1\r\nHost: notes.test\r\nX-Secret: 1\r\nAccept: a\r\nConnection: "+tt.connection+"\r\n\r\n", 1)
			got := app.request()
			if got == nil || got.Host != "notes.test" {
				t.Fatalf("the application saw %+v", got)
			}
			for name, value := range map[string]string{"Forwarded": `for=127.0.0.1;host="notes.test";proto=https`, "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Host": "notes.test", "X-Forwarded-Proto": "https"} {
				if got.Header.Get(name) != value {
					t.Errorf("%s is %q, want %q", name, got.Header.Get(name), value)
				}
				got.Header.Del(name)
			}
			if !reflect.DeepEqual(got.Header, tt.want) {
				t.Errorf("besides what the gate says: %v, want %v", got.Header, tt.want)
			}
		})
	}
}

func TestNobodyGetsAnotherUpgradeThanAWebSocket(t *testing.T) {
	app := new(behind)
	s := gatetest.Start(t, upstream(t, app.ServeHTTP), nil)
	for _, protocol := range []string{"h2c", "TLS/1.0", "websocket, h2c"} {
		answers := raw(t, s, "GET / HTTP/1.1\r\nHost: notes.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: "+protocol+"\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", 1)
		if len(answers) != 1 || answers[0].StatusCode != http.StatusOK {
			t.Fatalf("%s: answers %+v", protocol, answers)
		}
		if h := app.request().Header; h.Get("Upgrade") != "" || h.Get("Connection") != "" || h.Get("Http2-Settings") != "" {
			t.Errorf("%s: the application saw %v", protocol, h)
		}
	}
}
