package gate

import (
	"net/http"
	"strings"

	"github.com/tenward/tenward/event"
	"github.com/tenward/tenward/problem"
)

var (
	errMethod = problem.New("gate.method.refused", "This server does not take requests of this method.",
		"Use GET, POST or another method of the application.")
	errHost = problem.New("gate.host.unknown", "No application answers at this address.",
		"Check the host name and the path; whoever runs this server can add them under services.")
	errMisdirected = problem.New("gate.host.misdirected", "This connection was made for another host name.",
		"Open a new connection for this host.")
	errTwoHosts = problem.New("gate.host.refused", "The request names two hosts.", "Name the host once.")
	errFields   = problem.New("gate.header.refused", "The request has too many header fields.",
		"Delete this site's cookies, then try again.")
	errTooLarge = problem.New("gate.body.refused", "The request is larger than this server takes.",
		"Send it in smaller parts, or ask whoever runs this server to raise limits.body.")
)

// head brings the request into its one spelling and finds whose it is, or refuses it.
func (g *Gate) head(x *Exchange) bool {
	r := x.Request
	switch {
	case !token(r.Method): // HTTP/2 can carry any bytes here
		return g.refuseHead(x, http.StatusBadRequest, errMethod)
	case r.Method == http.MethodConnect || r.Method == http.MethodTrace || strings.ToUpper(r.Method) != r.Method:
		// Methods are told apart by case (RFC 9110 section 9.1) and all are capitals. What forbids DELETE must not let through
		// what an upstream turns into it.
		return g.refuseHead(x, http.StatusMethodNotAllowed, errMethod)
	case fields(r.Header) > g.limits.HeaderCount:
		return g.refuseHead(x, http.StatusRequestHeaderFieldsTooLarge, errFields)
	case r.ContentLength > g.limits.Body:
		return g.refuseHead(x, http.StatusRequestEntityTooLarge, errTooLarge)
	}
	if err := x.normalise(); err != nil {
		return g.refuseHead(x, http.StatusBadRequest, problem.Of(err))
	}
	if len(r.Header["Host"]) > 0 && r.Header.Get("Host") != r.Host {
		// Only HTTP/2 leaves the field beside :authority, and who reads the one must not be told the other: RFC 9113 section 8.3.1.
		return g.refuseHead(x, http.StatusBadRequest, errTwoHosts)
	}
	host, ok := hostOf(r.Host)
	if ok {
		x.Host = host
		x.Service = g.router.find(host, x.Path)
	}
	if x.Service == nil {
		return g.refuseHead(x, http.StatusMisdirectedRequest, errHost)
	}
	// The name that TLS was made for decides what the client believes it talks to; RFC 9110 section 7.4.
	if r.TLS != nil && r.TLS.ServerName != "" && !strings.EqualFold(r.TLS.ServerName, host) {
		return g.refuseHead(x, http.StatusMisdirectedRequest, errMisdirected)
	}
	x.Public = x.Service.public(x.Path)
	if x.Service.GRPC && isRPC(r) {
		x.RPC = true
		if x.upload != nil {
			x.upload.lasts()
		}
	}
	return true
}

func (g *Gate) refuseHead(x *Exchange, status int, why *problem.Problem) bool {
	x.settle(event.Refused, kindRefused, "gate")
	x.Note("problem", why.Code)
	g.refuse(x, status, why)
	return false
}

func fields(h http.Header) int {
	n := 0
	for _, values := range h {
		n += len(values)
	}
	return n
}

// token says whether s is a token of RFC 9110 section 5.6.2.
func token(s string) bool {
	foreign := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~", r)
	}
	return s != "" && !strings.ContainsFunc(s, foreign)
}
