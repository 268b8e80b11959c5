package convert

// What Tenward's configuration cannot say yet has one function here each. The parsers call it with everything that they understood; to
// translate it one day is to fill its body.

// Certificate is a certificate that the hosts had from files.
func (p *Plan) Certificate(at Place, _ []string, cert, key string) {
	p.Leave(at, "certificate "+cert+", key "+key, "certificates come from Tenward's own authority; those of files are not taken over yet")
}

// Automatic are certificates that the hosts got by ACME.
func (p *Plan) Automatic(at Place, _ []string, _ string) {
	p.Leave(at, "certificates by ACME", "certificates come from Tenward's own authority (tenward trust); public ones are not fetched yet")
}

// Plain is that the hosts answered without TLS.
func (p *Plan) Plain(at Place, what string) {
	p.Leave(at, what, "Tenward speaks TLS alone: nothing answers on this port")
}

// Redirect sends clients elsewhere.
func (p *Plan) Redirect(at Place, what string) {
	p.Leave(at, what, "redirects are the application's; the gate has none yet")
}

// Rewrite changes the path that the application sees.
func (p *Plan) Rewrite(at Place, what string) {
	p.Leave(at, what, "the application sees the path as the client sent it: let it live below that path")
}

// RequestHeader sets a field of requests.
func (p *Plan) RequestHeader(at Place, what string) {
	p.Leave(at, what, "fields of requests cannot be set yet; who asks, and from where, Tenward says by itself")
}

// AnswerHeader sets a field of answers.
func (p *Plan) AnswerHeader(at Place, what string) {
	p.Leave(at, what, "fields of answers are the application's; the gate sets none yet")
}

// Compress makes answers shorter.
func (p *Plan) Compress(at Place, what string) {
	p.Leave(at, what, "answers pass as the application makes them; the gate compresses none yet")
}

// Static are files that the old proxy served by itself.
func (p *Plan) Static(at Place, what string) {
	p.Leave(at, what, "Tenward serves no files: an application behind it must")
}

// Exact is a path that was meant without what lies below it.
func (p *Plan) Exact(at Place, what string) {
	p.Leave(at, what, "a service has its path and everything below it: only the word \"exactly\" is left out")
}

// Checks is a detail of health checks.
func (p *Plan) Checks(at Place, what string) {
	p.Leave(at, what, "Tenward takes an upstream out by itself after three failures in a row, and tries it again (docs/operating/upstreams.md)")
}

// Machine is about the old proxy itself: processes, logs, buffers.
func (p *Plan) Machine(at Place, what string) {
	p.Leave(at, what, "Tenward has no such setting, and needs none")
}
