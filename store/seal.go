package store

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// sealFormat is the first byte of what is stored; the rest is a 96-bit random nonce, the ciphertext and the tag.
const sealFormat = 1

// errUnsealed says nothing more on purpose: format, nonce, name, key and content are all authenticated together.
var errUnsealed = errors.New("the sealed bytes do not open")

// sealer seals and opens under one master key: AES-256-GCM with random nonces. NIST SP 800-38D section 8.3 allows 2^32
// seals under one key with them; Tenward makes thousands.
type sealer struct {
	id   string
	aead func() cipher.AEAD // a function, as in MasterKey: fmt must not find the key
}

func newSealer(master MasterKey) (sealer, error) {
	key, err := master.derive("tenward secret sealing v1", 32)
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, fmt.Errorf("make cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return sealer{}, fmt.Errorf("make cipher: %w", err)
	}
	return sealer{master.ID(), func() cipher.AEAD { return aead }}, nil
}

// binding is the additional data: a sealed value opens under its own name, key id and format only, so that rows cannot
// be exchanged. Names and ids hold no zero byte, which keeps the parts apart.
func (s sealer) binding(name string) []byte {
	return fmt.Appendf(nil, "tenward secret\x00%d\x00%s\x00%s", sealFormat, s.id, name)
}

func (s sealer) seal(name string, plaintext []byte) []byte {
	return s.aead().Seal([]byte{sealFormat}, nil, plaintext, s.binding(name)) //nolint:gosec // G407: this AEAD makes its own nonces
}

func (s sealer) open(name string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealFormat {
		return nil, errUnsealed
	}
	plaintext, err := s.aead().Open(nil, nil, sealed[1:], s.binding(name))
	if err != nil {
		return nil, errUnsealed
	}
	return plaintext, nil
}
