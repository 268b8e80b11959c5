package totp

import (
	"fmt"
	"image"
	"image/color"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/boombuler/barcode/qr"
)

// rfc is the secret of RFC 6238's appendix B, and its codes for SHA-1 cut to six digits.
const rfc = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestCodesAreThoseOfRFC6238(t *testing.T) {
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if used, ok, err := Match(rfc, code, time.Unix(at, 0), 0); !ok || err != nil || used != at/30 {
			t.Errorf("at %d: %s gives step %d, %t, %v", at, code, used, ok, err)
		}
	}
}

func TestACodeIsGoodOnceAndForOneStepEitherWay(t *testing.T) {
	const at = 1111111111 // 050471
	for _, c := range []struct {
		name, code string
		now, last  int64
		want       bool
	}{
		{"in its step", "050471", at, 0, true},
		{"with a space, as apps show it", "050 471", at, 0, true},
		{"one step late", "050471", at + 30, 0, true},
		{"one step early", "050471", at - 30, 0, true},
		{"two steps late", "050471", at + 60, 0, false},
		{"two steps early", "050471", at - 60, 0, false},
		{"used already", "050471", at, at / 30, false},
		{"from before the one used last", "050471", at + 30, at/30 + 1, false},
		{"the next after the one used last", "050471", at, at/30 - 1, true},
		{"another code", "050472", at, 0, false},
		{"nothing", "", at, 0, false},
		{"too long", "0504711", at, 0, false},
		{"digits of another script", "٠٥٠٤٧١", at, 0, false},
	} {
		if _, ok, err := Match(rfc, c.code, time.Unix(c.now, 0), c.last); ok != c.want || err != nil {
			t.Errorf("%s: %t, %v, want %t", c.name, ok, err, c.want)
		}
	}
	if _, ok, err := Match("not base32!", "050471", time.Unix(at, 0), 0); ok || err == nil {
		t.Errorf("a broken secret: %t, %v", ok, err)
	}
}

func TestSecretsAreNewAndGroupedForPeople(t *testing.T) {
	a, b := NewSecret(), NewSecret()
	if a == b || len(a) != 32 {
		t.Errorf("secrets %q and %q", a, b)
	}
	if got := Grouped("ABCDEFGHIJ"); got != "ABCD EFGH IJ" {
		t.Errorf("grouped %q", got)
	}
}

func TestTheURIEscapesWhatNamesContain(t *testing.T) {
	got := URI("Example & Co", "ada@example.com", "ABCD")
	if want := "otpauth://totp/Example%20&%20Co:ada@example.com?secret=ABCD&issuer=Example+%26+Co&algorithm=SHA1&digits=6&period=30"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The picture is drawn again from its path and compared, module by module.
func TestTheQRCodeIsTheOneThatScannersRead(t *testing.T) {
	const text = "otpauth://totp/Tenward:ada?secret=ABCD"
	svg, err := QR(text, `a "label"`)
	if err != nil {
		t.Fatal(err)
	}
	want, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	size := want.Bounds().Dx()
	got := image.NewGray(image.Rect(0, 0, size, size))
	for i := range got.Pix {
		got.Pix[i] = 255
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(string(svg), -1) {
		x, y, n := number(t, m[1]), number(t, m[2]), number(t, m[3])
		if m[3] != m[4] {
			t.Fatalf("the path %s is not closed", m[0])
		}
		for i := range n {
			got.SetGray(x+i-quiet, y-quiet, color.Gray{})
		}
	}
	if box := fmt.Sprintf(`viewBox="0 0 %d %[1]d"`, size+2*quiet); !strings.Contains(string(svg), box) {
		t.Errorf("the picture is not %s: the quiet zone is cut", box)
	}
	for y := range size {
		for x := range size {
			if dark := want.At(x, y) == color.Color(color.Black); dark != (got.GrayAt(x, y).Y == 0) {
				t.Fatalf("the module at %d, %d is wrong", x, y)
			}
		}
	}
	if got.GrayAt(0, 0).Y != 0 || got.GrayAt(1, 1).Y == 0 {
		t.Error("the finder pattern is not where scanners look for it")
	}
	if !strings.Contains(string(svg), `aria-label="a &#34;label&#34;"`) {
		t.Errorf("the label is not escaped: %s", svg[:120])
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
