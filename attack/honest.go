package attack

// Honest ought to pass: what people really send, and rules like to take for attacks.
func Honest() []Entry {
	return of(Passed, "",
		names(), searches(), prose(), code(), documents(), languages(), signs(), addresses(), cookies(), files(), clients(), applications(),
	)
}

// names are people's and places', with the signs that they have.
func names() group {
	return group{"name", "Name", "CWE-89", []entry{
		{"obrien", "An Irish surname", "A quote within a word", form("name", "Sinéad O'Brien")},
		{"obrien-search", "A search for one", "Likewise, in a search", query("q", "o'brien")},
		{"dangelo", "An Italian surname", "A quote within a word", form("name", "Beatrice D'Angelo")},
		{"hyphen", "A double surname", "Two dashes may begin a comment, one does not", form("name", "Anne-Marie Smith--Jones")},
		{"and", "A firm of two", "A word that joins conditions", form("firm", "Drop & Son Ltd.")},
		{"null", "A man whose name is Null", "A word of SQL's", form("name", "Christopher Null")},
		{"select", "A shop called so", "A word of SQL's", form("firm", "Select Interiors, Union Street 7")},
		{"table", "A band", "Words of SQL's", query("q", "drop table tennis bar")},
		{"true", "A lady whose name is True", "A word that conditions have", form("name", "Rachel True")},
		{"polynesian", "A Hawaiian town", "A sign for a quote", form("town", "Kāneʻohe, Oʻahu")},
		{"quoted", "Somebody with a nickname", "Quotes within a name", form("name", `Robert "Bobby" Tables`)},
		{"comma", "A title after the name", "A comma and dots", form("name", "Jane Doe, Ph.D., M.Sc.")},
		{"numbers", "A street with a number and a letter", "A number between words", form("street", "Rue de l'Église 12 bis, 2ème étage")},
		{"at", "Several addresses of mail", "Signs between words", form("to", "ada@example.com; grace@example.org, o'neil@example.net")},
	}}
}

// searches are words that people look for.
func searches() group {
	return group{"search", "Search", "CWE-89", []entry{
		{"select-plan", "How to choose a plan", "select … from", query("q", "select a plan from the list")},
		{"update-set", "How to change a setting", "update … set", query("q", "update my settings and set a new address")},
		{"union", "A union's opening hours", "union", query("q", "credit union opening hours")},
		{"insert", "How to put a card in", "insert … into", query("q", "how to insert a card into the reader")},
		{"delete", "How to remove something", "delete … from", query("q", "delete photos from my phone")},
		{"where", "A question", "where … and", query("q", "where can I eat and drink in Galway")},
		{"like", "Something alike", "like", query("q", "films like Alien or better")},
		{"having", "A question with having", "having", query("q", "having trouble with order by phone")},
		{"exec", "A job", "exec", query("q", "exec assistant to the sleep clinic")},
		{"percent", "A share", "A sign that begins an encoded byte", query("q", "100% cotton, 50% off")},
		{"equals", "A sum", "a condition", query("q", "what is 2+2=4 called")},
		{"compare", "A comparison", "Angle brackets", query("q", "laptop < 1000 euro")},
		{"quotes", "Words in quotes", "Quotes", query("q", `"to be or not to be" meaning`)},
		{"question", "A question with a quote", "A quote within a word", query("q", "who's afraid of Virginia Woolf?")},
		{"dots", "Something with three dots", "Dots", query("q", "wait... what happened?")},
		{"minus", "Without a word", "A dash before a word", query("q", "jaguar -car --brand")},
		{"cat", "A cat", "A command's name", query("q", "cat food for a kitten")},
		{"script", "A script for the stage", "A word of HTML's", query("q", "film script for beginners")},
		{"echo", "A device", "A command's name", query("q", "echo dot and ping pong table")},
		{"long", "A long question", "Length", query("q", "which of the two ferries from Rosslare takes bicycles on deck when the weather is bad, and what does a cabin for four cost")},
		{"filter", "A filter of a shop", "Brackets in a field's name", get("/search?color%5B%5D=red&color%5B%5D=blue&price%5Bmin%5D=10&price%5Bmax%5D=99")},
		{"sort", "An order", "order by", get("/search?q=tea&sort=price,-rating&page=2&per_page=50")},
	}}
}

