package ui

// Theme is light, dark, or as the system has it.
type Theme string

// The themes. The zero value follows the system.
const (
	System Theme = ""
	Light  Theme = "light"
	Dark   Theme = "dark"
)

// ParseTheme reads a theme's name; what is none is System.
func ParseTheme(s string) Theme {
	if t := Theme(s); t == Light || t == Dark {
		return t
	}
	return System
}

// Next is what the button changes to: round in a ring of three.
func (t Theme) Next() Theme {
	switch t {
	case System:
		return Dark
	case Dark:
		return Light
	default:
		return System
	}
}

// Word names the theme, for labels and the icon.
func (t Theme) Word() string {
	if t == System {
		return "system"
	}
	return string(t)
}
