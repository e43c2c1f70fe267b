// Package guess lists what the embedded cloud had to choose because AWS does not document it, and lets a test or a person
// choose the other answer.
//
// A service asks Answers.Other where it implements a choice. The promises of the patterns must hold under both answers. A
// choice without a switch is listed only: no promise depends on it.
package guess

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// Guess is one choice.
type Guess struct {
	// Name identifies it, for a person and in the documentation.
	Name string
	// Documented is what AWS documents, Here what the embedded cloud does, and Other another plausible answer.
	Documented, Here, Other string

	number int // of its switch, from 1; 0 if it has none
}

// Answers are the switches of one cloud. The zero value gives the answer Here to each guess.
type Answers struct{ turned [8]atomic.Bool }

// Other reports whether the cloud gives the other answer.
func (a *Answers) Other(g *Guess) bool { return a.turned[g.number].Load() }

// Turn makes the cloud give the other answer, from now on. The result makes it give ours again.
func (a *Answers) Turn(g *Guess) (back func()) {
	if g.number == 0 {
		panic("guess: " + g.Name + " has no switch")
	}
	a.turned[g.number].Store(true)
	return func() { a.turned[g.number].Store(false) }
}

// TurnNamed turns the switches with these names, separated by commas.
func (a *Answers) TurnNamed(names string) error {
	for name := range strings.FieldsFuncSeq(names, func(r rune) bool { return r == ',' || r == ' ' }) {
		g := find(name)
		if g == nil {
			return fmt.Errorf("there is no switch %q: the switches are %s", name, strings.Join(switchNames(), ", "))
		}
		a.Turn(g)
	}
	return nil
}

// Switches are the guesses that have a switch.
func Switches() (list []*Guess) {
	for _, g := range All {
		if g.number > 0 {
			list = append(list, g)
		}
	}
	return list
}

func find(name string) *Guess {
	for _, g := range Switches() {
		if g.Name == name {
			return g
		}
	}
	return nil
}

func switchNames() (names []string) {
	for _, g := range Switches() {
		names = append(names, g.Name)
	}
	return names
}

// Table is the list as it is in docs/embedded-cloud.md.
func Table() string {
	var b strings.Builder
	b.WriteString("| switch | AWS documents | here | the other answer |\n|---|---|---|---|\n")
	for _, g := range All {
		name := "none"
		if g.number > 0 {
			name = "`" + g.Name + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, g.Documented, g.Here, g.Other)
	}
	return b.String()
}
