package practice

// Field is a value that a page or an action can be given by its name: in the address of a page, or in the form of an action.
// What is not declared is refused, so that a name that somebody misspelt does not go unnoticed.
type Field struct {
	Name     string
	Doc      string   // what it says, a sentence without its end
	Words    []string // those that it may be, apart from nothing; nil: any text
	Number   bool     // it is a whole number
	Required bool
	Many     bool // it may be given several times
}

// Reason is the field of every action that asks why, for whoever reads the record later.
func Reason() Field {
	return Field{Name: "reason", Doc: "Why, in one line of at most 500 characters, for whoever reads the record later"}
}
