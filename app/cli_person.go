package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tenward/tenward/problem"
)

type personCommand struct {
	Invite  personInvite  `cmd:"" help:"Make somebody new, and the link with which they choose a password and enrol their phone."`
	List    personList    `cmd:"" help:"Say who there is, and what they may do."`
	Disable personDisable `cmd:"" help:"Keep somebody out from now on; their sessions end at once."`
	Enable  personEnable  `cmd:"" help:"Let somebody in again."`
	Reset   personReset   `cmd:"" help:"Make a link with which somebody sets a new password and enrols a new phone."`
	Grant   personGrant   `cmd:"" help:"Give somebody a role, for good or for a while."`
	Revoke  personRevoke  `cmd:"" help:"Take a role from somebody."`
}

// linkFile is where a link goes that no terminal can show.
type linkFile struct {
	LinkFile string `placeholder:"FILE" help:"Write the link into this new file, which only you can read, instead of showing it."`
}

type personInvite struct {
	Name string   `arg:"" help:"The account's name, which they type to sign in."`
	As   string   `placeholder:"\"ADA LOVELACE\"" help:"What others call them."`
	Mail string   `placeholder:"ADDRESS" help:"Where letters go; the link too, where mail is configured."`
	Lang string   `placeholder:"en" help:"The language they read: en or de."`
	Role string   `placeholder:"ROLE" help:"What they may do once they have enrolled."`
	In   []string `name:"group" placeholder:"GROUP" help:"A group that they belong to."`
	linkFile
}

func (p personInvite) Run(ctx context.Context, t *terminal) error {
	return p.deliver(ctx, t, "authentication.person.invite", url.Values{
		"account": {p.Name}, "name": {p.As}, "email": {p.Mail}, "locale": {p.Lang}, "role": {p.Role}, "group": p.In,
	}, p.Name+" is invited.")
}

type personReset struct {
	Name string `arg:"" help:"The account."`
	linkFile
}

func (p personReset) Run(ctx context.Context, t *terminal) error {
	return p.deliver(ctx, t, "authentication.person.reset", url.Values{"account": {p.Name}}, p.Name+" can begin anew.")
}

// errNoTerminal keeps a link out of logs and files that others read.
var errNoTerminal = problem.New("app.link.terminal", "A link would be shown here that lets somebody in, and this is no terminal: it could end up in a log.",
	"Type the command into a terminal, or name a file for it with --link-file.")

// deliver asks for a link and shows it this one time. Where it would go is looked at before it is made.
func (l linkFile) deliver(ctx context.Context, t *terminal, action string, form url.Values, said string) (err error) {
	show := func(link string) error {
		_, err := fmt.Fprintf(t.out, "%s This link is shown once; it is good for a short time, once, in one browser:\n\n  %s\n\n", said, link)
		return err
	}
	switch {
	case l.LinkFile != "":
		f, err := os.OpenFile(l.LinkFile, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			next := "Name a file that does not exist yet, in a folder that you can write."
			if errors.Is(err, fs.ErrExist) {
				next = "Name a file that does not exist yet."
			}
			return problem.New("app.link.file", "The link cannot be written to "+l.LinkFile+".", next).Because(err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		show = func(link string) error {
			_, err := fmt.Fprintln(f, link)
			return err
		}
	case !isTerminal(t.out):
		return errNoTerminal
	}
	var got done
	if err := t.do(ctx, action, form, &got); err != nil {
		if l.LinkFile != "" {
			err = errors.Join(err, os.Remove(l.LinkFile))
		}
		return err
	}
	if got.Once == "" {
		_, err := fmt.Fprintln(t.out, said, "The link was sent by mail.")
		return err
	}
	return show(got.Once)
}

type personDisable struct {
	Name string `arg:"" help:"The account."`
}

func (p personDisable) Run(ctx context.Context, t *terminal) error {
	return t.act(ctx, "authentication.person.disable", url.Values{"account": {p.Name}}, p.Name+" is disabled; all their sessions have ended.")
}

type personEnable struct {
	Name string `arg:"" help:"The account."`
}

func (p personEnable) Run(ctx context.Context, t *terminal) error {
	return t.act(ctx, "authentication.person.enable", url.Values{"account": {p.Name}}, p.Name+" may come in again.")
}

// whom names a person or a group.
type whom struct {
	Name  string `arg:"" help:"The account; or the group, with --group."`
	Role  string `arg:"" help:"The role, as access.roles names it; or owner, admin, auditor, reader for the console."`
	Group bool   `help:"The name is a group's."`
}

func (w whom) form() url.Values {
	who := "account"
	if w.Group {
		who = "group"
	}
	return url.Values{who: {w.Name}, "role": {w.Role}}
}

type personGrant struct {
	whom
	Until string `placeholder:"8h" help:"When it ends: a while from now (8h), or a time (2026-12-31T18:00:00Z)."`
}

func (p personGrant) Run(ctx context.Context, t *terminal) error {
	form := p.form()
	form.Set("until", p.Until)
	return t.act(ctx, "access.role.grant", form, p.Name+" is "+p.Role+" now.")
}

type personRevoke struct{ whom }

func (p personRevoke) Run(ctx context.Context, t *terminal) error {
	return t.act(ctx, "access.role.revoke", p.form(), p.Name+" is not "+p.Role+" any more.")
}

// act does something on the running tenward, and says that it is done.
func (t *terminal) act(ctx context.Context, action string, form url.Values, said string) error {
	var got done
	if err := t.do(ctx, action, form, &got); err != nil {
		return err
	}
	if t.json {
		return t.printJSON(got)
	}
	_, err := fmt.Fprintln(t.out, said)
	return err
}

type personList struct{}

// Run lists everybody, page by page.
func (personList) Run(ctx context.Context, t *terminal) error {
	type person struct {
		ID           string    `json:"id"`
		Account      string    `json:"account"`
		Name         string    `json:"name"`
		Email        string    `json:"email,omitempty"`
		State        string    `json:"state"`
		Groups       []string  `json:"groups"`
		Roles        []string  `json:"roles"`
		SecondFactor bool      `json:"second_factor"`
		Codes        int       `json:"recovery_codes"`
		Sessions     int       `json:"sessions"`
		Created      time.Time `json:"created"`
	}
	all := []person{}
	for after := ""; ; {
		var page struct {
			People []person
			Next   string
		}
		if err := t.ask(ctx, http.MethodGet, "/api/v1/people?"+url.Values{"after": {after}}.Encode(), nil, &page); err != nil {
			return err
		}
		all = append(all, page.People...)
		if after = page.Next; after == "" {
			break
		}
	}
	slices.SortFunc(all, func(a, b person) int { return strings.Compare(a.Account, b.Account) })
	if t.json {
		return t.printJSON(all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(t.out, "There is nobody yet. Begin with: tenward person invite --role owner NAME")
		return err
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ACCOUNT\tNAME\tSTATE\tSECOND FACTOR\tSESSIONS\tROLES\tGROUPS")
	for _, p := range all {
		factor := "no"
		if p.SecondFactor {
			factor = fmt.Sprintf("app, %d codes", p.Codes)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%s\n", p.Account, printable(p.Name), p.State, factor, p.Sessions,
			orDash(printable(strings.Join(p.Roles, ", "))), orDash(printable(strings.Join(p.Groups, ", "))))
	}
	return w.Flush()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
