package attack

import "net/http"

// protocol bends HTTP itself, as far as a well-behaved client can send it.
func protocol() group {
	return group{"http", "Protocol attack", "CWE-444", []entry{
		{"split-answer", "Puts a field into the answer", "CAPEC-34; CRS 921", query("next", "/home\r\nSet-Cookie: sid=tw")},
		{"split-body", "Puts a whole page into the answer", "CAPEC-34; CRS 921", query("next", "/home\r\nContent-Type: text/html\r\n\r\n<html>tw</html>")},
		{"smuggled-request", "A second request within a field", "CAPEC-33; CRS 921110", form("note", "tw\r\nGET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n")},
		{"content-type", "A body of a kind that nobody looks at", "CAPEC-272; CRS 920420", post("application/x-tenward-unknown", "tw")},
		{"charset", "A body in letters that are read in another way", "CAPEC-71; CRS 920480", post("application/x-www-form-urlencoded; charset=ibm500", "q=tw")},
		{"charset-twice", "A body in two kinds of letters at once", "CAPEC-71; CRS 920", post("application/json; charset=utf-8; charset=utf-7", `{"q":"tw"}`)},
		{"method-override", "One method in the other's clothes", "CAPEC-274; CRS 920450", post("application/json", "{}").with("X-Http-Method-Override", "DELETE")},
		{"parameters-null", "A null byte in a field", "CAPEC-52; CRS 920270", get("/search?q=tw%00tw")},
		{"control-bytes", "A control byte in a path's field", "CAPEC-52; CRS 920", get("/search?q=%01%02%03%00")},
		{"backup-file", "A copy that an editor left behind", "CAPEC-87; CRS 920440", get("/config.php.bak")},
		{"proxy-field", "Has the server call another for it", "CVE-2016-5385; CRS 920450", get("/").with("Proxy", "http://203.0.113.9:8080")},
		{"form-as-get", "A body that ends in the middle of a file", "CAPEC-272; CRS 920, 922", post("multipart/form-data; boundary=tw", "--tw\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1")},
		{"broken-json", "A document that is none", "CAPEC-272; CRS 200002", document(`{"a":`)},
		{"multipart-charset", "A part in another kind of letters", "CAPEC-71; CRS 922", post("multipart/form-data; boundary=tw", "--tw\r\nContent-Disposition: form-data; name=\"_charset_\"\r\n\r\nutf-7\r\n--tw--\r\n")},
	}}
}

// spelling is a path in a form that gate and application could read in two ways.
func spelling() group {
	return group{"spelling", "Path with two readings", "CWE-436", []entry{
		{"null", "A null byte, where some servers end the path", "CAPEC-52", get("/notes%00.png")},
		{"encoded-slash", "A slash that only one of two servers sees", "CAPEC-64", get("/public/..%2fadmin")},
		{"encoded-backslash", "A backslash, which some take for a slash", "CAPEC-64", get("/public/..%5cadmin")},
		{"dots-parameter", "Dots with a parameter, which some take for dots", "CAPEC-126", get("/public/..;/admin")},
		{"above-root", "Dots that lead above the root", "CAPEC-126", get("/../../admin")},
		{"encoded-dots", "The same, encoded", "CAPEC-64", get("/%2e%2e/%2e%2e/admin")},
		{"control-byte", "A line break in the path", "CAPEC-34", get("/notes%0d%0aSet-Cookie:%20sid=tw")},
	}}
}

// methods are asked for by nobody who uses an application.
func methods() group {
	return group{"method", "Method that reflects", "CWE-650", []entry{
		{"trace", "Has the server send the request back, cookies and all", "CAPEC-107", get("/").to(http.MethodTrace, "/")},
	}}
}

// hosts name somebody else's host.
func hosts() group {
	at := func(host string) Request {
		r := get("/")
		r.Host = host
		return r
	}
	return group{"host", "Host header attack", "CWE-644", []entry{
		{"foreign", "A host that is not served here, for links in letters", "CAPEC-141", at("tw.example.invalid")},
		{"loopback", "The machine's own name, where it trusts itself", "CAPEC-141", at("127.0.0.1")},
		{"long", "A name with an empty label", "CAPEC-141", at("tw..invalid")},
	}}
}
