package trust

import (
	"fmt"
	"math"
	"os/user"
	"strconv"
	"syscall"

	"github.com/tenward/tenward/problem"
)

// Person is whose browsers are meant.
type Person struct {
	Home string
	as   *syscall.Credential // whom commands run as; nil is whoever runs this process
}

// Caller is the person at the keyboard: under sudo who called it, and not root, who has no browser. What is then done
// in that person's home is done as that person: files get the right owner, and no link laid there leads root anywhere.
func Caller(euid int, getenv func(string) string) (Person, error) {
	name := getenv("SUDO_USER")
	if euid != 0 || name == "" || name == "root" {
		home := getenv("HOME")
		if home == "" {
			return Person{}, problem.New("encryption.trust.home", "Whose browsers are meant is not known: HOME is not set.", "Set HOME and run the command again.")
		}
		return Person{Home: home}, nil
	}
	unknown := problem.New("encryption.trust.caller", "Who called sudo is not known on this machine, so the browsers cannot be found.",
		"Run the command once more without sudo for the browsers.")
	who, err := user.Lookup(name)
	if err != nil {
		return Person{}, unknown.Because(err)
	}
	if uid := getenv("SUDO_UID"); uid != who.Uid {
		return Person{}, unknown.Because(fmt.Errorf("compare SUDO_USER with SUDO_UID: user %s is %s", name, who.Uid))
	}
	uid, err := id(who.Uid)
	if err != nil {
		return Person{}, unknown.Because(err)
	}
	gid, err := id(who.Gid)
	if err != nil {
		return Person{}, unknown.Because(err)
	}
	return Person{Home: who.HomeDir, as: &syscall.Credential{Uid: uid, Gid: gid}}, nil
}

// id reads a number of a user or group. Root's is refused here: this is about not being root.
func id(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n == 0 || n == math.MaxUint32 {
		return 0, fmt.Errorf("read user or group number %q: not one of a person", text)
	}
	return uint32(n), nil
}
