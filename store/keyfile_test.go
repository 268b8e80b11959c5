package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tenward/tenward/store"
)

// keyFile writes a new key to a file of that mode and returns both.
func keyFile(t *testing.T, path string, mode fs.FileMode) store.MasterKey {
	t.Helper()
	key := store.NewMasterKey()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(key.Text()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return key
}

func TestTheMasterKeyIsFoundInOrder(t *testing.T) {
	cases := []struct {
		name   string
		files  []string
		env    map[string]string
		want   string // the file it comes from
		beside bool
	}{
		{"named by the environment", []string{"named", "cred/tenward-master-key", "data/master.key"},
			map[string]string{"TENWARD_MASTER_KEY_FILE": "named", "CREDENTIALS_DIRECTORY": "cred"}, "named", false},
		{"a credential", []string{"cred/tenward-master-key", "data/master.key"},
			map[string]string{"CREDENTIALS_DIRECTORY": "cred"}, "cred/tenward-master-key", false},
		{"credentials without ours", []string{"cred/other", "data/master.key"},
			map[string]string{"CREDENTIALS_DIRECTORY": "cred"}, "data/master.key", true},
		{"in the data folder", []string{"data/master.key"}, nil, "data/master.key", true},
		{"named, and in the data folder", []string{"data/deep/named"},
			map[string]string{"TENWARD_MASTER_KEY_FILE": "data/deep/named"}, "data/deep/named", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			keys := map[string]store.MasterKey{}
			for _, name := range c.files {
				keys[name] = keyFile(t, filepath.Join(root, name), 0o600)
			}
			key, origin, err := store.LoadMasterKey(under(root, c.env), filepath.Join(root, "data"))
			if err != nil {
				t.Fatal(err)
			}
			if want := (store.MasterKeyOrigin{Path: filepath.Join(root, c.want), Beside: c.beside}); origin != want {
				t.Errorf("origin = %+v, want %+v", origin, want)
			}
			if key.ID() != keys[c.want].ID() {
				t.Errorf("the key is not the one in %s", c.want)
			}
		})
	}
}

// under is an environment whose values are paths below root.
func under(root string, env map[string]string) func(string) string {
	return func(name string) string {
		if env[name] == "" {
			return ""
		}
		return filepath.Join(root, env[name])
	}
}

func TestTheFirstStartMakesAKeyAndTheSecondFindsIt(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "data")
	first, origin, err := store.LoadMasterKey(under("", nil), data)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(data, "master.key")
	if want := (store.MasterKeyOrigin{Path: path, Made: true, Beside: true}); origin != want {
		t.Errorf("origin = %+v, want %+v", origin, want)
	}
	wantMode(t, path, 0o600)
	wantMode(t, data, 0o700)
	second, origin, err := store.LoadMasterKey(under("", nil), data)
	if err != nil || origin.Made || second.ID() != first.ID() {
		t.Errorf("second start: %v %+v %v, want the key %v", second, origin, err, first)
	}
	if entries, err := os.ReadDir(data); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the key alone", entries, err)
	}
}

func TestNoKeyIsMadeBesideADatabaseThatNeedsAnother(t *testing.T) {
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "tenward.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := store.LoadMasterKey(under("", nil), data)
	wantProblem(t, err, "store.masterkey.missing")
	if _, err := os.Lstat(filepath.Join(data, "master.key")); err == nil {
		t.Error("a key lies where the right one must be put")
	}
}

func TestFirstStartsAtOnceShareOneKey(t *testing.T) {
	data := t.TempDir()
	var group sync.WaitGroup
	var mu sync.Mutex
	ids, made := map[string]bool{}, 0
	for range 8 {
		group.Go(func() {
			key, origin, err := store.LoadMasterKey(under("", nil), data)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[key.ID()] = true
			if origin.Made {
				made++
			}
		})
	}
	group.Wait()
	if len(ids) != 1 || made != 1 {
		t.Errorf("%d keys, %d made, want 1 and 1", len(ids), made)
	}
}

