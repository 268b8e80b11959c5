package authentication

import "strings"

// browsers and systems are how the common ones name themselves in User-Agent (RFC 9110 section 10.1.5), in the order to
// look: each claims to be those below it as well.
var (
	browsers = []struct{ mark, name string }{
		{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"EdgiOS/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"HeadlessChrome/", "Chrome"},
		{"Version/", "Safari"}, {"curl/", "curl"},
	}
	systems = []struct{ mark, name string }{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"},
		{"Macintosh", "macOS"}, {"Linux", "Linux"},
	}
)

// agentName is a browser in the words of its owner: what it says of itself is long and tells nobody anything. What is not
// known stays as it is, cut; people recognise what was not them.
func (l language) agentName(agent string) (string, error) {
	find := func(all []struct{ mark, name string }) string {
		for _, one := range all {
			if strings.Contains(agent, one.mark) {
				return one.name
			}
		}
		return ""
	}
	const enough = 80
	switch browser, system := find(browsers), find(systems); {
	case agent == "":
		return l.say("agent.none")
	case browser == "":
		return strings.ToValidUTF8(agent[:min(len(agent), enough)], ""), nil
	case system == "":
		return browser, nil
	default:
		return l.say("agent", browser, system)
	}
}
