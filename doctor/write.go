package doctor

import (
	"fmt"
	"io"
	"strings"
)

// colours of the terminal (ECMA-48); the word says the same.
var colours = [...]string{Skip: "\x1b[2m", OK: "\x1b[32m", Warn: "\x1b[33m", Fail: "\x1b[31m"}

// Write says it to a person: the worst first, each with what to do.
func Write(out io.Writer, lines []Line, coloured bool) error {
	var b strings.Builder
	var n [4]int
	for _, l := range lines {
		n[l.Status]++
		word := fmt.Sprintf("%-4s", l.Status)
		if coloured {
			word = colours[l.Status] + word + "\x1b[0m"
		}
		fmt.Fprintf(&b, "%s  %-16s %s\n", word, l.Check, clean(l.Sentence))
		if l.Mend != "" {
			fmt.Fprintf(&b, "      %-16s do: %s\n", "", clean(l.Mend))
		}
	}
	if len(lines) == 0 {
		return nil // there is nothing wrong, and nothing else was asked for
	}
	fmt.Fprintf(&b, "\n%d fail, %d warn, %d ok, %d skipped.\n", n[Fail], n[Warn], n[OK], n[Skip])
	_, err := io.WriteString(out, b.String())
	return err
}

// clean keeps what others wrote, such as the name of a process, from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}
