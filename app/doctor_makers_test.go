package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tenward/tenward/cluster/clustertest"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

// makers make the faults of testdata/doctor/faults.yaml.
var makers = map[string]func(*sick){
	"a-word-nobody-knows":           func(s *sick) { s.change("data: data", "data: data\nnod: a") },
	"a-port-is-taken":               func(s *sick) { s.listen("127.0.0.1:9443") },
	"an-address-of-another-machine": func(s *sick) { s.change("127.0.0.1:8443", "192.0.2.1:8443") },
	"a-port-for-root":               func(s *sick) { s.change("127.0.0.1:8443", "127.0.0.1:443") },
	"few-descriptors": func(s *sick) {
		s.must(unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 256, Max: 256}))
	},
	"a-data-folder-for-everybody":    func(s *sick) { s.must(os.Chmod(s.path("data"), 0o755)) },
	"a-data-folder-of-somebody-else": func(s *sick) { s.must(os.Chown(s.path("data"), 1, 1)) },
	"a-file-of-root":                 func(s *sick) { s.must(os.Chown(s.path("data", "index"), 0, 0)) },
	"a-file-for-everybody":           func(s *sick) { s.must(os.Chmod(s.path("data", "tenward.db"), 0o644)) },
	"a-key-for-everybody":            func(s *sick) { s.must(os.Chmod(s.path("master.key"), 0o644)) },
	"a-key-that-is-gone":             func(s *sick) { s.must(os.Remove(s.path("master.key"))); s.env = s.env[:1] },
	"another-key":                    func(s *sick) { s.write("master.key", "tenward-master-key-v1:"+strings.Repeat("B", 42)+"A=\n") },
	"a-key-beside-the-data":          keyBeside,
	"a-clock-that-nobody-sets":       func(s *sick) { s.kept = false },
	"a-clock-that-was-put-back":      func(s *sick) { s.offset = -10 * time.Minute },
	"a-clock-beside-postgres":        func(s *sick) { s.postgres(); s.offset = 10 * time.Minute },
	"a-full-disk":                    func(s *sick) { s.disk("size=16m,nr_inodes=100k"); s.fill(64 << 10); s.fill(4 << 10) },
	"no-names-for-files":             func(s *sick) { s.disk("size=4g,nr_inodes=200"); s.fill(0) },
	"a-read-only-disk":               readOnly,
	"a-newer-database":               newerDatabase,
	"a-damaged-database": func(s *sick) {
		s.write("data/tenward.db", strings.Repeat("no database ", 1000))
		s.must(os.Chmod(s.path("data", "tenward.db"), 0o600))
	},
	"postgres-is-stopped":      func(s *sick) { s.stop(s.postgres()) },
	"redis-is-stopped":         redisStopped,
	"a-host-that-nobody-knows": func(s *sick) { s.write("hosts", strings.Replace(healthyHosts, "shop.example.com ", "", 1)) },
	"a-host-that-leads-elsewhere": func(s *sick) {
		s.write("hosts", strings.Replace(healthyHosts, "shop.example.com ", "", 1)+"192.0.2.7 shop.example.com\n")
	},
	"an-upstream-that-nobody-knows": func(s *sick) { s.change("127.0.0.1:3000", "app.internal:3000") },
	"an-expired-certificate":        expired,
	"an-authority-that-is-none":     func(s *sick) { s.write("data/ca.pem", "nothing of the kind\n") },
	"a-name-without-a-certificate": func(s *sick) {
		s.t.Cleanup(s.serve(s.program))
		s.change("[shop.example.com]", "[shop.example.com, new.example.com]")
	},
	"an-upstream-that-is-down": func(s *sick) { s.must(s.app.Close()) },
	"an-upstream-that-hangs":   hangs,
	"an-upstream-that-cannot-prove-itself": func(s *sick) {
		s.secure(s.issue(time.Now().Add(time.Hour)))
		s.change("http://127.0.0.1:3000", "https://127.0.0.1:3000")
	},
	"an-upstream-for-everybody":       func(s *sick) { s.must(s.app.Close()); s.listen(":3000") },
	"a-checkpoint-that-nobody-signed": checkpoint,
	"a-node-with-another-name":        func(s *sick) { s.change("data: data", "data: data\nnode: b") },
	"a-lock-of-somebody-who-is-silent": func(s *sick) {
		f, err := os.Open(s.path("data", "lock"))
		s.must(err, unix.Flock(int(f.Fd()), unix.LOCK_EX))
		s.t.Cleanup(func() { _ = f.Close() })
	},
	"a-socket-for-everybody": func(s *sick) {
		s.t.Cleanup(s.serve(s.program))
		s.must(os.Chmod(s.path("data", "admin.sock"), 0o666))
	},
	"another-program-runs": func(s *sick) {
		program, err := os.ReadFile(s.program)
		old := s.path("old")
		s.must(err, os.Mkdir(old, 0o755), os.WriteFile(filepath.Join(old, "tenward"), program, 0o755))
		s.t.Cleanup(s.serve(filepath.Join(old, "tenward")))
	},
}

