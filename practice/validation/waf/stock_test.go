package waf

import "testing"

// byItself gives a request to the engine's own readers, as its HTTP middleware would.
func byItself(t testing.TB, w *WAF, r *Request) bool {
	t.Helper()
	tx := w.engine.NewTransaction()
	defer func() {
		if err := tx.Close(); err != nil {
			t.Error(err)
		}
	}()
	tx.ProcessConnection(r.Client.Addr().String(), int(r.Client.Port()), "", 0)
	tx.ProcessURI(r.URI, r.Method, r.Protocol)
	tx.AddRequestHeader("Host", r.Host)
	for name, values := range r.Headers {
		for _, v := range values {
			tx.AddRequestHeader(name, v)
		}
	}
	if tx.ProcessRequestHeaders() != nil {
		return true
	}
	if _, _, err := tx.WriteRequestBody(r.Body); err != nil {
		t.Fatal(err)
	}
	stop, err := tx.ProcessRequestBody()
	if err != nil {
		t.Fatal(err)
	}
	return stop != nil
}

// TestTheEngineByItselfMisses shows that the tests above could fail. When it goes red after an update, the engine
// has been mended and feed.go can become simpler.
func TestTheEngineByItselfMisses(t *testing.T) {
	w := newWAF(t)
	for name, r := range map[string]*Request{
		"repeated header":         withHeader("X-Test", "() { :;}; /bin/cat /etc/passwd", "ok"),
		"repeated cookie":         withHeader("Cookie", "a="+attack+"; a=ok; b=1"),
		"query without names":     request("GET", "/?="+attack+"&=ok&y=1", "", ""),
		"repeated form field":     request("POST", "/", formType, "x="+attack+"&x=ok&y=1"),
		"form names but for case": request("POST", "/", formType, "x="+attack+"&X=ok"),
	} {
		t.Run(name, func(t *testing.T) {
			missed := 0
			for range repetitions {
				if !byItself(t, w, r) {
					missed++
				}
			}
			t.Logf("missed %d of %d", missed, repetitions)
			if missed == 0 {
				t.Error("the engine misses nothing any more")
			}
		})
	}
}
