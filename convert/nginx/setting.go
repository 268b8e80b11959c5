package nginx

import "strings"

// setting is whatever is no server, place or group.
func (t *translation) setting(d *directive) {
	p, what := t.plan, d.String()
	switch name := d.name(); name {
	case "client_max_body_size":
		if n, ok := sizeOf(d.arg(0)); ok {
			p.LimitBody(d.place, what, n)
			return
		}
		p.Leave(d.place, what, "this is no size")
	case "proxy_read_timeout", "proxy_connect_timeout":
		wait, ok := seconds(d.arg(0))
		switch {
		case !ok:
			p.Leave(d.place, what, "this is no time")
		case name == "proxy_read_timeout":
			p.WaitAnswer(d.place, what, wait)
		default:
			p.WaitDial(d.place, what, wait)
		}
	case "proxy_set_header":
		if !t.byItself(d) {
			p.RequestHeader(d.place, what)
		}
	case "add_header", "proxy_hide_header", "expires":
		p.AnswerHeader(d.place, what)
	case "rewrite":
		p.Rewrite(d.place, what)
	case "gzip", "gunzip", "brotli":
		if d.arg(0) != "off" {
			p.Compress(d.place, what)
		}
	case "root", "alias", "index", "try_files", "autoindex", "error_page":
		p.Static(d.place, what)
	case "proxy_http_version", "proxy_pass_request_headers", "proxy_pass_request_body":
		p.Machine(d.place, what)
	default:
		p.Leave(d.place, what, why(name))
	}
}

// byItself says whether a header field is one that the gate sets or keeps anyway: it needs no word.
func (*translation) byItself(d *directive) bool {
	value := strings.Trim(d.arg(1), "${}")
	switch strings.ToLower(d.arg(0)) {
	case "host":
		return value == "host" || value == "http_host"
	case "x-forwarded-for":
		return value == "proxy_add_x_forwarded_for" || value == "remote_addr"
	case "x-forwarded-proto":
		return value == "scheme" || value == "https"
	case "x-forwarded-host":
		return value == "host" || value == "http_host"
	case "upgrade":
		return value == "http_upgrade"
	case "connection":
		return value == "" || value == "upgrade" || value == "connection_upgrade"
	}
	return false
}

// reasons are why directives of a family are left out; the longest prefix counts.
var reasons = map[string]string{
	"ssl_":                    "Tenward speaks TLS 1.3 alone, with the library's own choice of everything else",
	"ssl_client_":             "client certificates are not asked for; people sign in",
	"ssl_verify_":             "client certificates are not asked for; people sign in",
	"http2":                   "HTTP/2 is always spoken",
	"http3":                   "HTTP/3 is not spoken yet",
	"gzip_":                   "answers pass as the application makes them",
	"brotli_":                 "answers pass as the application makes them",
	"proxy_ssl_":              "upstreams are always verified; their authority, name and our certificate stand under services: NAME: tls:",
	"proxy_cache":             "Tenward keeps no answers",
	"proxy_redirect":          "answers pass as the application makes them",
	"proxy_cookie":            "answers pass as the application makes them",
	"proxy_next_":             "what may be sent twice goes to another upstream, within a budget (docs/operating/upstreams.md)",
	"proxy_send_":             "the times for bodies are limits.read and limits.write",
	"proxy_buffer":            "bodies stream both ways",
	"proxy_request_buffering": "bodies stream both ways",
	"limit_":                  "rates are not limited by the configuration yet; the gate's own bounds are under limits:",
	"auth_basic":              "people sign in at the portal, with two factors",
	"auth_":                   "people sign in at the portal, with two factors",
	"allow":                   "addresses are no proof of who asks: people sign in, and roles decide (access:)",
	"deny":                    "addresses are no proof of who asks: people sign in, and roles decide (access:)",
	"satisfy":                 "people sign in, and roles decide (access:)",
	"set_real_ip":             "in front of Tenward stands nobody yet whose word about addresses it takes",
	"real_ip":                 "in front of Tenward stands nobody yet whose word about addresses it takes",
	"map":                     "variables are not translated",
	"geo":                     "variables are not translated",
	"split_":                  "variables are not translated",
	"set":                     "variables are not translated",
	"client_body_timeout":     "the time between two pieces of a body is limits.read",
	"client_header_timeout":   "the time for a request's head is limits.header",
	"large_client_header":     "the bytes of a request's head are limits.header_size",
	"client_header_buffer":    "the bytes of a request's head are limits.header_size",
	"keepalive_":              "the time between two requests is limits.idle",
	"send_timeout":            "the time for a client to take an answer is limits.write",
}

// machine are families that are about nginx itself.
var machine = []string{
	"user", "worker_", "pid", "events", "error_log", "access_log", "log_", "sendfile", "tcp_", "types", "default_type", "server_tokens", "charset",
	"multi_accept", "use", "daemon", "load_module", "resolver", "client_body_", "open_file", "server_names", "variables_", "reset_timedout",
	"output_buffers", "aio", "directio", "thread_pool", "env", "ignore_invalid", "underscores_", "merge_", "absolute_redirect", "port_in_", "accept_mutex", "lingering_",
}

// why is the reason for leaving out a directive of that name.
func why(name string) string {
	best := ""
	for prefix := range reasons {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best != "" {
		return reasons[best]
	}
	for _, prefix := range machine {
		if strings.HasPrefix(name, prefix) {
			return "it is about nginx itself"
		}
	}
	return "this is not translated"
}
