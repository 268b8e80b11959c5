package password

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go/data"

	"github.com/tenward/tenward/problem"
)

// The length of a password in characters. Eight is enough where a second factor stands beside it; without one SP
// 800-63B-4 asks for fifteen. The upper end only bounds what is hashed.
const (
	MinWithFactor    = 8
	MinWithoutFactor = 15
	maxLength        = 256
)

var (
	errLong = problem.New("authentication.password.long", fmt.Sprintf("A password has at most %d characters.", maxLength), "Choose a shorter one.")
	errSame = problem.New("authentication.password.repeated", "This password is one character, or a short run of them, again and again.",
		"Choose several words that do not belong together.")
	errCommon = problem.New("authentication.password.common", "This password is among the first that anybody would try.",
		"Choose several words that do not belong together; a password manager can make one up.")
	errAbout = problem.New("authentication.password.personal", "This password contains your name, your address or the name of this service.",
		"Choose words that have nothing to do with you.")
)

// Check refuses a password that is too short, that everybody tries first, or that is made of what is known about its
// owner. It says nothing about which characters there must be.
func Check(password string, least int, about ...string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < least:
		return problem.New("authentication.password.short", fmt.Sprintf("A password has at least %d characters; this one has %d.", least, n),
			"Choose a longer one: several words are easier to keep than one with strange characters.")
	case n > maxLength:
		return errLong
	case repeats(password):
		return errSame
	case personal(password, about):
		return errAbout
	case common(password):
		return errCommon
	}
	return nil
}

// repeats finds aaaaaaaa, abababab and 123123123.
func repeats(password string) bool {
	for n := 1; n <= 3 && 2*n < len(password); n++ {
		if strings.Repeat(password[:n], len(password)/n+1)[:len(password)] == password {
			return true
		}
	}
	return false
}

// leastWord is how long a word about somebody must be to count: "Li" is in too many passwords by chance.
const leastWord = 4

// personal finds what is known about the owner, in either direction, as far as it is most of the password.
func personal(password string, about []string) bool {
	folded := fold(password)
	for _, a := range about {
		for _, word := range strings.FieldsFunc(strings.ToLower(a), func(r rune) bool { return strings.ContainsRune(" .@_-+", r) }) {
			if word = fold(word); len(word) >= leastWord && strings.Contains(folded, word) && len(folded)-len(word) < MinWithFactor {
				return true
			}
		}
	}
	return false
}

// fold undoes what people do to a word to make a password of it.
func fold(s string) string { return unleet.Replace(strings.ToLower(s)) }

var unleet = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "@", "a", "$", "s", "!", "i")

// decoration is how many characters before and behind a common word leave it common: password1!, 2024Winter.
const decoration = 4

// common looks for the password, and for the word it decorates.
func common(password string) bool {
	set := blocklist()
	lower := strings.ToLower(password)
	bare := strings.TrimFunc(lower, func(r rune) bool { return r < 'a' || r > 'z' && r < 0x80 })
	for _, s := range []string{lower, fold(lower), bare, fold(bare)} {
		if len(s) >= leastWord && utf8.RuneCountInString(lower)-utf8.RuneCountInString(s) <= decoration {
			if _, ok := set[s]; ok {
				return true
			}
		}
	}
	return false
}

// blocklist is passwords that were stolen often, the words of a dictionary, and names: lists that Dropbox's zxcvbn
// collected. They are read at the first use: most commands never need them.
var blocklist = sync.OnceValue(func() map[string]struct{} {
	set := make(map[string]struct{}, 100_000)
	for _, name := range []string{"Passwords", "English", "MaleNames", "FemaleNames", "Surnames"} {
		var list struct{ List []string }
		if err := json.Unmarshal(data.MustAsset("data/"+name+".json"), &list); err != nil {
			panic(fmt.Sprintf("the blocklist %s cannot be read: %v", name, err)) // it is compiled in
		}
		for _, word := range list.List {
			set[strings.ToLower(word)] = struct{}{}
		}
	}
	return set
})