// prose is what people write in notes, letters and comments.
func prose() group {
	return group{"prose", "Prose", "CWE-79", []entry{
		{"about-sql", "A lesson about databases", "Words of SQL's in sentences", form("note", "In the second lesson we learn how to choose columns, join two tables and group the result.")},
		{"about-passwords", "An advice", "The word password", form("note", "Please change your password before Friday and tell nobody.")},
		{"love", "A heart", "An angle bracket and a number", form("note", "I <3 this place, thanks!")},
		{"arrow", "A way through a menu", "Angle brackets", form("note", "Go to File -> Export -> PDF, then <Enter>.")},
		{"email-quote", "A quoted letter", "Angle brackets at the beginning of lines", form("note", "> Are you coming tonight?\n> Bring cake.\nYes, at eight.")},
		{"signature", "A letter's signature", "Two dashes on a line", form("note", "See you there.\n\n-- \nGrace\nTel. +353 1 234 5678")},
		{"list", "A list", "Stars and dashes", form("note", "* milk\n* eggs\n- bread; butter\n# maybe cake")},
		{"sum", "A sum", "Signs of arithmetic", form("note", "3 * 4 = 12, so 12 / 4 = 3 (and 12 > 3).")},
		{"currency", "Prices", "A sign that begins a variable", form("note", "It costs $15 or €14,50; postage is $3.")},
		{"ampersand", "Two things", "A sign that joins commands", form("note", "Fish & chips, salt & vinegar")},
		{"semicolons", "A long sentence", "A sign that ends commands", form("note", "We came; we saw; we had lunch; then we left.")},
		{"pipes", "A table of text", "A sign that joins commands", form("note", "| day | who |\n|---|---|\n| Monday | Ada |")},
		{"brackets", "A remark in brackets", "Brackets", form("note", "The plan (see page 7 [if you have it]) is {almost} done.")},
		{"backslash", "A face", "A backslash", form("note", `¯\_(ツ)_/¯ no idea`)},
		{"shouting", "Somebody who is angry", "Capitals and signs", form("note", "WHY DOES NOBODY ANSWER THE PHONE?!?!")},
		{"legal", "A paragraph of a contract", "Length and signs", form("note", `§ 4(2)(b): "the Seller" shall, notwithstanding § 3, deliver within 14 days; failing that, the Buyer's rights under § 7 apply.`)},
		{"windows-path", "Where a file is", "A backslash between words", form("note", `It is in C:\Users\Ada\Documents\Report 2026`)},
		{"times", "Times of a train", "Colons and dashes", form("note", "08:15–09:40, platform 3; back 17:05 or 18:05")},
	}}
}

// code is what people who write programs write about.
func code() group {
	return group{"code", "Programs in a note", "CWE-94", []entry{
		{"markdown", "A note in Markdown", "Stars, brackets and addresses", form("note", "# Plan\n\nSee [the docs](https://docs.example.com/start) and **do not** forget `tea`.")},
		{"markdown-image", "A picture in Markdown", "A mark and brackets", form("note", "![A cat on a wall](/pictures/cat.png \"Tom\")")},
		{"go", "A line of Go", "Brackets and quotes", form("note", "if err != nil { return fmt.Errorf(\"open note: %w\", err) }")},
		{"rust", "A line of Rust", "Angle brackets", form("note", "let words: Vec<String> = Vec::new();")},
		{"generics", "A line of TypeScript", "Angle brackets", form("note", "const m = new Map<string, number[]>()")},
		{"css", "A rule of a style", "Braces", form("note", ".card { margin: 0 auto; color: #333 }")},
		{"regex", "A regular expression", "All signs", form("note", `^[A-Z]{2}\d{4}$`)},
		{"yaml", "Settings", "Colons and dashes", form("note", "services:\n  notes:\n    hosts: [notes.example.com]")},
		{"diff", "A change", "Signs before lines", form("note", "--- a/readme\n+++ b/readme\n@@ -1 +1 @@\n-old\n+new")},
		{"version", "Versions", "Dots and signs", form("note", "go1.26.8 >= go1.25, tested with ~1.4 || ^2.0")},
		{"math", "A formula", "Backslashes and braces", form("note", `\frac{a}{b} + \sqrt{x_1^2}`)},
		{"color", "A colour", "A sign and letters", query("color", "#ff8800")},
		{"cron", "A timetable", "Stars", form("when", "*/15 8-18 * * 1-5")},
		{"mime", "A kind of file", "A slash and a plus", query("type", "image/svg+xml")},
	}}
}

