package notice_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/notice"
	"github.com/tenward/tenward/store"
	"github.com/tenward/tenward/store/storetest"
)

func TestMailIsNeverSentInTheClearOrToAnImpostor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		good := start(t, "127.0.0.1", false)
		for name, s := range map[string]*server{
			"an offer of TLS that was taken out": start(t, "", false),
			"a certificate for another name":     start(t, "mail.example.org", false),
			"a certificate of another authority": start(t, "127.0.0.1", false),
		} {
			if name != "a certificate for another name" { // that one is to be trusted, and not to be believed
				s.ca = good.ca
			}
			h := newHouse(t, db, mailConfig(s))
			h.must(h.put(letter))
			h.must(h.service.Deliver(t.Context()))
			if n := len(s.got()); n != 0 {
				t.Errorf("%s: %d letters were sent", name, n)
			}
			h.left(1) // it waits for the server to be mended
		}
	})
}

func TestWhoSignsInAtTheServer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		t.Setenv("MAIL_PASSWORD", "pass word")
		var c struct {
			Notice notice.Config `yaml:"notice"`
		}
		text := "notice: {mail: {server: \"" + s.address + "\", from: tenward@example.com, user: tenward, password: \"${env:MAIL_PASSWORD}\", ca: " + s.ca + "}}"
		if _, err := config.Parse("tenward.yaml", []byte(text), &c, config.Options{}); err != nil {
			t.Fatal(err)
		}
		h := newHouse(t, db, c.Notice)
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		if s.user != "tenward:pass word" {
			t.Errorf("%q has signed in", s.user)
		}
		h.left(0)
	})
}

func TestWhatARefusalMeans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		for _, c := range []struct {
			name, command string
			code          int
			given         bool // up
		}{
			{"nobody of that name", "RCPT", 550, true},
			{"a mailbox that is full today", "RCPT", 452, false},
			{"a letter that is not liked", "DATA", 554, true},
			{"a server that is busy", "DATA", 451, false},
			{"a sender that may not send, which the configuration can mend", "MAIL", 530, false},
		} {
			t.Run(c.name, func(t *testing.T) {
				s := start(t, "127.0.0.1", false)
				h := newHouse(t, db, mailConfig(s))
				s.says(c.command, c.code)
				h.must(h.put(letter))
				h.must(h.service.Deliver(t.Context()))
				var want []string
				if c.given {
					want = []string{"notice.message.failed"}
					h.left(0)
				} else {
					h.left(1)
					s.says("", 0)
					h.now = h.now.Add(time.Minute)
					h.must(h.service.Deliver(t.Context()))
					want = []string{"notice.message.delivered"}
				}
				if kinds := h.record.Kinds(); !slices.Equal(kinds, want) {
					t.Errorf("the record has %v, want %v", kinds, want)
				}
				if log := h.log.String(); strings.Contains(log, "ada@") || !strings.Contains(log, strconv.Itoa(c.code)) {
					t.Errorf("the operator reads %s", log)
				}
			})
		}
	})
}

func TestAServerThatTakesALetterAndHangsUpGetsItOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := start(t, "127.0.0.1", false)
		s.hangsUp = true
		h := newHouse(t, db, mailConfig(s))
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		h.left(0)
		if n := len(s.got()); n != 1 {
			t.Errorf("%d letters arrived", n)
		}
	})
}

func TestTheRecordHoldsTheAddressUnderThePersonsKeyOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		h := newHouse(t, db, mailConfig(start(t, "127.0.0.1", false)))
		h.must(h.put(letter))
		h.must(h.service.Deliver(t.Context()))
		all := h.record.Events()
		if len(all) != 1 || all[0].Subject != "p1" || all[0].User == nil || all[0].User.Email != letter.To {
			t.Fatalf("the record has %+v", all)
		}
		all[0].User = nil // the personal part
		text, err := json.Marshal(&all[0])
		h.must(err)
		for _, secret := range []string{"ada@", "SECRET", "Konto"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("the record says %s in the clear: %s", secret, text)
			}
		}
	})
}
