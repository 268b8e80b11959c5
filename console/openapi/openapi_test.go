package openapi_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/console/openapi"
	"github.com/tenward/tenward/console/openapi/openapitest"
	"github.com/tenward/tenward/practice"
)

type bush struct {
	roses
	*soil
	ID      string          `json:"id"`
	Planted time.Time       `json:"planted"`
	Cut     *time.Time      `json:"cut,omitempty"`
	Watered *int            `json:"watered" jsonschema:"nullable"`
	State   practice.Status `json:"state"`
	Near    []bush          `json:"near,omitempty"`
	Pipe    netip.Addr      `json:"pipe"`
	Raw     json.RawMessage `json:"raw"`
	Weight  float64         `json:"weight" doc:"In grams"`
	Secret  string          `json:"-"`
	inside  int
}

type roses struct {
	Roses []string `json:"roses"`
}

type soil struct {
	Wet bool `json:"wet"`
}

type fault struct {
	Detail string `json:"detail"`
}

// garden answers about a bush, and lets it be cut.
func garden(answer any) *openapi.API {
	return &openapi.API{Origin: "https://garden.example.test", Cookie: "gate", Problem: fault{}, Operations: []openapi.Operation{
		{
			Method: http.MethodGet, Path: "/bushes/{id}", ID: "get.bush", Title: "A bush", Permission: "gardening.look", Role: "reader", Answer: answer,
			Fields: []practice.Field{{Name: "id", Doc: "Which", Number: true}, {Name: "colour", Words: []string{"red", "white"}, Many: true}},
		},
		{
			Method: http.MethodPost, Path: "/cut", ID: "gardening.rose.cut", Title: "Cut", Permission: "gardening.cut", Role: "admin", Answer: struct{}{},
			Fields: []practice.Field{{Name: "rose", Required: true}, {Name: "many", Many: true}, practice.Reason()},
		},
	}}
}

const whole = `{"roses":["red"],"wet":true,"id":"7","planted":"2026-11-23T12:00:00Z","watered":null,"state":"pass","pipe":"192.0.2.1","raw":{"any":[1]},"weight":1.5}`

func TestTheDescriptionIsWhatJSONMakesOfTheTypes(t *testing.T) {
	text, err := garden(&bush{}).Document()
	if err != nil {
		t.Fatal(err)
	}
	spec := openapitest.Read(t, text)
	if !strings.Contains(string(text), `"description": "In grams"`) {
		t.Error("the unit is not described")
	}
	made, err := json.Marshal(bush{
		roses: roses{[]string{"red"}}, soil: &soil{true}, ID: "7", Planted: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), State: practice.Pass,
		Pipe: netip.MustParseAddr("192.0.2.1"), Raw: json.RawMessage(`{"any":[1]}`), Weight: 1.5, Secret: "s3cret", inside: 1,
	})
	if err != nil || string(made) != whole {
		t.Fatalf("%v: JSON makes %s", err, made)
	}
	for _, tt := range []struct{ name, from, to, fault string }{
		{"as it is", "", "", ""},
		{"with a time more", `"id"`, `"cut":"2026-11-23T12:00:00Z","id"`, ""},
		{"with a bush beside it", `"id"`, `"near":[` + whole + `],"id"`, ""},
		{"a number for null", `"watered":null`, `"watered":3`, ""},
		{"a member that nobody has described", `"id"`, `"thorns":3,"id"`, "thorns"},
		{"what is kept for oneself", `"id"`, `"Secret":"s3cret","id"`, "Secret"},
		{"without a member", `"wet":true,`, ``, "wet"},
		{"null for a list", `["red"]`, `null`, "roses"},
		{"null for what is left out where there is none", `"id"`, `"cut":null,"id"`, "cut"},
		{"no time", "2026-11-23T12:00:00Z", "noon", "planted"},
		{"a word that is none", `"pass"`, `"perhaps"`, "state"},
		{"a text for a number", `1.5`, `"1.5"`, "weight"},
		{"a fault in the bush beside it", `"id"`, `"near":[{}],"id"`, "near"},
	} {
		err := spec.Fault(http.MethodGet, "/bushes/{id}", http.StatusOK, "application/json", []byte(strings.Replace(whole, tt.from, tt.to, 1)))
		if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if err := spec.Fault(http.MethodGet, "/bushes/{id}", http.StatusNotFound, "application/problem+json", []byte(`{"detail":"There is none."}`)); err != nil {
		t.Errorf("a problem: %v", err)
	}
	if err := spec.Fault(http.MethodGet, "/bushes/{id}", http.StatusNotFound, "text/html", nil); err == nil {
		t.Error("a page is described")
	}
	if err := spec.Fault(http.MethodDelete, "/bushes/{id}", http.StatusOK, "application/json", nil); err == nil {
		t.Error("what there is not is described")
	}
}

func TestFieldsAreParametersOrForms(t *testing.T) {
	api := garden(&roses{})
	api.Operations[1].Local = true
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	openapitest.Read(t, text)
	var got struct {
		Paths map[string]map[string]struct {
			Servers     []struct{ URL string }
			Parameters  json.RawMessage
			RequestBody json.RawMessage
			Permission  string `json:"x-tenward-permission"`
		}
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	compact := func(raw json.RawMessage) string { return strings.Join(strings.Fields(string(raw)), "") }
	get, post := got.Paths["/bushes/{id}"]["get"], got.Paths["/cut"]["post"]
	if want := `[{"name":"id","in":"path","description":"Which","required":true,"schema":{"type":"integer"}},` +
		`{"name":"colour","in":"query","schema":{"items":{"type":"string","enum":["red","white"]},"type":"array"}}]`; compact(get.Parameters) != want {
		t.Errorf("the parameters are\n%s, want\n%s", compact(get.Parameters), want)
	}
	if body := compact(post.RequestBody); !strings.Contains(body, `"application/x-www-form-urlencoded"`) || !strings.Contains(body, `"required":["rose"]`) ||
		!strings.Contains(body, `"additionalProperties":false`) || !strings.Contains(body, `"many":{"items":{"type":"string"},"type":"array"}`) {
		t.Errorf("the form is %s", body)
	}
	if len(get.Servers) != 0 || len(post.Servers) != 1 || post.Servers[0].URL != "http://admin" {
		t.Errorf("they answer at %v and %v, want the console, and the admin socket alone", get.Servers, post.Servers)
	}
	if get.Permission != "gardening.look" || post.Permission != "gardening.cut" {
		t.Errorf("they ask for %q and %q", get.Permission, post.Permission)
	}
}

// spoken writes its JSON by itself.
type spoken struct{}

func (spoken) MarshalJSON() ([]byte, error) { return []byte(`"hello"`), nil }

func TestWhatCannotBeDescribedIsAFault(t *testing.T) {
	if _, err := garden(struct {
		Says spoken `json:"says"`
	}{}).Document(); err == nil || !strings.Contains(err.Error(), "spoken writes its JSON by itself") {
		t.Errorf("a type that writes its JSON by itself: %v", err)
	}
	api := garden(&roses{})
	api.Operations[0].Path = "/bushes/{id}/roses/{rose}"
	if _, err := api.Document(); err == nil || !strings.Contains(err.Error(), "{rose}") {
		t.Errorf("a path that names what is not declared: %v", err)
	}
}
