package store_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

const keyText = "tenward-master-key-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func TestParseMasterKeyIsStrict(t *testing.T) {
	cases := []struct {
		name, text string
		ok         bool
	}{
		{"as written", keyText + "\n", true},
		{"without the newline", keyText, true},
		{"empty", "", false},
		{"no prefix", keyText[22:], false},
		{"another version", strings.Replace(keyText, "v1", "v2", 1), false},
		{"space before", " " + keyText, false},
		{"two newlines", keyText + "\n\n", false},
		{"carriage return", keyText + "\r\n", false},
		{"newline within", keyText[:30] + "\n" + keyText[31:], false},
		{"31 bytes", "tenward-master-key-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", false},
		{"33 bytes", "tenward-master-key-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", false},
		{"bits behind the end", strings.Replace(keyText, "h8=", "h9=", 1), false},
		{"no padding", strings.TrimSuffix(keyText, "="), false},
		{"alphabet of URLs", strings.Replace(keyText, "AAEC", "-_EC", 1), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			key, err := store.ParseMasterKey(c.text)
			if (err == nil) != c.ok {
				t.Fatalf("got %v, want ok = %v", err, c.ok)
			}
			if err == nil && key.Text() != keyText+"\n" {
				t.Errorf("comes back as another key")
			}
			if err != nil && (key.ID() != "" || len(c.text) > 30 && strings.Contains(err.Error(), c.text[30:])) {
				t.Errorf("a refused key is returned or quoted: %v", err)
			}
		})
	}
}

func FuzzParseMasterKey(f *testing.F) {
	f.Add(keyText)
	f.Add(keyText + "\n")
	f.Add(keyText[:40] + "\r\n" + keyText[42:])
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := store.ParseMasterKey(text); err == nil && strings.TrimSuffix(key.Text(), "\n") != strings.TrimSuffix(text, "\n") {
			t.Errorf("%q was taken and comes back as another text", text)
		}
	})
}

// The id is in databases and in messages: it must not change from one release to the next.
func TestTheIDOfAKeyStays(t *testing.T) {
	key, err := store.ParseMasterKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := key.ID(), "115ae3a8fdba25b2"; got != want {
		t.Errorf("ID = %s, want %s", got, want)
	}
	if (store.MasterKey{}).ID() != "" {
		t.Error("no key has an id")
	}
}

func TestInPlaceOfAMasterKeyItsIDPrints(t *testing.T) {
	key, err := store.ParseMasterKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	inJSON, err := json.Marshal(key)
	if err != nil {
		t.Fatal(err)
	}
	forms := []string{
		key.String(), key.GoString(), fmt.Sprint(key), fmt.Sprintf("%+v", &key), fmt.Sprintf("%#v", key),
		strings.Trim(string(inJSON), `"`), key.LogValue().String(), slog.AnyValue(key).Resolve().String(),
	}
	for i, got := range forms {
		if want := "MasterKey(115ae3a8fdba25b2)"; got != want {
			t.Errorf("form %d is %s, want %s", i, got, want)
		}
	}
	if slog.AnyValue(key).Kind() != slog.KindLogValuer {
		t.Error("a logger does not ask the key what to log")
	}
	if got := (store.MasterKey{}).String(); got != "MasterKey(none)" {
		t.Errorf("no key is %s", got)
	}
}

// wrapped has the key in unexported fields, which fmt reads without asking its methods.
type wrapped struct {
	key     store.MasterKey
	secrets *store.Secrets
	copied  store.Secrets
}

func TestAMasterKeyNeverPrints(t *testing.T) {
	key, err := store.ParseMasterKey(keyText)
	if err != nil {
		t.Fatal(err)
	}
	secrets := storetest.Memory(t).Secrets(key)
	w := wrapped{key, secrets, *secrets}
	var out bytes.Buffer
	for _, verb := range []string{"v", "+v", "#v", "s", "q", "d", "x", "X", "b", "o", "c", "U", "T", "p", "e", "08d"} {
		for _, value := range []any{key, &key, []store.MasterKey{key}, map[string]store.MasterKey{"k": key}, w, &w, secrets, *secrets} {
			fmt.Fprintf(&out, "%"+verb+"\n", value)
		}
	}
	log := slog.New(slog.NewTextHandler(&out, nil))
	log.Info("text", "key", key, "pointer", &key, "in", w)
	log = slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("json", "key", key, "pointer", &key, "list", []store.MasterKey{key})
	encoded, err := json.Marshal(map[string]any{"key": key, "in": struct{ Key store.MasterKey }{key}})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	fmt.Fprint(&out, key.String(), key.GoString(), fmt.Errorf("with %v", key))

	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(keyText, "tenward-master-key-v1:"))
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{
		"raw": string(raw[:8]), "base64": "AAECAwQF", "hex": hex.EncodeToString(raw[:6]), "HEX": "08090A0B0C0D",
		"decimal": "8 9 10 11 12 13", "Go": "0x8, 0x9, 0xa, 0xb", "padded": "00000008 00000009 0000000", "a cipher's inside": "GCM",
	} {
		if strings.Contains(out.String(), text) {
			t.Errorf("the key prints as %s", form)
		}
	}
}
