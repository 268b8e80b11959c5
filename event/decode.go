package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// recorded is the recorded form as encoding/json reads it.
type recorded struct {
	Metadata struct {
		Version string `json:"version"`
		UID     string `json:"uid"`
	} `json:"metadata"`
	Class    Class    `json:"class_uid"`
	Activity Activity `json:"activity_id"`
	Severity Severity `json:"severity_id"`
	Message  string   `json:"message"`
	Request  *struct {
		Method string `json:"http_method"`
		URL    struct {
			Scheme string `json:"scheme"`
			Host   string `json:"hostname"`
			Path   string `json:"path"`
			Query  string `json:"query_string"`
		} `json:"url"`
		Version   string `json:"version"`
		Referrer  string `json:"referrer"`
		UserAgent string `json:"user_agent"`
		Length    int64  `json:"body_length"`
	} `json:"http_request"`
	Response struct {
		Code   int   `json:"code"`
		Length int64 `json:"body_length"`
	} `json:"http_response"`
	Source *struct {
		IP   string `json:"ip"`
		Port uint16 `json:"port"`
	} `json:"src_endpoint"`
	Actor *struct {
		User struct {
			UID      string `json:"uid"`
			Name     string `json:"name"`
			FullName string `json:"full_name"`
			Email    string `json:"email_addr"`
		} `json:"user"`
	} `json:"actor"`
	Unmapped struct {
		Tenward struct {
			Kind     string `json:"kind"`
			Verdict  string `json:"verdict"`
			Stage    string `json:"stage"`
			Service  string `json:"service"`
			Time     int64  `json:"time_us"`
			Duration int64  `json:"duration_us"`
			Subject  string `json:"subject"`
			Rules    []struct {
				ID      string `json:"id"`
				Message string `json:"message"`
				Target  string `json:"target"`
				Match   string `json:"match"`
			} `json:"rules"`
			Details []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"details"`
			Node string `json:"node"`
			Seq  uint64 `json:"seq"`
		} `json:"tenward"`
	} `json:"unmapped"`
}

// errRecorded says that bytes are no recorded event.
var errRecorded = errors.New("not a recorded event")

// decode reads the recorded form and opens its personal fields. A field whose key is gone reads as Erased.
func decode(ctx context.Context, keys Keys, payload []byte) (*Event, error) {
	var r recorded
	if err := json.Unmarshal(payload, &r); err != nil {
		return nil, fmt.Errorf("%w: %w", errRecorded, err)
	}
	t := &r.Unmapped.Tenward
	id, err := ParseID(r.Metadata.UID)
	if err != nil || t.Kind == "" || t.Seq == 0 {
		return nil, errRecorded
	}
	e := &Event{
		UID: id, Time: time.UnixMicro(t.Time).UTC(), Class: r.Class, Activity: r.Activity, Severity: r.Severity,
		Kind: t.Kind, Verdict: parseVerdict(t.Verdict), Stage: t.Stage, Service: t.Service, Message: r.Message,
		Subject: t.Subject, Node: t.Node, Seq: t.Seq,
	}
	for _, rule := range t.Rules {
		e.Rules = append(e.Rules, Rule(rule))
	}
	for _, d := range t.Details {
		e.Details = append(e.Details, Detail(d))
	}
	open := func(field, value string) string {
		if err != nil {
			return ""
		}
		var plain string
		plain, err = openSealed(ctx, keys, id, field, value)
		return plain
	}
	if q := r.Request; q != nil {
		e.HTTP = &HTTP{
			Method: q.Method, Scheme: q.URL.Scheme, Host: q.URL.Host, Path: q.URL.Path, Query: q.URL.Query, Version: q.Version,
			Referrer: q.Referrer, UserAgent: open("user_agent", q.UserAgent), Received: q.Length,
			Status: r.Response.Code, Sent: r.Response.Length, Duration: time.Duration(t.Duration) * time.Microsecond,
		}
	}
	if r.Source != nil {
		addr, _ := netip.ParseAddr(open("ip", r.Source.IP)) // an erased one stays invalid
		e.Source = netip.AddrPortFrom(addr, r.Source.Port)
	}
	if r.Actor != nil {
		u := r.Actor.User
		e.User = &User{UID: u.UID, Account: open("account", u.Name), Name: open("name", u.FullName), Email: open("email", u.Email)}
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

func parseVerdict(s string) Verdict {
	for _, v := range []Verdict{Passed, Refused, Observed, Errored} {
		if v.String() == s {
			return v
		}
	}
	return None
}
