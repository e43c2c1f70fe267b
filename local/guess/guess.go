// Package guess lists what the embedded cloud had to choose because AWS does not document it, and lets a test or a person
// choose the other answer.
//
// A service asks Answers.Other where it implements a choice. The promises of the patterns must hold under both answers. A
// choice without a switch is listed only: no promise depends on it.
package guess

import (
	"cmp"
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
	switches, known := map[string]*Guess{}, []string{}
	for _, g := range Switches() {
		switches[g.Name] = g
		known = append(known, g.Name)
	}
	for name := range strings.FieldsSeq(strings.ReplaceAll(names, ",", " ")) {
		if switches[name] == nil {
			return fmt.Errorf("there is no switch %q: the switches are %s", name, strings.Join(known, ", "))
		}
		a.Turn(switches[name])
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

// Table is the list as it is in docs/embedded-cloud.md.
func Table() string {
	var b strings.Builder
	b.WriteString("| switch | AWS documents | here | the other answer |\n|---|---|---|---|\n")
	for _, g := range All {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cmp.Or(g.Name, "none"), g.Documented, g.Here, g.Other)
	}
	return b.String()
}
