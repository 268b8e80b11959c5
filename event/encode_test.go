package event

import (
	"context"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenward/tenward/event/segment"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const goldenID = "019ab0c1-7a00-7000-8000-000000000001"

func goldenEvents(tb testing.TB) map[string]*Event {
	tb.Helper()
	id, err := ParseID(goldenID)
	if err != nil {
		tb.Fatal(err)
	}
	base := func(c Class, kind string) *Event {
		return &Event{UID: id, Time: noon, Class: c, Activity: OtherActivity, Severity: Informational, Kind: kind, Message: "A sentence."}
	}
	passed := exchange(0)
	passed.UID = id
	refused := exchange(0)
	refused.UID, refused.Verdict, refused.Kind, refused.Stage, refused.Severity = id, Refused, "validation.request.refused", "validation.request", Medium
	refused.HTTP.Query, refused.HTTP.Referrer, refused.HTTP.Status = "q=%27+or+1%3D1&password=hunter2", "https://other.test/?token=hunter2", 403
	refused.HTTP.Path = "/a\"b\\c\n<script>\u2028é\xff"
	refused.Rules = []Rule{{ID: "942100", Message: "SQL injection", Target: "ARGS:q", Match: "' or 1=1"}, {ID: "1", Target: "ARGS:password", Match: "hunter2"}}
	refused.Details = []Detail{{"score", "5"}, {"session", "hunter2"}}
	signed := signIn(1)
	signed.UID, signed.Subject = id, "p1"
	events := map[string]*Event{"http-passed": passed, "http-refused": refused, "authentication": signed}
	for name, e := range map[string]*Event{
		"lifecycle": base(ApplicationLifecycle, "gate.node.started"), "api": base(APIActivity, "access.role.changed"),
		"finding": base(DetectionFinding, "firewall.ban.set"), "compliance": base(ComplianceFinding, "evidence.finding.changed"), "log": base(EventLogActivity, "monitoring.record.gap"),
	} {
		e.User, e.Source = &User{UID: "p1", Account: "ada"}, netip.MustParseAddrPort("[2001:db8::1]:443")
		events[name] = e
	}
	events["compliance"].Details = []Detail{{"check", "access/owner-exists"}, {"subject", "owners"}, {"was", "pass"}, {"became", "fail"}}
	return events
}

func encoded(tb testing.TB, keys Keys, e *Event) []byte {
	tb.Helper()
	b, err := newEncoder("a", keys, []string{"internal"}).append(tb.Context(), nil, e)
	if err != nil {
		tb.Fatal(err)
	}
	return append(b, "42"+tail+"\n"...)
}

func TestTheBytesOfEachClassAreFixed(t *testing.T) {
	for name, e := range goldenEvents(t) {
		t.Run(name, func(t *testing.T) {
			got := encoded(t, &testKeys{fixed: true}, e)
			path := filepath.Join("testdata", "golden", name+".json")
			if *update {
				if err := os.WriteFile(path, got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("the recorded form has changed; run with -update and review it\n got %s\nwant %s", got, want)
			}
			if strings.Contains(string(got), "hunter2") {
				t.Error("a secret is on the record")
			}
			for _, personal := range []string{"192.0.2.7", "2001:db8", "Ada", "ada@", "Mozilla"} {
				if strings.Contains(string(got), personal) {
					t.Errorf("%q stands open on the record", personal)
				}
			}
		})
	}
}

// OCSF's required attributes, as its schema names them.
func TestRequiredAttributesArePresent(t *testing.T) {
	base := []string{"activity_id", "category_uid", "class_uid", "metadata.product", "metadata.version", "severity_id", "time", "type_uid"}
	required := map[Class][]string{
		HTTPActivity: {"http_request.http_method", "http_response.code", "src_endpoint.ip"}, Authentication: {"user.uid", "service.name"},
		ApplicationLifecycle: {"app.name"}, APIActivity: {"actor.user", "api.operation", "src_endpoint.ip"}, DetectionFinding: {"finding_info.uid"},
		EventLogActivity: {"log_name"}, ComplianceFinding: {"finding_info.uid", "finding_info.title", "compliance.control", "compliance.status_id"},
	}
	for name, e := range goldenEvents(t) {
		var got map[string]any
		if err := json.Unmarshal(encoded(t, &testKeys{}, e), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(required[e.Class]) == 0 {
			t.Errorf("%s: nothing is known of class %d", name, e.Class)
		}
		for _, path := range append(base, required[e.Class]...) {
			var at any = got
			for part := range strings.SplitSeq(path, ".") {
				m, _ := at.(map[string]any)
				at = m[part]
			}
			if at == nil {
				t.Errorf("%s has no %s", name, path)
			}
		}
		if got["type_uid"] != float64(e.Class)*100+float64(e.Activity) || got["category_uid"] != float64(e.Class/1000) {
			t.Errorf("%s: type %v, category %v", name, got["type_uid"], got["category_uid"])
		}
	}
}

func TestWhatIsRecordedReadsBack(t *testing.T) {
	for _, name := range []string{"http-passed", "authentication", "lifecycle", "log"} {
		want := goldenEvents(t)[name]
		keys := &testKeys{}
		got, err := decode(t.Context(), keys, encoded(t, keys, want))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want.Node, want.Seq = "a", 42
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestAnErasedKeyLeavesTheRest(t *testing.T) {
	keys := &testKeys{}
	e := goldenEvents(t)["authentication"]
	b := encoded(t, keys, e)
	keys.erase("kp120261123")
	got, err := decode(t.Context(), keys, b)
	if err != nil {
		t.Fatal(err)
	}
	if got.User.Name != Erased || got.User.Email != Erased || got.Source.Addr().IsValid() || got.User.UID != "p1" || got.Kind != e.Kind {
		t.Fatalf("%+v %+v", got, got.User)
	}
}

func TestASealedValueCannotBeMoved(t *testing.T) {
	keys := &testKeys{}
	e := goldenEvents(t)["authentication"]
	b := string(encoded(t, keys, e))
	var r recorded
	if err := json.Unmarshal([]byte(b), &r); err != nil {
		t.Fatal(err)
	}
	u := r.Actor.User
	swapped := strings.NewReplacer(u.Name, u.Email, u.Email, u.Name).Replace(b)
	got, err := decode(t.Context(), keys, []byte(swapped))
	if err != nil || got.User.Account != Lost || got.User.Email != Lost || got.User.Name != e.User.Name {
		t.Errorf("account and e-mail were exchanged: %+v, %v", got.User, err)
	}
	other := NewID(noon).String()
	got, err = decode(t.Context(), keys, []byte(strings.ReplaceAll(b, goldenID, other)))
	if err != nil || got.User.Name != Lost || got.Source.Addr().IsValid() {
		t.Errorf("the values were moved to another event: %+v, %v", got, err)
	}
}

// anew has a key of the same name as before, and it is another one.
type anew struct{ testKeys }

func (k *anew) Find(_ context.Context, _ string) (Key, error) { return k.key("another") }

// An older database that was restored has made keys anew under their names. Readers must not end at what they sealed.
func TestAKeyThatIsAnotherNowLosesItsFieldsOnly(t *testing.T) {
	e := goldenEvents(t)["authentication"]
	got, err := decode(t.Context(), &anew{}, encoded(t, &testKeys{}, e))
	if err != nil {
		t.Fatal(err)
	}
	if got.User.Name != Lost || got.User.UID != e.User.UID || got.Kind != e.Kind || got.Message != e.Message {
		t.Fatalf("%+v %+v", got, got.User)
	}
}

func TestFieldsAreBounded(t *testing.T) {
	e := exchange(0)
	long := strings.Repeat("é", 1<<20)
	e.HTTP.Path, e.HTTP.Query, e.HTTP.UserAgent, e.HTTP.Referrer, e.HTTP.Method, e.HTTP.Host = long, "q="+long, long, long, long, long
	e.Message, e.Kind, e.Service, e.Stage = long, long, long, long
	for range 1000 {
		e.Rules = append(e.Rules, Rule{long, long, long, long})
		e.Details = append(e.Details, Detail{long, long})
	}
	b := encoded(t, &testKeys{}, e)
	if len(b) > 256<<10 {
		t.Fatalf("%d bytes", len(b))
	}
	if _, err := decode(t.Context(), &testKeys{}, b); err != nil {
		t.Fatal(err)
	}
}

func TestTheLongestEventFitsIntoAFrame(t *testing.T) {
	for name, letter := range map[string]string{"escaped for script": "<", "a control character": "\x01", "two bytes": "é"} {
		dir := filepath.Join(t.TempDir(), "record")
		l := open(t, dir, nil)
		long := strings.Repeat(letter, 1<<16)
		e := exchange(0)
		e.HTTP.Path, e.HTTP.Query, e.HTTP.UserAgent, e.HTTP.Referrer, e.HTTP.Host = long, "q="+long, long, long, long
		e.Message, e.Kind, e.Service, e.Stage = long, long, long, long
		for range 100 {
			e.Rules = append(e.Rules, Rule{long, long, long, long})
			e.Details = append(e.Details, Detail{"d", long})
		}
		if err := l.Append(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		found, raw, err := l.Find(t.Context(), e.UID)
		if err != nil || len(raw) > segment.MaxPayload || len(found.Rules) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(raw), err)
		}
		fill(t, l, 1)
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if r := verified(t, dir, VerifyOptions{}); !r.OK() {
			t.Errorf("%s: %+v", name, r)
		}
		if _, err := tryOpen(t, dir, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever writes a secret in another place than its own finds it no more on the record than in its own.
func TestASecretStandsNowhereOnTheRecord(t *testing.T) {
	const token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
	e := exchange(0)
	e.Message = "of " + token
	e.HTTP.Host, e.HTTP.Path, e.HTTP.Query, e.HTTP.Referrer = token, "/a;jsessionid=hunter2/"+token, token+"==1&next=/login?pin=hunter2", "https://u:hunter2@h/;sid=hunter2?"+token
	e.Rules = []Rule{
		{ID: "1", Message: token, Target: "ARGS_NAMES:" + token, Match: token},
		{ID: "2", Target: "REQUEST_URI", Match: "/x?next=%2Flogin%3Fpin%3Dhunter2&url=https://u:hunter2@h/"},
	}
	e.Details = []Detail{{"given", token}, {token, "given"}, {"pin", "hunter2"}}
	if b := string(encoded(t, &testKeys{}, e)); strings.Contains(b, token) || strings.Contains(b, "hunter2") {
		t.Error(b)
	}
}

func TestIDs(t *testing.T) {
	id := NewID(noon)
	if got := id.Time(); !got.Equal(noon.Truncate(time.Millisecond)) {
		t.Errorf("time %s", got)
	}
	if again, err := ParseID(id.String()); err != nil || again != id {
		t.Errorf("%s reads as %s (%v)", id, again, err)
	}
	for _, bad := range []string{"", "x", strings.ToUpper(goldenID), strings.Replace(goldenID, "-7000-", "-4000-", 1), strings.Replace(goldenID, "-8000-", "-c000-", 1), goldenID + "0", strings.ReplaceAll(goldenID, "-", "_"), strings.Replace(goldenID, "0", "g", 1)} {
		if _, err := ParseID(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzDecode(f *testing.F) {
	keys := &testKeys{fixed: true}
	for _, e := range goldenEvents(f) {
		b, err := newEncoder("a", keys, nil).append(context.Background(), nil, e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(append(b, "1"+tail...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decode(t.Context(), keys, data)
		if err != nil {
			return
		}
		// Whatever could be read can be recorded, and reads the same again.
		b, err := newEncoder(e.Node, keys, nil).append(t.Context(), nil, e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(t.Context(), keys, append(b, "1"+tail...)); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}

func FuzzEncodeString(f *testing.F) {
	f.Add("a\"b\\\x00\u2028é\xff")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		if err := json.Unmarshal(appendString(nil, s, 1<<20), &got); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\uFFFD"); len(s) < 1<<20 && strings.ReplaceAll(got, "\uFFFD", "") != strings.ReplaceAll(want, "\uFFFD", "") {
			t.Fatalf("%q reads back as %q", s, got)
		}
	})
}

func FuzzBatch(f *testing.F) {
	f.Add(batch{"a", 1, 2, segment.Hash{1}}.marshal())
	f.Fuzz(func(t *testing.T, data []byte) {
		if b, err := parseBatch(data); err == nil && string(b.marshal()) != string(data) {
			t.Fatalf("%q reads as %+v", data, b)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	keys := &cachedKey{}
	enc := newEncoder("a", keys, nil)
	e := exchange(1)
	e.HTTP.Query = "q=milk&page=2"
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = enc.append(context.Background(), buf[:0], e); err != nil {
			b.Fatal(err)
		}
	}
}

// cachedKey answers as fast as the real one does after the day's first event.
type cachedKey struct {
	once sync.Once
	key  Key
}

func (c *cachedKey) For(ctx context.Context, _ string, at time.Time) (Key, error) {
	c.once.Do(func() { c.key, _ = new(testKeys).For(ctx, "", at) })
	return c.key, nil
}

func (c *cachedKey) Find(context.Context, string) (Key, error) { return c.key, nil }