// documents are JSON and XML that programs send.
func documents() group {
	return group{"document", "JSON or XML", "CWE-79", []entry{
		{"quotes", "Text with quotes", "Escaped quotes", document(`{"title":"She said \"yes\"","author":"O'Neill"}`)},
		{"html-text", "Text about HTML", "Angle brackets in a string", document(`{"note":"Values < 5 and > 2 are fine; a < b"}`)},
		{"emoji", "Text with pictures", "Letters beyond the usual", document(`{"note":"Danke 🎉🎉 bis morgen 👋🏽"}`)},
		{"escapes", "Text in escapes", "Escapes of letters", document(`{"name":"Ren\u00e9e","city":"Z\u00fcrich"}`)},
		{"nested", "An order", "Depth", document(`{"order":{"lines":[{"sku":"A-1","n":2},{"sku":"B-7","n":1}],"to":{"name":"Ada","zip":"D02 X285"}}}`)},
		{"numbers", "Measurements", "Numbers of all forms", document(`{"temps":[-3,0.5,1e3,-2.25e-4],"ok":true,"none":null}`)},
		{"list", "A list at the top", "No object around it", document(`["milk","eggs","bread"]`)},
		{"string", "A text at the top", "No object around it", document(`"hello"`)},
		{"dates", "Dates", "Colons and signs", document(`{"from":"2026-11-24T08:15:00+01:00","to":"2026-11-24T09:40:00Z"}`)},
		{"patch", "A change to a document", "Slashes in strings", post("application/json", `[{"op":"replace","path":"/title","value":"Plan"}]`).to("PATCH", "/notes/7")},
		{"graphql", "A query of GraphQL", "Braces and a dollar sign", document(`{"query":"query Note($id: ID!) { note(id: $id) { title tags } }","variables":{"id":"7"}}`)},
		{"geojson", "A place", "Numbers in lists", document(`{"type":"Point","coordinates":[-6.2603,53.3498]}`)},
		{"markdown", "A note in Markdown", "Line breaks and signs in a string", document(`{"body":"## Today\n\n- call Ada\n- buy *tea*\n\n> and rest"}`)},
		{"soap", "A call of an old program", "XML with several namespaces", post("text/xml; charset=utf-8", `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><price><item>tea</item></price></s:Body></s:Envelope>`)},
		{"xml", "A note in XML", "Entities", post("application/xml", `<note lang="en"><title>Fish &amp; chips</title><price>9.50</price></note>`)},
		{"empty", "An empty object", "Nothing in it", document(`{}`)},
		{"settings", "Somebody's settings", "Words of programs", document(`{"theme":"dark","locale":"ga-IE","notify":{"email":true,"sms":false}}`)},
	}}
}

// languages are those that people speak.
func languages() group {
	return group{"language", "Other languages", "CWE-79", []entry{
		{"irish", "Irish", "Letters with accents", form("note", "Tá fáilte romhat isteach; cén t-ainm atá ort? Is mise Pádraig Ó hÓgáin.")},
		{"german", "German", "Letters with dots", form("note", "Größe und Maße: übermäßig schön, „wirklich“!")},
		{"french", "French", "Quotes within words", form("note", "L'été dernier, j'ai vu qu'aujourd'hui n'est pas d'hier : « c'est l'œuvre ».")},
		{"polish", "Polish", "Letters with strokes", form("note", "Zażółć gęślą jaźń, łódź i źdźbło")},
		{"turkish", "Turkish", "An i without its dot", form("note", "Iğdır'da ılık bir İlkbahar günü")},
		{"greek", "Greek", "Other letters", form("note", "Καλημέρα, τι κάνεις σήμερα;")},
		{"russian", "Russian", "Other letters", form("note", "Съешь же ещё этих мягких французских булок")},
		{"arabic", "Arabic", "From right to left", form("note", "مرحبا، كيف حالك اليوم؟ شكرًا جزيلاً")},
		{"hebrew", "Hebrew", "From right to left, with quotes", form("note", "שלום, מה שלומך? צה\"ל")},
		{"hindi", "Hindi", "Other letters", query("q", "नमस्ते दुनिया")},
		{"chinese", "Chinese", "No blanks at all", form("note", "请从列表中选择一个计划，然后更新您的设置。")},
		{"japanese", "Japanese", "Three kinds of letters", form("note", "こんにちは、カタカナと漢字です。「本当？」")},
		{"korean", "Korean", "Syllables", query("q", "안녕하세요 반갑습니다")},
		{"thai", "Thai", "No blanks, and signs above letters", query("q", "สวัสดีครับ ยินดีต้อนรับ")},
		{"vietnamese", "Vietnamese", "Two signs on one letter", form("note", "Tiếng Việt có nhiều dấu: ường, ẫm, ễ")},
		{"path", "A page with a name in Cyrillic", "Encoded bytes in a path", get("/notes/%D0%BF%D1%80%D0%B8%D0%B2%D0%B5%D1%82")},
	}}
}

