package gate

import (
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"testing"
)

func TestOutgoingHeader(t *testing.T) {
	client := netip.MustParseAddr("192.0.2.7")
	tests := []struct {
		name string
		in   http.Header
		want http.Header // besides what the gate adds itself
	}{
		{"ordinary fields pass with all their values", http.Header{"Accept": {"a", "b"}}, http.Header{"Accept": {"a", "b"}}},
		{"hop-by-hop fields stay here", http.Header{"Connection": {"keep-alive"}, "Te": {"trailers"}, "Upgrade": {"h2c"}, "Proxy-Authorization": {"x"}}, http.Header{}},
		{"fields named by Connection stay here", http.Header{"Connection": {"close, x-secret", "Also"}, "X-Secret": {"1"}, "Also": {"2"}}, http.Header{}},
		{"addresses are not believed", http.Header{"X-Forwarded-For": {"127.0.0.1"}, "X-Real-Ip": {"127.0.0.1"}, "Forwarded": {"for=127.0.0.1"}, "X-Forwarded-Port": {"22"}}, http.Header{}},
		{"names are not believed", http.Header{"Remote-User": {"root"}, "X-Forwarded-User": {"root"}, "X-Auth-Request-Email": {"a@b"}, "Tenward-User": {"root"}}, http.Header{}},
		{"rewritten addresses are not believed", http.Header{"X-Original-Url": {"/admin"}, "X-Rewrite-Url": {"/admin"}}, http.Header{}},
		{"other spellings cannot smuggle them", http.Header{"X_forwarded_for": {"127.0.0.1"}, "X.Tenward.Person": {"root"}, "X!Tenward~Person": {"root"}, "X-Forward-For": {"127.0.0.1"}, "X-Forwarded": {"for=127.0.0.1"}}, http.Header{}},
		{"no field is taken for a program's own proxy", http.Header{"Proxy": {"http://evil.example"}}, http.Header{}},
		{"another method than the one that was judged is not believed", http.Header{"X-Http-Method-Override": {"DELETE"}, "X-Http-Method": {"DELETE"}, "X-Method-Override": {"DELETE"}}, http.Header{}},
		{"digits and dashes are ordinary", http.Header{"X-B3-Traceid": {"1"}}, http.Header{"X-B3-Traceid": {"1"}}},
		{"own cookies stay here", http.Header{"Cookie": {"a=1; __Host-Http-tenward=s; b=2", "__Host-Http-tenward-x=1; __Host-tenward=old"}}, http.Header{"Cookie": {"a=1; b=2"}}},
		{"only own cookies leave none", http.Header{"Cookie": {"__Host-Http-tenward=s"}}, http.Header{}},
		{"other cookies pass as they are", http.Header{"Cookie": {"a=1;b=2"}}, http.Header{"Cookie": {"a=1;b=2"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := outgoingHeader(tt.in, client, "notes.test", nil)
			for _, own := range []struct{ name, value string }{
				{"Forwarded", `for=192.0.2.7;host="notes.test";proto=https`}, {"X-Forwarded-For", "192.0.2.7"},
				{"X-Forwarded-Host", "notes.test"}, {"X-Forwarded-Proto", "https"}, {"User-Agent", ""},
			} {
				if !reflect.DeepEqual(got[own.name], []string{own.value}) {
					t.Errorf("%s = %q, want %q", own.name, got[own.name], own.value)
				}
				delete(got, own.name)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("upstream gets %v, want %v", got, tt.want)
			}
		})
	}
}

func TestForwardedQuotesIPv6(t *testing.T) {
	got := outgoingHeader(nil, netip.MustParseAddr("2001:db8::1"), "notes.test", nil)
	if want := `for="[2001:db8::1]";host="notes.test";proto=https`; got.Get("Forwarded") != want {
		t.Fatalf("Forwarded = %q, want %q", got.Get("Forwarded"), want)
	}
}

func TestApplicationsCannotSetTenwardsCookies(t *testing.T) {
	got := http.Header{}
	copyAnswerHeader(got, http.Header{"Set-Cookie": {"__Host-Http-tenward=x; Path=/; Secure", "theirs=1", " __Host-Http-tenward-device=y"}})
	if want := []string{"theirs=1"}; !slices.Equal(got["Set-Cookie"], want) {
		t.Errorf("set %q, want %q", got["Set-Cookie"], want)
	}
	copyAnswerHeader(got, http.Header{"Set-Cookie": {"a=1", "b=2"}})
	if want := []string{"a=1", "b=2"}; !slices.Equal(got["Set-Cookie"], want) {
		t.Errorf("set %q, want %q", got["Set-Cookie"], want)
	}
}

func TestAnswerHeaderCannotSpeakForTenward(t *testing.T) {
	got := http.Header{}
	copyAnswerHeader(got, http.Header{"Tenward-Event": {"forged"}, "Connection": {"X-Hop"}, "X-Hop": {"1"}, "Etag": {"2"}, "Transfer-Encoding": {"chunked"}})
	if want := (http.Header{"Etag": {"2"}}); !reflect.DeepEqual(got, want) {
		t.Fatalf("client gets %v, want %v", got, want)
	}
}
