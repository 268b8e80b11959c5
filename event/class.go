package event

// Class is an OCSF event class by its number, class_uid. Its thousands are the category, category_uid.
type Class uint32

// The classes that are written, and those whose protection is settled before anything writes them. Numbers and names
// are OCSF's.
const (
	EventLogActivity     Class = 1008
	ComplianceFinding    Class = 2003
	DetectionFinding     Class = 2004
	AccountChange        Class = 3001
	Authentication       Class = 3002
	AuthorizeSession     Class = 3003
	UserAccess           Class = 3005
	GroupManagement      Class = 3006
	UserManagement       Class = 3007
	RoleManagement       Class = 3008
	HTTPActivity         Class = 4002
	ApplicationLifecycle Class = 6002
	APIActivity          Class = 6003
)

// SchemaVersion is OCSF's version whose classes and attributes are used.
const SchemaVersion = "1.9.0-dev"

// classes says of each class whether its events are protected: acknowledged only once they are durable, and the act
// they record refused when they cannot be. An exchange's own event is not.
var classes = map[Class]struct {
	name      string
	protected bool
}{
	EventLogActivity:     {"Event Log Activity", true},
	ComplianceFinding:    {"Compliance Finding", true},
	DetectionFinding:     {"Detection Finding", true},
	AccountChange:        {"Account Change", true},
	Authentication:       {"Authentication", true},
	AuthorizeSession:     {"Authorize Session", true},
	UserAccess:           {"User Access Management", true},
	GroupManagement:      {"Group Management", true},
	UserManagement:       {"User Management", true},
	RoleManagement:       {"Role Management", true},
	HTTPActivity:         {"HTTP Activity", false},
	ApplicationLifecycle: {"Application Lifecycle", true},
	APIActivity:          {"API Activity", true},
}

// Known says whether the class is one that Tenward writes.
func (c Class) Known() bool { return classes[c].name != "" }

// String is OCSF's name.
func (c Class) String() string { return classes[c].name }

// Protected says whether an act of this class is refused when it cannot be recorded.
func (c Class) Protected() bool { return classes[c].protected || !c.Known() }

// Activity is what was done, activity_id, within its class.
type Activity uint8

// The activities of the classes that are written. UnknownActivity and OtherActivity are every class's.
const (
	UnknownActivity Activity = 0
	OtherActivity   Activity = 99
	LifecycleStart  Activity = 3
	LifecycleStop   Activity = 4
	LifecycleUpdate Activity = 8
	AuthenticateOn  Activity = 1
	AuthenticateOff Activity = 2
	APICreate       Activity = 1
	APIRead         Activity = 2
	APIUpdate       Activity = 3
	APIDelete       Activity = 4
	FindingCreate   Activity = 1
	FindingUpdate   Activity = 2
	FindingClose    Activity = 3
)

// ActivityOfMethod is HTTP Activity's activity for a request method.
func ActivityOfMethod(method string) Activity {
	switch method {
	case "CONNECT":
		return 1
	case "DELETE":
		return 2
	case "GET":
		return 3
	case "HEAD":
		return 4
	case "OPTIONS":
		return 5
	case "POST":
		return 6
	case "PUT":
		return 7
	case "TRACE":
		return 8
	case "PATCH":
		return 9
	default:
		return OtherActivity
	}
}

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

// String is OCSF's name.
func (s Severity) String() string {
	if names := []string{"Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal"}; int(s) < len(names) {
		return names[s]
	}
	return "Unknown"
}
