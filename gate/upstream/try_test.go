package upstream

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"
)

// An upstream is tried the way that requests go: under the service's name, below the upstream's own path, and verified.
func TestTryAsksAsTheGateDoes(t *testing.T) {
	var asked []string
	application := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.Host+r.URL.Path)
		w.WriteHeader(http.StatusTeapot)
	}))
	application.Config.ErrorLog = log.New(io.Discard, "", 0)
	application.StartTLS()
	t.Cleanup(application.Close)
	at, err := url.Parse(application.URL + "/app")
	if err != nil {
		t.Fatal(err)
	}
	within := Timeouts{Dial: time.Minute, Answer: time.Minute}
	spec := Spec{Host: "shop.example.com", TLS: &tls.Config{RootCAs: application.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}
	if status, err := Try(t.Context(), spec, Target{URL: at}, within); err != nil || status != http.StatusTeapot {
		t.Errorf("it is %d: %v", status, err)
	}
	spec.Health.Path = "/healthz"
	if status, err := Try(t.Context(), spec, Target{URL: at}, within); err != nil || status != http.StatusTeapot {
		t.Errorf("it is %d: %v", status, err)
	}
	if len(asked) != 2 || asked[0] != "HEAD shop.example.com/app/" || asked[1] != "GET shop.example.com/app/healthz" {
		t.Errorf("asked was %v", asked)
	}
	spec.TLS = nil
	_, err = Try(t.Context(), spec, Target{URL: at}, within)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("a stranger is %v", err)
	}
}