func keyBeside(s *sick) {
	key, err := os.ReadFile(s.path("master.key"))
	s.must(err)
	s.write("data/master.key", string(key))
	s.env = s.env[:1]
}

func readOnly(s *sick) {
	s.must(syscall.Mount("", s.path("data"), "", syscall.MS_REMOUNT|syscall.MS_BIND|syscall.MS_RDONLY, ""))
}

func newerDatabase(s *sick) {
	db, err := store.Open(s.t.Context(), store.Options{Data: s.path("data")})
	s.must(err)
	_, err = db.Exec(s.t.Context(), "INSERT INTO store_migration (version, name, checksum, applied_at) VALUES (9999, '9999_later_step.sql', '', 1)")
	s.must(err, db.Close())
}

// postgres puts the database into a real server of this test's own, and gives that server's folder.
func (s *sick) postgres() (folder string) {
	dsn := storetest.Postgres(s.t)
	s.write("postgres.dsn", dsn)
	s.change("data: data", "data: data\nstore: {postgres: \"${file:postgres.dsn}\"}")
	host, _, _ := strings.Cut(strings.TrimPrefix(dsn, "host="), " ")
	return filepath.Join(host, "data")
}

// stop stops that server until the test ends: then its databases are to be dropped.
func (s *sick) stop(folder string) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_ctl")
	s.must(err)
	info, err := os.Stat(folder)
	s.must(err)
	stat := info.Sys().(*syscall.Stat_t)
	control := func(args ...string) {
		c := exec.Command(slices.Max(found), append([]string{"-D", folder, "-w", "-s", "-l", filepath.Join(folder, "again.log")}, args...)...)
		c.Dir = folder
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid}}
		if out, err := c.CombinedOutput(); err != nil {
			s.t.Errorf("%v: %s", err, out)
		}
	}
	control("-m", "immediate", "stop")
	s.t.Cleanup(func() { control("restart") })
}

func redisStopped(s *sick) {
	s.postgres()
	server := clustertest.Redis(s.t)
	s.write("redis.dsn", server.URL())
	s.change("data: data", "data: data\ncluster: {redis: \"${file:redis.dsn}\"}")
	server.Stop()
}

func hangs(s *sick) {
	s.must(s.app.Close())
	silent, err := new(net.ListenConfig).Listen(s.t.Context(), "tcp", "127.0.0.1:3000")
	s.must(err)
	s.t.Cleanup(func() { _ = silent.Close() })
}

func checkpoint(s *sick) {
	file := s.path("data", "record", "log", "checkpoint")
	text, err := os.ReadFile(file)
	s.must(err)
	text[len(text)-10] ^= 1
	s.must(os.WriteFile(file, text, 0o600))
}

// issue makes a certificate for 127.0.0.1 that ends then, certified by itself, and its key; both also as files.
func (s *sick) issue(end time.Time) tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	s.must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "application"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: end.AddDate(-1, 0, 0), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	s.must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	s.must(err)
	s.write("gate.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	s.write("gate.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secure has the application speak TLS.
func (s *sick) secure(c tls.Certificate) {
	s.must(s.app.Close())
	plain, err := new(net.ListenConfig).Listen(s.t.Context(), "tcp", "127.0.0.1:3000")
	s.must(err)
	s.app = tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{c}, MinVersion: tls.VersionTLS12})
	s.answer()
}

func expired(s *sick) {
	good := s.issue(time.Now().AddDate(1, 0, 0))
	authority, err := os.ReadFile(s.path("gate.pem"))
	s.must(err)
	s.write("app-ca.pem", string(authority))
	s.secure(good)
	s.issue(time.Now().AddDate(0, 0, -1))
	s.change(`upstream: "http://127.0.0.1:3000"`, `upstream: "https://127.0.0.1:3000", tls: {ca: app-ca.pem, cert: gate.pem, key: "${file:gate.key}"}`)
}
