package event

// Class is an OCSF event class by its number, class_uid.
type Class uint32

// Activity is activity_id within a class.
type Activity uint8

// Severity is OCSF's severity_id.
type Severity uint8

// The severities. The zero value is Unknown.
const (
	UnknownSeverity Severity = iota
	Informational
	Low
	Medium
	High
	Critical
	Fatal
)

// HTTPActivity is OCSF's HTTP Activity.
const HTTPActivity Class = 4002

// ActivityOfMethod maps.
func ActivityOfMethod(m string) Activity { return 3 }
