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
			{"./app", "."},
		},
		fuzz: []target{
			{"./config", "FuzzParse"},
			{"./gate", "FuzzNormalisePath"},
			{"./gate", "FuzzTwoServersReadWhatTheRulesSaw"},
			{"./event", "FuzzDecode"},
			{"./event", "FuzzEncodeString"},
			{"./event", "FuzzBatch"},
			{"./event", "FuzzVerify"},
			{"./event/redact", "FuzzQuery"},
			{"./event/tiles", "FuzzTree"},
			{"./event/tiles", "FuzzCheckpoint"},
			{"./event/segment", "FuzzReader"},
			{"./practice/validation/waf", "FuzzCaseClash"},
		},
		mutate: []string{
			"./app", "./config", "./gate", "./event", "./event/segment", "./event/redact", "./event/tiles", "./store", "./console",
			"./practice/authentication", "./practice/encryption", "./practice/monitoring", "./practice/validation", "./practice/validation/waf",
		},
	},
}
