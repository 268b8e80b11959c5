package browser

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// password is everybody's.
const password = "a horse, a battery, a staple"

// phone is an authenticator app (RFC 6238).
type phone struct {
	secret string
	last   int64 // the step of the code that it showed last
}

// code is what it shows: the next step's where this one's is used, which is good already.
func (p *phone) code() (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(p.secret, " ", ""))
	if err != nil {
		return "", err
	}
	p.last = max(time.Now().Unix()/30, p.last+1)
	h := hmac.New(sha1.New, key)
	_ = binary.Write(h, binary.BigEndian, p.last) // a hash takes everything
	sum := h.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000), nil
}

// invitation is one that nobody uses, for those who look at its page.
var invitation string

// ownerID and invitedID are the ids of the owner, and of whom that invitation is for.
var ownerID, invitedID string

// idOf asks the running program for somebody's id.
func (w *world) idOf(account string) (string, error) {
	list, err := w.command("person", "list", "--json")
	if err != nil {
		return "", err
	}
	var people []struct{ ID, Account string }
	if err := json.Unmarshal([]byte(list), &people); err != nil {
		return "", err
	}
	for _, p := range people {
		if p.Account == account {
			return p.ID, nil
		}
	}
	return "", errors.New("there is nobody called " + account)
}

// enrolOwner follows the first invitation in the browser, and keeps what it has then.
func (w *world) enrolOwner() error {
	link, err := w.invite("olga", "--as", "Olga Owner", "--role", "owner")
	if err != nil {
		return err
	}
	if invitation, err = w.invite("nora", "--as", "Nora Next"); err != nil {
		return err
	}
	if ownerID, err = w.idOf("olga"); err != nil {
		return err
	}
	if invitedID, err = w.idOf("nora"); err != nil {
		return err
	}
	ctx, cancel := chromedp.NewContext(w.browser, chromedp.WithNewBrowserContext())
	defer cancel()
	if err := chromedp.Do(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, wait)
	defer stop()
	if err := chromedp.Do(ctx, chromedp.Navigate(link)); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#password"), password)); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.Submit(chromedp.CSS("form[action='/enrol/password']"))); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS("#code"))); err != nil {
		return err
	}
	secret, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector(".secret code").innerText`))
	if err != nil {
		return err
	}
	code, err := (&phone{secret: secret}).code()
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#code"), code)); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.Submit(chromedp.CSS("form[action='/enrol/factor']"))); err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS("ul.codes"))); err != nil {
		return err
	}
	cookies, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{})
	if err != nil {
		return err
	}
	for _, c := range cookies.Cookies {
		if c.Name == "__Host-Http-tenward" {
			w.owner = append(w.owner, c)
		}
	}
	if len(w.owner) != 1 {
		return errors.New("the portal has set no session's cookie")
	}
	return nil
}