// signs are pictures and other letters of Unicode's.
func signs() group {
	return group{"sign", "Unusual letters", "CWE-176", []entry{
		{"emoji", "Pictures", "Letters of four bytes", form("note", "🎂🥳 Happy birthday!! 👩‍👩‍👧‍👦 ❤️")},
		{"flags", "Flags", "Pairs of letters", query("q", "🇮🇪 vs 🇩🇪")},
		{"typographic", "A printer's quotes", "Quotes that are none of a program's", form("note", "“Don’t,” she said — ‘ever’… again.")},
		{"symbols", "Signs of all sorts", "Beyond letters", form("note", "½ ¾ ± × ÷ ≤ ≥ ≠ √ ∞ © ® ™ № ° µ")},
		{"combining", "A letter and its accent apart", "Two ways of writing one letter", form("name", "Rene\u0301e")},
		{"nonbreaking", "A blank that breaks no line", "A blank that is none", form("note", "10\u00a0km, 5\u202f000\u00a0€")},
		{"newlines", "A text from Windows", "Two bytes for one line break", form("note", "Dear Ada,\r\n\r\nthank you.\r\n")},
		{"tabs", "A table from a spreadsheet", "Tabs", form("note", "Ada\t36\tLondon\nGrace\t45\tNew York")},
	}}
}

