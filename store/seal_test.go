package store

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// sealedByFirstRelease is "secret" under the name a and the key below.
const sealedByFirstRelease = "01891896b2f90c7eac148097ddcc1458e7f032f6a6e5fc0a046bbc9409ff1ebe209aaf"

// Whatever somebody writes into a row, only what was sealed opens.
func FuzzOpen(f *testing.F) {
	key, err := ParseMasterKey("tenward-master-key-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		f.Fatal(err)
	}
	s, err := newSealer(key)
	if err != nil {
		f.Fatal(err)
	}
	genuine, err := hex.DecodeString(sealedByFirstRelease)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a", genuine)
	f.Add("b", genuine)
	f.Add("a", genuine[:13])
	f.Add("a", append([]byte{2}, genuine[1:]...))
	f.Fuzz(func(t *testing.T, name string, sealed []byte) {
		plaintext, err := s.open(name, sealed)
		if same := name == "a" && bytes.Equal(sealed, genuine); same != (err == nil) || same != (string(plaintext) == "secret") {
			t.Errorf("open(%q, %x) = %q, %v", name, sealed, plaintext, err)
		}
	})
}

// A row sealed by any release must open in every later one.
func TestTheSealedFormStays(t *testing.T) {
	key, err := ParseMasterKey("tenward-master-key-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSealer(key)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := hex.DecodeString(sealedByFirstRelease)
	if err != nil {
		t.Fatal(err)
	}
	if plaintext, err := s.open("a", sealed); err != nil || string(plaintext) != "secret" {
		t.Errorf("open = %q, %v", plaintext, err)
	}
}
