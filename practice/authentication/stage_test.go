package authentication_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tenward/tenward/gate/gatetest"
	"github.com/tenward/tenward/practice/authentication"
	"github.com/tenward/tenward/practice/practicetest"
)

func TestContract(t *testing.T) { practicetest.Run(t, authentication.New("").Practice()) }

func TestWhatIsNotPublicIsRefusedWhateverItIs(t *testing.T) {
	stage := authentication.New("").Practice().Stages[0]
	for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "PROPFIND"} {
		x := gatetest.Exchange(t, method, "https://notes.test/notes", nil)
		if v := practicetest.Refusal(t, stage, x); v.Status != http.StatusUnauthorized {
			t.Errorf("%s is refused with %d", method, v.Status)
		}
		x.Public = true
		if v, err := stage.Run(t.Context(), x); err != nil || v.Refuses() {
			t.Errorf("%s of a public path: %+v, %v", method, v, err)
		}
	}
}

func TestTheHintTellsPeopleWhatTheyCanDoHere(t *testing.T) {
	x := gatetest.Exchange(t, "GET", "https://notes.test/notes", nil)
	v := practicetest.Refusal(t, authentication.New("Look at /search.").Practice().Stages[0], x)
	if v.Why.Next != "Look at /search." {
		t.Errorf("people are told %q", v.Why.Next)
	}
	v = practicetest.Refusal(t, authentication.New("").Practice().Stages[0], x)
	if !strings.Contains(v.Why.Next, "public:") {
		t.Errorf("without a hint people are told %q", v.Why.Next)
	}
}
