package waf

import "net/netip"

// Request is one request as it came over the wire: what the rules are asked about.
type Request struct {
	Client   netip.AddrPort
	Method   string
	URI      string // path and query as sent, before anything was decoded
	Host     string // the Host field; whether Headers has it too does not matter
	Protocol string // "HTTP/1.1", "HTTP/2.0"
	Headers  map[string][]string
	Body     []byte
	// Partial says that Body is only the beginning of what is sent. It is read as far as it goes; without
	// Partial, a body that ends early is a fault.
	Partial bool
	// Exclude are the rules that do not look at certain values of this request.
	Exclude []Exclusion
}

// Result is what the rules say about a request. The zero value says that nothing matched.
type Result struct {
	Blocked bool
	Status  int    // what to answer when blocked: 403, or what the fault says
	Fault   *Fault // why the request could not be read; the rules have not seen it then
	Score   int    // the inbound anomaly score
	Rules   []Rule
}

// Rule is one detection rule that matched. The rules that only keep the score are not among them.
type Rule struct {
	ID       string // "942100"
	Message  string
	Target   string // where it matched, "ARGS:q"
	Match    string // what it matched: as hostile as the request it came from
	Severity string // "critical"
	Paranoia int    // the paranoia level that the rule belongs to; 0 when it says none
}

// Fault is what makes a request unreadable. What cannot be read cannot be called clean.
type Fault struct {
	Code     string // "body.json"
	Status   int    // 400 or 415
	Sentence string // for people; says nothing that the request said
	Next     string
}

func fault(status int, code, sentence, next string) *Fault {
	return &Fault{Code: code, Status: status, Sentence: sentence, Next: next}
}