func TestAKeyFileThatOthersMayUseIsRefused(t *testing.T) {
	cases := []struct {
		mode       fs.FileMode
		file, cred bool // accepted as a file, as a credential
	}{
		{0o600, true, true}, {0o400, true, true}, {0o440, false, true}, {0o640, false, true},
		{0o444, false, false}, {0o604, false, false}, {0o620, false, false}, {0o460, false, false}, {0o602, false, false}, {0o644, false, false},
	}
	for _, c := range cases {
		t.Run(c.mode.String(), func(t *testing.T) {
			root := t.TempDir()
			data, path := filepath.Join(root, "data"), filepath.Join(root, "it's a key")
			cred := filepath.Join(root, "cred", "tenward-master-key")
			keyFile(t, path, c.mode)
			keyFile(t, cred, c.mode)
			check := func(env map[string]string, path string, ok bool) {
				t.Helper()
				_, _, err := store.LoadMasterKey(under(root, env), data)
				if ok {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantProblem(t, err, "store.masterkey.open", "`chmod 0600 "+path+"`")
			}
			check(map[string]string{"TENWARD_MASTER_KEY_FILE": "it's a key"}, "'"+strings.ReplaceAll(path, "'", `'\''`)+"'", c.file)
			check(map[string]string{"CREDENTIALS_DIRECTORY": "cred"}, cred, c.cred)
			check(map[string]string{"CREDENTIALS_DIRECTORY": "cred/", "TENWARD_MASTER_KEY_FILE": "cred/tenward-master-key"}, cred, c.cred)
		})
	}
}

// Whatever is named must be there and right: nothing is made in its place, and no other key is tried.
func TestAKeyFileThatIsNamedButUnusableIsAProblem(t *testing.T) {
	write := func(text string) func(path string) error {
		return func(path string) error { return os.WriteFile(path, []byte(text), 0o600) }
	}
	cases := []struct {
		name string
		make func(path string) error
		code string
	}{
		{"missing", func(string) error { return nil }, "store.masterkey.unreadable"},
		{"a folder", func(path string) error { return os.Mkdir(path, 0o700) }, "store.masterkey.unreadable"},
		{"a named pipe", func(path string) error { return syscall.Mkfifo(path, 0o600) }, "store.masterkey.unreadable"},
		{"a link to nowhere", func(path string) error { return os.Symlink("/nowhere/at/all", path) }, "store.masterkey.unreadable"},
		{"empty", write(""), "store.masterkey.malformed"},
		{"another secret", write("hunter2"), "store.masterkey.malformed"},
		{"a key and more", write(keyText + "\n" + keyText), "store.masterkey.malformed"},
		{"endless", write(strings.Repeat("x", 1<<20)), "store.masterkey.malformed"},
	}
	for _, c := range cases {
		for _, place := range []struct {
			path string
			env  map[string]string
		}{
			{"key", map[string]string{"TENWARD_MASTER_KEY_FILE": "key"}},
			{"tenward-master-key", map[string]string{"CREDENTIALS_DIRECTORY": "."}},
			{"data/master.key", nil},
		} {
			if c.name == "missing" && place.path != "key" {
				continue // where nothing is named, the next place is the answer
			}
			t.Run(c.name+" "+place.path, func(t *testing.T) {
				root := t.TempDir()
				if err := os.Mkdir(filepath.Join(root, "data"), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := c.make(filepath.Join(root, place.path)); err != nil {
					t.Fatal(err)
				}
				key, _, err := store.LoadMasterKey(under(root, place.env), filepath.Join(root, "data"))
				wantProblem(t, err, c.code)
				if key.ID() != "" || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("a key is returned, or its text quoted: %v", err)
				}
			})
		}
	}
}

func TestWritingAKeyFileLeavesAnExistingOneAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	key := keyFile(t, path, 0o600)
	if err := store.WriteMasterKeyFile(path, store.NewMasterKey()); err == nil {
		t.Error("written over")
	}
	if got, err := store.ReadMasterKeyFile(path); err != nil || got.ID() != key.ID() {
		t.Errorf("got %v, %v, want %v", got, err, key)
	}
	err := store.WriteMasterKeyFile(filepath.Join(path, "below"), key)
	wantProblem(t, err, "store.masterkey.unwritable")
	if err := store.WriteMasterKeyFile(path+"2", store.MasterKey{}); err == nil {
		t.Error("the zero key was written")
	}
}
