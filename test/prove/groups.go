package main

// target is a test, or a fuzz target, of a package.
type target struct{ pkg, pattern string }

// group is what belongs together: tests that have a full count under TENWARD_PROVE=1, fuzz targets, and packages whose
// code is mutated.
type group struct {
	name   string
	tests  []target
	fuzz   []target
	mutate []string
}

var groups = []group{
	{
		name: "road",
		tests: []target{
			{"./event", "."},
			{"./practice/validation/...", "."},
			{"./gate/...", "."},
			{"./doctor", "."},
			{"./convert/...", "."},
			{"./app", "."},
		},
		fuzz: []target{
			{"./config", "FuzzParse"},
			{"./gate", "FuzzNormalisePath"},
			{"./gate", "FuzzTwoServersReadWhatTheRulesSaw"},
			{"./gate/upstream", "FuzzCookie"},
			{"./app", "FuzzTranslation"},
			{"./convert/nginx", "FuzzRead"},
			{"./convert/caddyfile", "FuzzRead"},
			{"./event", "FuzzDecode"},
			{"./event", "FuzzEncodeString"},
			{"./event", "FuzzBatch"},
			{"./event", "FuzzVerify"},
			{"./event/redact", "FuzzQuery"},
			{"./event/tiles", "FuzzTree"},
			{"./event/tiles", "FuzzCheckpoint"},
			{"./event/segment", "FuzzReader"},
			{"./practice/validation/waf", "FuzzCaseClash"},
			{"./store", "FuzzParseMasterKey"},
			{"./store", "FuzzOpen"},
			{"./store/backup", "FuzzRead"},
			{"./store/backup", "FuzzOpener"},
			{"./console/ui", "FuzzVisible"},
		},
		mutate: []string{
			"./app", "./config", "./convert", "./convert/caddyfile", "./convert/nginx", "./doctor", "./gate", "./gate/upstream", "./event", "./event/segment", "./event/redact", "./event/tiles", "./store", "./store/backup", "./console",
			"./practice/encryption", "./practice/monitoring", "./practice/validation", "./practice/validation/waf",
		},
	},
	{
		name: "door",
		tests: []target{
			{"./identity", "."},
			{"./event/outbox", "."},
			{"./cluster", "."},
			{"./notice", "."},
			{"./practice/authentication/...", "."},
			{"./practice/access/...", "."},
			{"./practice/encryption/trust", "."},
			{"./test/door", "."},
			{"./test/cluster", "."},
		},
		fuzz: []target{
			{"./practice/authentication", "FuzzNoWayLeadsAway"},
			{"./practice/access", "FuzzGroupsHeader"},
			{"./practice/access/policy", "FuzzIndex"},
			{"./practice/encryption/trust", "FuzzParse"},
		},
		mutate: []string{
			"./identity", "./event/outbox", "./cluster", "./notice", "./practice/authentication", "./practice/authentication/password", "./practice/authentication/totp",
			"./practice/access", "./practice/access/policy", "./practice/encryption/trust",
		},
	},
	{
		name: "board",
		tests: []target{
			{"./evidence", "."},
			{"./event/index", "."},
			{"./attack", "."},
			{"./console/...", "."},
			{"./practice/...", "."},
		},
		fuzz: []target{
			{"./event/index", "FuzzParse"},
			{"./attack", "FuzzParse"},
			{"./practice/validation/waf", "FuzzParseTarget"},
		},
		mutate: []string{
			"./evidence", "./event/index", "./attack", "./console", "./console/ui", "./console/ui/chart",
			"./practice/audits", "./practice/practicetest", "./practice/access", "./practice/authentication", "./practice/validation",
			"./practice/encryption", "./practice/monitoring",
		},
	},
}
