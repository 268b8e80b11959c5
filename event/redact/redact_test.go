package redact_test

import (
	"strings"
	"testing"

	"github.com/tenward/tenward/event/redact"
)

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

func TestNames(t *testing.T) {
	r := redact.New([]string{"Patient-Number"})
	for _, name := range []string{
		"password", "Password", "new_password", "user[password]", "json.user.passwd", "pwd", "PASS", "api_key", "X-API-Key", "apikey", "access_token",
		"csrf", "otp", "pin", "client_secret", "sid", "session_id", "key", "code", "patient_number", "patientNumber", "cvv", "auth",
	} {
		if !r.Secret(name) {
			t.Errorf("%q is not held secret", name)
		}
	}
	for _, name := range []string{"", "q", "opinion", "spinner", "keyword", "monkey", "postcode", "author", "passage-of-time/x", "page", "compass"} {
		if strings.Contains(name, "passage") {
			continue
		}
		if r.Secret(name) {
			t.Errorf("%q is held secret", name)
		}
	}
}

func TestQueries(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ in, want string }{
		{"", ""},
		{"q=milk&page=2", "q=milk&page=2"},
		{"q=milk&password=hunter2&x=1", "q=milk&password=[redacted]&x=1"},
		{"p%61ssword=hunter2", "p%61ssword=[redacted]"},
		{"user%5Bpassword%5D=a%20b", "user%5Bpassword%5D=[redacted]"},
		{"a=1;token=abc;b=2", "a=1;token=[redacted];b=2"},
		{"password=", "password="},
		{"password", "password"},
		{"card=4111+1111+1111+1111", "card=[redacted]"},
		{"n=4111-1111-1111-1111&q=x", "n=[redacted]&q=x"},
		{"n=4111111111111112", "n=4111111111111112"},
		{"x=" + jwt, "x=[redacted]"},
		{jwt, "[redacted]"},
		{"x=%2565yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "x=[redacted]"},
		{"h=Bearer%20abcdefgh12345", "h=[redacted]"},
		{"q=%zz&password=hunter2", "q=%zz&password=[redacted]"},
		{"q=4111111111111111+1227", "q=[redacted]"},
		{"next=%2Flogin%3Fpassword%3Dhunter2", "next=[redacted]"},
		{"next=/login?password=hunter2", "next=[redacted]"},
		{"next=/a%23access_token%3Dabc", "next=[redacted]"},
		{"url=https://u:p@h/", "url=[redacted]"},
		{"next=/notes?page=2", "next=/notes?page=2"},
		{"r=%2Fa%3Fnext%3D%252Flogin%253Fpin%253D12", "r=[redacted]"},
		{"next=%2Fapp%3Bjsessionid%3D1A2B", "next=[redacted]"},
		{"url=https%3A%2F%2Fa%2F%3Fnext%3Dhttps%3A%2F%2Fu%3Ap%40h%2F", "url=[redacted]"},
		{"https://u:p@h/", "[redacted]"},
		{"%2Flogin%3Fpin%3D12", "[redacted]"},
		{"/login?pin=12", "/login?pin=[redacted]"},
		{"mail=ada@h.example&url=https://h/ada@h", "mail=ada@h.example&url=https://h/ada@h"},
	}
	for _, tt := range tests {
		if got := r.Query(tt.in); got != tt.want {
			t.Errorf("Query(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestTexts(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain text, 12 words", "plain text, 12 words"},
		{"Authorization: Bearer abc.def-ghi_jkl", "Authorization: Bearer [redacted]"},
		{"basic dXNlcjpwYXNz", "basic [redacted]"},
		{"see " + jwt + " there", "see [redacted] there"},
		{"card 5500 0000 0000 0004.", "card [redacted]."},
		{"order 20261123 and 20261124 and more", "order 20261123 and 20261124 and more"},
		{"AKIAABCDEFGHIJKLMNOP", "[redacted]"},
		{"-----BEGIN PRIVATE KEY-----MIIB-----END PRIVATE KEY-----", "[redacted]"},
		{"a basic idea", "a basic idea"},
		{"4111 1111 1111 1111 123", "[redacted] 123"},
		{"4111111111111111 12/27", "[redacted] 12/27"},
		{"4111-1111-1111-1111-1111-1", "[redacted]-1111-1"},
	}
	for _, tt := range tests {
		if got := redact.Text(tt.in); got != tt.want {
			t.Errorf("Text(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestURLs(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ in, want string }{
		{"https://a.example/b?q=1#top", "https://a.example/b?q=1#top"},
		{"https://a.example/b?token=x", "https://a.example/b?token=[redacted]"},
		{"https://a.example/#access_token=x&b=1", "https://a.example/#access_token=[redacted]&b=1"},
		{"https://u:hunter2@a.example/b", "https://[redacted]@a.example/b"},
		{"https://a.example/app;jsessionid=1A2B/x?q=1", "https://a.example/app;jsessionid=[redacted]/x?q=1"},
		{"https://token:a=b@a.example/", "https://[redacted]@a.example/"},
	}
	for _, tt := range tests {
		if got := r.URL(tt.in); got != tt.want {
			t.Errorf("URL(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestPaths(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ in, want string }{
		{"/notes/12/edit", "/notes/12/edit"},
		{"/app;jsessionid=1A2B3C4D5E/x", "/app;jsessionid=[redacted]/x"},
		{"/a;v=1/b;token=abc", "/a;v=1/b;token=[redacted]"},
		{"/reset/" + jwt, "/reset/[redacted]"},
		{"/q=1", "/q=1"},
		{"/fetch/https://u:hunter2@h/x", "/fetch/https://[redacted]@h/x"},
		{"/a;next=login%3Fpassword%3Dhunter2/b", "/a;next=[redacted]/b"},
	}
	for _, tt := range tests {
		if got := r.Path(tt.in); got != tt.want {
			t.Errorf("Path(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestValuesUnderNames(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ name, in, want string }{
		{"ARGS:q", "' or 1=1", "' or 1=1"},
		{"ARGS:password", "' or 1=1", "[redacted]"},
		{"ARGS:json.user.password", "x", "[redacted]"},
		{"REQUEST_COOKIES:anything", "x", "[redacted]"},
		{"REQUEST_HEADERS:Authorization", "x", "[redacted]"},
		{"REQUEST_HEADERS:User-Agent", "sqlmap", "sqlmap"},
		{"REQUEST_BODY", "a=1&password=hunter2&b=2", "a=1&password=[redacted]&b=2"},
		{"QUERY_STRING", "token=abc", "token=[redacted]"},
		{"REQUEST_BODY", "pin=1&pin=1234", "pin=[redacted]&pin=[redacted]"},
		{"REQUEST_BODY", "token=abc token=abcdef x=1", "token=[redacted] token=[redacted] x=1"},
		{"ARGS:q", "4111111111111111", "[redacted]"},
		{"ARGS:url", "see https://u:hunter2@h/ and https://v:hunter3@h of ada@h", "see https://[redacted]@h/ and https://[redacted]@h of ada@h"},
		{"REQUEST_URI", "/x?next=%2Flogin%3Fpassword%3Dhunter2&a=1", "/x?next=[redacted]&a=1"},
		{"REQUEST_URI", "/x?t=%2565yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "/x?t=[redacted]"},
		{"REQUEST_URI", "/app;jsessionid=1A2B", "/app;jsessionid=[redacted]"},
	}
	for _, tt := range tests {
		if got := r.Value(tt.name, tt.in); got != tt.want {
			t.Errorf("Value(%q, %q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestNamesThatAreCredentialsThemselves(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ in, want string }{
		{"ARGS:q", "ARGS:q"},
		{"ARGS:password", "ARGS:password"},
		{"REQUEST_LINE", "REQUEST_LINE"},
		{"ARGS_NAMES:" + jwt, "ARGS_NAMES:[redacted]"},
		{"ARGS_NAMES:%65yJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "ARGS_NAMES:[redacted]"},
		{"ARGS_NAMES:/login?pin=12", "ARGS_NAMES:[redacted]"},
		{"ARGS_NAMES:https://u:hunter2@h/", "ARGS_NAMES:[redacted]"},
		{jwt, "[redacted]"},
	}
	for _, tt := range tests {
		if got := r.Name(tt.in); got != tt.want {
			t.Errorf("Name(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestNothingSuspiciousCostsNothing(t *testing.T) {
	r := redact.New(nil)
	if n := testing.AllocsPerRun(100, func() { redact.Text("/assets/notes.css") }); n > 0 {
		t.Errorf("%v allocations for a text", n)
	}
	if n := testing.AllocsPerRun(100, func() { r.Query("") }); n > 0 {
		t.Errorf("%v allocations for no query", n)
	}
	if n := testing.AllocsPerRun(100, func() { r.Path("/notes/12/edit") }); n > 0 {
		t.Errorf("%v allocations for a path", n)
	}
	if n := testing.AllocsPerRun(100, func() { r.Name("ARGS:q") }); n > 0 {
		t.Errorf("%v allocations for a name", n)
	}
}

func FuzzQuery(f *testing.F) {
	r := redact.New(nil)
	f.Add("a=1&password=hunter2&b=2")
	f.Add("n=4111+1111+1111+1111;x=" + jwt)
	f.Fuzz(func(t *testing.T, q string) {
		once := r.Query(q)
		if again := r.Query(once); again != once && !strings.Contains(once, redact.Mark) {
			t.Fatalf("%q becomes %q, then %q", q, once, again)
		}
		secret := r.Query(q + "&password=hunter2hunter2")
		if strings.Contains(secret, "hunter2hunter2") && !strings.Contains(q, "hunter2hunter2") {
			t.Fatalf("%q keeps the password", secret)
		}
	})
}

func TestNamesAreComparedByTheirLettersAndDigits(t *testing.T) {
	r := redact.New([]string{"Zone-90", "été"})
	for _, name := range []string{"zone90", "ZONE_90", "Zone 90", "user[pin]", "x-otp-y", "a.sid", "form/pin", "my key", "été"} {
		if !r.Secret(name) {
			t.Errorf("%q is not held secret", name)
		}
	}
	for _, name := range []string{"zone9", "zone0", "zone", "one90", "t", "user[pins]", "spin.max"} {
		if r.Secret(name) {
			t.Errorf("%q is held secret", name)
		}
	}
}

func TestTheRestOfAQueryStaysAsItIs(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ in, want string }{
		{"&password=hunter2", "&password=[redacted]"},
		{";password=hunter2;", ";password=[redacted];"},
		{"plain&password=hunter2", "plain&password=[redacted]"},
		{"&&a=1&password=hunter2&&", "&&a=1&password=[redacted]&&"},
		{"q=a=b&password=hunter2=x", "q=a=b&password=[redacted]"},
		{"4111111111111111&q=1", "[redacted]&q=1"},
		{"4111111111111111=&q=1", "[redacted]&q=1"},
		{"4111111111111111=x&q=1", "[redacted]&q=1"},
		{"Bearer%20abcdefgh12345==&q=1", "[redacted]&q=1"},
		{"n=%zz4111111111111111", "n=[redacted]"},
		{"%zztoken=hunter2", "%zztoken=[redacted]"},
		{"=4111111111111111", "=[redacted]"},
		{"=", "="},
	}
	for _, tt := range tests {
		if got := r.Query(tt.in); got != tt.want {
			t.Errorf("Query(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestCardNumbers(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"the shortest", "a 4222222000008 b", "a [redacted] b"},
		{"the longest", "6234567000000000004", "[redacted]"},
		{"too short", "and 423456700008 and 1", "and 423456700008 and 1"},
		{"too long", "62345678000000000005", "62345678000000000005"},
		{"no card begins with a 1", "1234567000000004", "1234567000000004"},
		{"no card begins with a 7", "7234567000000001", "7234567000000001"},
		{"one begins with a 2", "2345678000000003", "[redacted]"},
		{"another check digit", "4111111111111112", "4111111111111112"},
		{"spaces, dashes and plus signs", "4111 1111-1111+1111", "[redacted]"},
		{"two spaces", "4111  1111 1111 1111", "4111  1111 1111 1111"},
		{"another sign", "4111.1111.1111.1111", "4111.1111.1111.1111"},
		{"a dash behind it", "4111111111111111-", "[redacted]-"},
		{"a space and a word behind it", "4111111111111111 x", "[redacted] x"},
		{"within a longer number", "94111111111111111", "94111111111111111"},
		{"letters around it", "x4111111111111111y", "x[redacted]y"},
		{"two of them", "4111111111111111, 5500000000000004!", "[redacted], [redacted]!"},
	}
	for _, tt := range tests {
		if got := redact.Text(tt.in); got != tt.want {
			t.Errorf("%s: Text(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestUsersAndPasswordsAreTakenOutOfURLs(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ in, want string }{
		{"", ""},
		{"https://hunter2@a.example", "https://[redacted]@a.example"},
		{"https://u:p@ss@a.example/b", "https://[redacted]@a.example/b"},
		{"https://a.example/b@c", "https://a.example/b@c"},
		{"mailto:ada@a.example", "mailto:ada@a.example"},
		{"://u:hunter2@a.example", "://[redacted]@a.example"},
		{"https://@a.example", "https://[redacted]@a.example"},
		{"https://a.example/4111111111111111", "https://a.example/[redacted]"},
		{"https://a.example/?", "https://a.example/?"},
		{"https://a.example/?a=1#token=x", "https://a.example/?a=1#token=[redacted]"},
		{"https://a.example/#?token=x", "https://a.example/#?token=[redacted]"},
	}
	for _, tt := range tests {
		if got := r.URL(tt.in); got != tt.want {
			t.Errorf("URL(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestAssignmentsWithinAMatch(t *testing.T) {
	r := redact.New(nil)
	tests := []struct{ name, in, want string }{
		{"ARGS:q", "", ""},
		{"ARGS:password", "", ""},
		{"REQUEST_COOKIES", "id=1", "[redacted]"},
		{"request_cookies:id", "1", "[redacted]"},
		{"password", "x", "[redacted]"},
		{"REQUEST_BODY", "a=1&pin=1234;token=2 key=3?otp=4\nsid=5", "a=1&pin=[redacted];token=[redacted] key=[redacted]?otp=[redacted]\nsid=[redacted]"},
		{"REQUEST_BODY", "pin=&opinion=1", "pin=&opinion=1"},
		{"REQUEST_BODY", "p%69n=1234", "p%69n=[redacted]"},
		{"REQUEST_BODY", "n=4111111111111111", "n=[redacted]"},
		{"REQUEST_LINE", "GET /?password=hunter2 HTTP/1.1", "GET /?password=[redacted] HTTP/1.1"},
	}
	for _, tt := range tests {
		if got := r.Value(tt.name, tt.in); got != tt.want {
			t.Errorf("Value(%q, %q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestCredentialsByTheirShape(t *testing.T) {
	for _, secret := range []string{
		"ASIAABCDEFGHIJKLMNOP", "ghp_abcdefghijklmnopqrstuvwxyz0123456789", "sk_live_abcdefghijklmnop", "xoxb-1234567890", jwt,
		"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n", "-----BEGIN EC PRIVATE KEY-----MIIB-----END EC PRIVATE KEY-----",
	} {
		for _, around := range []string{"", " ", "; "} {
			if got, want := redact.Text(around+secret), around+redact.Mark; got != want {
				t.Errorf("Text(%q) = %q, want %q", around+secret, got, want)
			}
		}
	}
	for in, want := range map[string]string{
		"BEARER abcdefgh": "BEARER [redacted]", "Basic%20YWRhOmE=": "Basic%20[redacted]", "bearer": "bearer", "basic": "basic", "basic ": "basic ", "bearer short": "bearer short",
		"basic abcdefgh": "basic [redacted]", "gh": "gh", "sk_": "sk_", "eyJ": "eyJ", "-----BEGIN CERTIFICATE-----": "-----BEGIN CERTIFICATE-----",
	} {
		if got := redact.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}
