package attack

// Attacks ought to be refused: by the rules that read requests, or by the gate itself. What they try is real, and none
// of it would do harm where it got through: tables, files and hosts that they name do not exist.
func Attacks() []Entry {
	all := of(Refused, ByRules,
		sqlInjection(), sqlDialects(), noSQL(), scripting(), scriptingElsewhere(),
		traversal(), remoteInclusion(), commands(), templates(), directory(), entities(), forgery(),
		lookups(), deserialisation(), protocol(), fixation(), scanners(), uploads(),
	)
	return append(all, of(Refused, ByGate, spelling(), methods(), hosts())...)
}
