package authentication

import (
	"fmt"
	"net/http"
	"strings"
)

// language is one that the portal speaks, as HTML names it.
type language string

const (
	english language = "en"
	german  language = "de"
)

// languages are all there are, by their own names; the first is the default.
var languages = []struct {
	code language
	name string
}{{english, "English"}, {german, "Deutsch"}}

// catalogue is every text of the portal. A key that one language lacks fails a test.
var catalogue = map[string]map[language]string{
	"login.title":       {english: "Sign in", german: "Anmelden"},
	"login.to":          {english: "to continue to", german: "um fortzufahren zu"},
	"login.account":     {english: "Account", german: "Konto"},
	"login.password":    {english: "Password", german: "Passwort"},
	"login.go":          {english: "Continue", german: "Weiter"},
	"login.note":        {english: "A second step follows. Check that the address is", german: "Es folgt ein zweiter Schritt. Prüfen Sie, dass die Adresse diese ist:"},
	"login.forgot":      {english: "Cannot sign in?", german: "Anmelden geht nicht?"},
	"second.title":      {english: "Second step", german: "Zweiter Schritt"},
	"second.lead":       {english: "Open your authenticator app and type the six digits that it shows.", german: "Öffnen Sie Ihre Authenticator-App und geben Sie die sechs Ziffern ein, die sie zeigt."},
	"second.code":       {english: "Code", german: "Code"},
	"second.hint":       {english: "No phone at hand? Type one of your recovery codes.", german: "Kein Telefon zur Hand? Geben Sie einen Ihrer Wiederherstellungscodes ein."},
	"second.go":         {english: "Sign in", german: "Anmelden"},
	"second.other":      {english: "Begin again with another account", german: "Neu beginnen mit einem anderen Konto"},
	"recover.title":     {english: "Cannot sign in?", german: "Anmelden geht nicht?"},
	"recover.password":  {english: "If you forgot your password, ask whoever runs this service for a link to set a new one. They can make it at once, and it is good for a short time.", german: "Wenn Sie Ihr Passwort vergessen haben, bitten Sie die Betreiber dieses Dienstes um einen Link für ein neues. Sie können ihn sofort erstellen; er gilt nur kurze Zeit."},
	"recover.phone":     {english: "If you lost your phone, sign in with your password and one of your recovery codes. Without a code, ask for the same link: it lets you enrol a new phone.", german: "Wenn Ihr Telefon verloren ist, melden Sie sich mit Passwort und einem Wiederherstellungscode an. Ohne Code hilft derselbe Link: mit ihm richten Sie ein neues Telefon ein."},
	"recover.back":      {english: "Back", german: "Zurück"},
	"enrol.title":       {english: "Welcome, %s", german: "Willkommen, %s"},
	"enrol.lead":        {english: "Choose a password. An authenticator app follows.", german: "Wählen Sie ein Passwort. Danach richten Sie eine Authenticator-App ein."},
	"enrol.password":    {english: "New password", german: "Neues Passwort"},
	"enrol.hint":        {english: "At least %d characters. Several words are easy to keep; pasting from a password manager is fine.", german: "Mindestens %d Zeichen. Mehrere Wörter merken sich leicht; Einfügen aus einem Passwortmanager ist willkommen."},
	"enrol.go":          {english: "Continue", german: "Weiter"},
	"factor.title":      {english: "Set up your authenticator app", german: "Authenticator-App einrichten"},
	"factor.lead":       {english: "Scan this with an authenticator app on your phone, then type the six digits that it shows.", german: "Scannen Sie dies mit einer Authenticator-App auf Ihrem Telefon und geben Sie die sechs Ziffern ein, die sie zeigt."},
	"factor.picture":    {english: "QR code for your authenticator app", german: "QR-Code für Ihre Authenticator-App"},
	"factor.type":       {english: "Or type this key into the app:", german: "Oder geben Sie diesen Schlüssel in die App ein:"},
	"factor.code":       {english: "Code from the app", german: "Code aus der App"},
	"factor.go":         {english: "Finish", german: "Abschließen"},
	"codes.title":       {english: "Your recovery codes", german: "Ihre Wiederherstellungscodes"},
	"codes.lead":        {english: "Each lets you sign in once without your phone. They are shown this one time: print them, or keep them in a password manager.", german: "Mit jedem melden Sie sich einmal ohne Telefon an. Sie werden nur dieses eine Mal gezeigt: drucken Sie sie oder bewahren Sie sie in einem Passwortmanager auf."},
	"codes.note":        {english: "Whoever has your password and one of these is you.", german: "Wer Ihr Passwort und einen davon hat, ist Sie."},
	"codes.go":          {english: "I have kept them", german: "Ich habe sie aufbewahrt"},
	"home.title":        {english: "My applications", german: "Meine Anwendungen"},
	"home.as":           {english: "Signed in as", german: "Angemeldet als"},
	"home.none":         {english: "No application is open to you yet. Ask whoever runs this service for access.", german: "Noch steht Ihnen keine Anwendung offen. Bitten Sie die Betreiber dieses Dienstes um Zugang."},
	"home.security":     {english: "Security", german: "Sicherheit"},
	"home.out":          {english: "Sign out", german: "Abmelden"},
	"security.title":    {english: "Security", german: "Sicherheit"},
	"security.factors":  {english: "How you sign in", german: "So melden Sie sich an"},
	"security.password": {english: "Password", german: "Passwort"},
	"security.app":      {english: "Authenticator app", german: "Authenticator-App"},
	"security.added":    {english: "added", german: "eingerichtet"},
	"security.codes":    {english: "%d recovery codes left", german: "%d Wiederherstellungscodes übrig"},
	"security.renew":    {english: "Make new ones", german: "Neue erstellen"},
	"security.sessions": {english: "Where you are signed in", german: "Wo Sie angemeldet sind"},
	"security.began":    {english: "since", german: "seit"},
	"security.seen":     {english: "last used", german: "zuletzt benutzt"},
	"security.here":     {english: "This browser", german: "Dieser Browser"},
	"security.end":      {english: "End", german: "Beenden"},
	"security.others":   {english: "End all others", german: "Alle anderen beenden"},
	"security.logins":   {english: "Recent sign-ins", german: "Letzte Anmeldungen"},
	"security.passed":   {english: "signed in", german: "angemeldet"},
	"security.refused":  {english: "refused", german: "abgewiesen"},
	"security.none":     {english: "Nobody has signed in, or tried to, since you set this up.", german: "Seit der Einrichtung hat sich niemand angemeldet oder es versucht."},
	"agent":             {english: "%s on %s", german: "%s unter %s"},
	"agent.none":        {english: "A program without a name", german: "Ein Programm ohne Namen"},
	"security.back":     {english: "My applications", german: "Meine Anwendungen"},
	"said.title":        {english: "Not done", german: "Nicht ausgeführt"},
	"said.home":         {english: "My applications", german: "Meine Anwendungen"},
	"onward.title":      {english: "You are signed in", german: "Sie sind angemeldet"},
	"onward.go":         {english: "Go on", german: "Weiter"},
	"out.title":         {english: "You are signed out", german: "Sie sind abgemeldet"},
}

// say gives a text in a language.
func (l language) say(key string, values ...any) (string, error) {
	text, ok := catalogue[key][l]
	if !ok {
		return "", fmt.Errorf("the catalogue has no %s in %s", key, l)
	}
	return fmt.Sprintf(text, values...), nil
}

// languageOf is the one that somebody chose, else the first that their browser asks for and we speak.
func languageOf(r *http.Request) language {
	if c, err := r.Cookie(languageCookie); err == nil {
		if l, ok := known(c.Value); ok {
			return l
		}
	}
	// The order is the wish: browsers send it sorted, and a weight that says otherwise is rare and harmless here.
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(tag, "-")
		if l, ok := known(primary); ok {
			return l
		}
	}
	return english
}

func known(code string) (language, bool) {
	for _, l := range languages {
		if strings.EqualFold(code, string(l.code)) {
			return l.code, true
		}
	}
	return "", false
}
