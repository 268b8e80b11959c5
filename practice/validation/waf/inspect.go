package waf

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/corazawaf/coraza/v3/experimental/plugins/plugintypes"
	"github.com/corazawaf/coraza/v3/types"
)

var errURI = fault(400, "uri", "The address of the request cannot be read.", "Check the address; a browser writes it correctly.")

// Inspect asks the rules about a request. An error says that they gave no answer: then the request is not clean.
func (w *WAF) Inspect(ctx context.Context, r *Request) (result Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = Result{}, fmt.Errorf("rule engine panicked: %v", p)
		}
	}()
	in, f := read(r)
	if f != nil {
		return Result{Blocked: true, Status: f.Status, Fault: f}, nil
	}
	tx := w.engine.NewTransaction()
	defer func() { err = errors.Join(err, tx.Close()) }()
	v, err := variables(tx)
	if err != nil {
		return Result{}, err
	}
	feedHead(tx, v, r, &in)
	if err := set(v.RequestBodyProcessor(), in.body.processor); err != nil {
		return Result{}, fmt.Errorf("inspect request: %w", err)
	}
	if err := exclude(tx, &in, r.Exclude); err != nil {
		return Result{}, fmt.Errorf("inspect request: %w", err)
	}
	stop := tx.ProcessRequestHeaders()
	if stop == nil {
		if err := context.Cause(ctx); err != nil {
			return Result{}, fmt.Errorf("inspect request: %w", err)
		}
		if err := feedBody(v, &in.body); err != nil {
			return Result{}, fmt.Errorf("inspect request: %w", err)
		}
		if stop, err = tx.ProcessRequestBody(); err != nil {
			return Result{}, fmt.Errorf("inspect body: %w", err)
		}
	}
	tx.ProcessLogging()
	return outcome(tx, v, stop), nil
}

// input is everything of a request that the engine would otherwise have to read by itself.
type input struct {
	query, cookies []field
	body           body
}

func read(r *Request) (input, *Fault) {
	var in input
	u, err := url.ParseRequestURI(r.URI)
	if err != nil || strings.Contains(r.URI, "#") { // the engine would stop reading there, applications may not
		return in, errURI
	}
	var f *Fault
	if in.query, f = readPairs(u.RawQuery); f != nil {
		return in, f
	}
	for _, c := range r.header("Cookie") {
		in.cookies = append(in.cookies, readCookies(c)...)
	}
	if len(in.cookies) > maxFields {
		return in, errFields
	}
	in.body, f = readBody(r)
	return in, f
}

func feedHead(tx types.Transaction, v plugintypes.TransactionVariables, r *Request, in *input) {
	tx.ProcessConnection(r.Client.Addr().String(), int(r.Client.Port()), "", 0)
	tx.SetServerName(strings.Clone(r.Host))
	tx.ProcessURI(r.URI, r.Method, r.Protocol)
	refill(v.ArgsGet(), in.query)
	tx.AddRequestHeader("Host", strings.Clone(r.Host))
	for name, values := range r.Headers {
		if strings.EqualFold(name, "Host") {
			continue
		}
		for _, value := range values {
			tx.AddRequestHeader(strings.Clone(name), strings.Clone(value))
		}
	}
	// A body that announces neither its length nor its framing (HTTP/2) has a length all the same.
	if len(r.Body) > 0 && r.header("Content-Length") == nil && r.header("Transfer-Encoding") == nil {
		tx.AddRequestHeader("Content-Length", strconv.Itoa(len(r.Body)))
	}
	refill(v.RequestCookies(), in.cookies)
}

func feedBody(v plugintypes.TransactionVariables, b *body) error {
	if b.processor == "" {
		return nil
	}
	var err error
	if b.text != "" {
		err = errors.Join(set(v.RequestBody(), b.text), set(v.RequestBodyLength(), strconv.Itoa(len(b.text))))
	}
	fill(v.ArgsPost(), b.values)
	fill(v.MultipartPartHeaders(), b.form.headers)
	fill(v.MultipartName(), b.form.names)
	total := 0
	for _, f := range b.form.files {
		v.Files().Add(own(""), f.name)
		v.FilesNames().Add(own(""), f.field)
		v.FilesSizes().Add(own(f.name), strconv.Itoa(f.size))
		v.MultipartFilename().Add(own(f.field), f.name)
		total += f.size
	}
	if len(b.form.files) > 0 {
		err = errors.Join(err, set(v.FilesCombinedSize(), strconv.Itoa(total)))
	}
	if b.xml {
		for _, a := range b.attrs {
			v.RequestXML().Add("//@*", a)
			v.RequestXML().Add("/*", a) // few rules look at attributes, and an application reads both
		}
		for _, t := range b.texts {
			v.RequestXML().Add("/*", t)
		}
	}
	return err
}
