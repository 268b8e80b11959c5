package nginx_test

import (
	"testing"

	"github.com/tenward/tenward/convert/converttest"
	"github.com/tenward/tenward/convert/nginx"
)

func FuzzRead(f *testing.F) {
	converttest.Fuzz(f, "nginx.conf", "server { listen 443 ssl; }\n", nginx.Read)
}
