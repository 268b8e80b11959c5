package index

import "github.com/tenward/tenward/problem"

// errDamaged says that a day could not be read. It is being made anew by the time somebody tries again.
var errDamaged = problem.New("index.day.damaged", "A day of the search index is damaged and was set aside.",
	"Search again: what the day lacks until it is made anew from the record is said beside the list.")

// ErrMany says that a field has more values than are counted.
var ErrMany = problem.New("index.facets.many", "The field has too many different values to count them all.",
	"Narrow the search with more words or a shorter time.")