// addresses are what programs hand to each other in addresses of pages.
func addresses() group {
	return group{"address", "Parameters of programs", "CWE-601", []entry{
		{"oauth", "The way back from a sign-in elsewhere", "A long code, and an address", query("state", "af0ifjsldkj.TW-7_x", "code", "SplxlOBeZQQYbYS6WxSbIA", "session_state", "6b1f7d2e-93ad.0c1d")},
		{"pkce", "The beginning of one", "Random letters", query("response_type", "code", "client_id", "notes", "scope", "openid profile email", "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method", "S256")},
		{"jwt", "A token", "Three parts of random letters", query("token", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZGEifQ.MEQCIGtw7tw7tw7tw")},
		{"base64", "Bytes as text", "Equals signs at the end", query("cursor", "eyJpZCI6NywiYWZ0ZXIiOiIyMDI2In0=")},
		{"uuid", "A note by its number", "Dashes", get("/notes/01890a5d-ac96-774b-bcce-b302099a8057")},
		{"utm", "A link in a letter", "Many fields", get("/search?q=tea&utm_source=newsletter&utm_medium=email&utm_campaign=autumn_26&utm_content=top%7Cbutton")},
		{"map", "A place on a map", "Commas and an at sign", query("at", "53.3498,-6.2603", "z", "14.5")},
		{"dates", "A time span", "Colons", query("from", "2026-11-24T00:00:00Z", "to", "2026-11-25T00:00:00Z")},
		{"path-within", "Where to go on", "A path in a field", query("next", "/notes/7/edit?tab=2")},
		{"empty", "Fields without values", "Nothing", get("/search?q=&page=&sort=")},
		{"plus", "A telephone number", "A plus", query("tel", "+353 (1) 234-5678")},
		{"version", "A picture that was built", "Dots and letters", get("/assets/app.3f9c2b7e.min.js?v=1.26.8")},
		{"semicolon", "A parameter within the path", "A semicolon in the path", get("/notes;sort=day/7")},
		{"tilde", "Somebody's folder", "A tilde", get("/~ada/notes")},
	}}
}

// cookies are what programs keep in browsers.
func cookies() group {
	return group{"cookie", "Cookies", "CWE-565", []entry{
		{"consent", "What somebody has agreed to", "Encoded JSON", get("/").with("Cookie", "consent=%7B%22stats%22%3Afalse%2C%22ads%22%3Afalse%7D")},
		{"long", "A session of the application's", "Length", get("/").with("Cookie", "app="+"q7Zt0Xw3Kd9Lm2Rv5Yb8Nc1Pf4Hg6Js"+"q7Zt0Xw3Kd9Lm2Rv5Yb8Nc1Pf4Hg6Js"+"q7Zt0Xw3Kd9Lm2Rv5Yb8Nc1Pf4Hg6Js"+"q7Zt0Xw3Kd9Lm2Rv5Yb8Nc1Pf4Hg6Js"+"; theme=dark")},
		{"many", "Several of them", "Number", get("/").with("Cookie", "a=1; b=2; c=3; locale=de-DE; tz=Europe/Dublin; seen=7|9|12; last=2026-11-24")},
		{"statistics", "Those of a counter", "Dots and numbers", get("/").with("Cookie", "_st=ST1.2.1203948576.1764000000; _st_ab=v1:b.17")},
		{"quoted", "A value in quotes", "Quotes", get("/").with("Cookie", `name="Ada"; theme=light`)},
	}}
}

// files are uploads of everyday.
func files() group {
	return group{"file", "Files", "CWE-434", []entry{
		{"picture", "A picture", "Bytes that are no text", upload("Holiday in Kerry (1).png", "image/png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89")},
		{"text", "A text", "A text in a form", upload("notes.txt", "text/plain", "Dear Ada,\nselect a day from these: Monday, Tuesday.\n")},
		{"csv", "A table", "Commas and quotes", upload("people.csv", "text/csv", "name,town\n\"O'Brien, Pat\",Cork\n")},
		{"letters", "A file with a name in Japanese", "Other letters in a name", upload("報告書 2026.pdf", "application/pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")},
		{"data-picture", "A picture within JSON", "Long random letters", document(`{"avatar":{"type":"image/png","content":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="}}`)},
		{"form-and-file", "A form with a field and a file", "Two parts", post("multipart/form-data; boundary=----tw42",
			"------tw42\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nIt's a plan & more\r\n------tw42\r\nContent-Disposition: form-data; name=\"file\"; filename=\"plan.txt\"\r\nContent-Type: text/plain\r\n\r\none; two\r\n------tw42--\r\n")},
	}}
}

// clients are programs that are no browser.
func clients() group {
	return group{"client", "Other clients", "CWE-200", []entry{
		{"curl", "Somebody with curl", "A name that is no browser's", get("/").with("User-Agent", "curl/8.14.1", "Accept", "*/*")},
		{"app", "An app on a phone", "Brackets", get("/").with("User-Agent", "Notes/3.2 (iPhone; iOS 26.1; Scale/3.00)")},
		{"monitor", "Something that looks whether all is well", "A name that is no browser's", get("/").with("User-Agent", "Uptime/1.0 (+https://status.example.com/about)")},
		{"calendar", "A calendar", "A name that is no browser's", get("/notes.ics").with("User-Agent", "DAVx5/4.5 (2026/10/01; okhttp/5.1)", "Accept", "text/calendar")},
		{"feed", "A reader of news", "A kind of page that is rare", get("/feed").with("User-Agent", "NetNewsWire (RSS Reader; https://netnewswire.com/)", "Accept", "application/atom+xml, application/rss+xml;q=0.9")},
		{"conditional", "A browser that has the page already", "Quotes in a field", get("/").with("If-None-Match", `W/"7f-19a3"`, "If-Modified-Since", "Mon, 23 Nov 2026 08:15:00 GMT")},
		{"range", "Somebody who listens on where they stopped", "A part of a page", get("/talk.mp3").with("Range", "bytes=1048576-")},
		{"fetch", "A page's own script", "Fields that browsers add", get("/notes?since=7").with("Accept", "application/json", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "X-Requested-With", "XMLHttpRequest")},
	}}
}

// applications are other methods, as programs use them.
func applications() group {
	return group{"method", "Other methods", "CWE-650", []entry{
		{"head", "Whether a page is there", "No body is wanted", get("/notes/7").to("HEAD", "/notes/7")},
		{"put", "A note that is written anew", "A method that forms do not have", document(`{"title":"Plan B"}`).to("PUT", "/notes/7")},
		{"delete", "A note that is thrown away", "A method that forms do not have", get("/").to("DELETE", "/notes/7")},
		{"options", "What may be asked", "Asked before a call from elsewhere", get("/").to("OPTIONS", "/notes")},
		{"empty-post", "A button without fields", "No body", Request{Method: "POST", Target: "/notes/7/star"}},
	}}
}
