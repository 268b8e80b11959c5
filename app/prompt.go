package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/problem"
)

// needed are flags without which a script's answer would be a guess.
var needed = map[string]bool{"--upstream": true, "--host": true}

// asked fills a list that no flag has filled: by asking where a person is there, else with what goes without saying. Each answer
// is judged at once, so that a mistake is asked about again and not found at the end.
func (i *initCommand) asked(t *terminal, question, flag, usual string, into *[]string, judge func(string) error) error {
	if len(*into) > 0 {
		for _, text := range *into {
			if err := judge(text); err != nil {
				return &exitError{exitUsage, problem.New("init.flag.invalid", flag+" "+text+": "+err.Error()+".", "Correct it, or leave it out to be asked.")}
			}
		}
		return nil
	}
	if i.NoInput || !t.person() {
		if needed[flag] {
			return &exitError{exitUsage, problem.New("init.flag.missing", "Nobody is there to be asked, and "+flag+" is not given.", "Give it: "+flag+" "+usual)}
		}
		*into = []string{usual}
		return nil
	}
	for range 5 {
		fmt.Fprintf(t.err, "%s [%s] ", question, usual)
		text, err := t.answer()
		if err != nil {
			return err
		}
		words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' })
		if len(words) == 0 {
			words = []string{usual}
		}
		var wrong error
		if len(words) > 1 && !needed[flag] {
			wrong = config.Bad("", "name one")
		}
		for _, w := range words {
			if wrong == nil {
				wrong = judge(w)
			}
		}
		if wrong == nil {
			*into = words
			return nil
		}
		fmt.Fprintf(t.err, "  %v\n", wrong)
	}
	return problem.New("init.answer.invalid", "None of five answers could be used.", "Give it as a flag: "+flag+" "+usual)
}

// maxAnswerLine is more than anybody types.
const maxAnswerLine = 4 << 10

// answer reads a line that a person typed.
func (t *terminal) answer() (string, error) {
	if t.lines == nil {
		t.lines = bufio.NewReaderSize(t.in, maxAnswerLine)
	}
	line, err := t.lines.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(t.err)
			return "", problem.New("init.answer.missing", "The answers ended before the questions did.", "Start again, or give flags: see tenward init --help.")
		}
		return "", problem.New("init.answer.unreadable", "That answer cannot be read.", "Start again, or give flags: see tenward init --help.").Because(err)
	}
	return strings.TrimSpace(string(line)), nil
}
