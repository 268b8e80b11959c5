package gate_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/gate"
)

// file is a configuration of services alone.
type file struct {
	Services map[string]*gate.ServiceConfig `yaml:"services"`
}

func TestWhatIsSaidOfUpstreamsIsOneThingOrAnError(t *testing.T) {
	for _, tt := range []struct{ name, lines, want string }{
		{"neither", "", "2:3: services.notes.upstream: a service needs its upstream"},
		{"both", "upstream: http://a\nupstreams: [{url: http://b}]", "5:16: services.notes.upstreams: upstream stands here already"},
		{"an empty list", "upstreams: []", "2:3: services.notes.upstream: a service needs its upstream"},
		{"the same twice", "upstreams: [{url: http://a}, {url: http://a}]", "4:40: services.notes.upstreams[1].url: http://a stands here twice"},
		{"too many", "upstreams: [" + strings.Repeat("{url: http://a},", 65) + "]", "4:16: services.notes.upstreams: must be no more than 64"},
		{"a balance that is none", "upstream: http://a\nbalance: random", `5:14: services.notes.balance: "random" is none of the words that may stand here`},
		{"TLS for nobody", "upstream: http://a\ntls: {name: a.test}", "5:10: services.notes.tls: no upstream of this service is spoken to over TLS"},
		{"gRPC over HTTP/1.1", "upstream: http://a\ngrpc: true", "4:15: services.notes.upstream: HTTP/1.1 cannot carry gRPC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := "services:\n  notes:\n    hosts: [notes.test]\n    " + strings.ReplaceAll(tt.lines, "\n", "\n    ") + "\n"
			_, err := config.Parse("t.yaml", []byte(text), new(file), config.Options{})
			if err == nil || !strings.Contains(err.Error(), "t.yaml:"+tt.want) {
				t.Errorf("it says %v, want %s", err, tt.want)
			}
		})
	}
}

func TestWhatIsSaidOfUpstreamsIsWhatHolds(t *testing.T) {
	const text = `services:
  notes:
    hosts: [notes.test, www.test]
    upstreams:
      - {url: "https://10.0.0.1:3000/base", weight: 2}
      - {url: "h2c://10.0.0.2:3000"}
    balance: least-connections
    health: {path: /healthz, interval: 5s}
    tls: {name: app.test}
    grpc: true
  shop: {hosts: [shop.test], upstream: "http://127.0.0.1:3000"}
`
	var c file
	src, err := config.Parse("t.yaml", []byte(text), &c, config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	services := gate.Services(c.Services)
	notes, shop := services[0], services[1].Upstream
	up := notes.Upstream
	switch {
	case len(up.Targets) != 2, up.Targets[0].URL.String() != "https://10.0.0.1:3000/base", up.Targets[0].Weight != 2, up.Targets[1].Weight != 1, up.Host != "notes.test", !notes.GRPC:
		t.Errorf("notes is %+v", up)
	case up.Balance != "least-connections", up.Health.Path != "/healthz", up.Health.Interval != 5*time.Second, up.Health.Timeout != 2*time.Second, up.Health.Rise != 2, up.Health.Fall != 3, up.Health.Status[0] != 200:
		t.Errorf("notes is %+v", up)
	case up.TLS == nil, up.TLS.ServerName != "app.test", up.TLS.InsecureSkipVerify:
		t.Errorf("its TLS is %+v", up.TLS)
	case len(shop.Targets) != 1, shop.Balance != "round-robin", shop.Health.Path != "", shop.TLS != nil:
		t.Errorf("shop is %+v", shop)
	}
	var shown bytes.Buffer
	if err := config.Show(&shown, src, &c); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"name: app.test", "weight: 2", "balance: least-connections"} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("what is shown lacks %q:\n%s", want, &shown)
		}
	}
	if _, err := config.Parse("shown.yaml", shown.Bytes(), new(file), config.Options{}); err != nil {
		t.Errorf("what is shown is no configuration: %v", err)
	}
}
