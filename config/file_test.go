package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenward/tenward/config"
)

func TestFilesAreReadWithTheConfigurationThatNamesThem(t *testing.T) {
	type named struct {
		CA config.File `yaml:"ca"`
	}
	dir := t.TempDir()
	for name, content := range map[string][]byte{"ca.pem": []byte("one"), "large.pem": make([]byte, 1<<20+1)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ name, file, content, want string }{
		{"beside the configuration", "ca.pem", "one", ""},
		{"elsewhere", dir + "/ca.pem", "one", ""},
		{"that is not there", "none.pem", "", "t.yaml:1:5: ca: the file " + dir + "/none.pem cannot be read: no such file or directory"},
		{"that is a folder", ".", "", "cannot be read: is a directory"},
		{"that is no certificate's size", "large.pem", "", "cannot be read: it is larger than 1 MiB"},
		{"without a name", `""`, "", "t.yaml:1:5: ca: there is no name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got named
			_, err := config.Parse(filepath.Join(dir, "t.yaml"), []byte("ca: "+tt.file), &got, config.Options{})
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Fatalf("it says %v, want %q", err, tt.want)
			}
			if string(got.CA.Content()) != tt.content {
				t.Errorf("it holds %q, want %q", got.CA.Content(), tt.content)
			}
		})
	}
	var got named
	if _, err := config.Parse("t.yaml", []byte("ca: none.pem"), &got, config.Options{KeepReferences: true}); err != nil || got.CA.String() != "none.pem" || !got.CA.Set() || got.CA.Content() != nil {
		t.Errorf("where only the name is asked for it is %+v: %v", got, err)
	}
}
