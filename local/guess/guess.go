// Package guess has switches for what the embedded cloud had to choose because AWS does not document it: a test or a person can
// choose the other answer.
//
// A service asks Answers.Other where it implements a choice. The promises of the patterns must hold under both answers.
// docs/embedded-cloud.md says what AWS documents, describes both answers, and lists the choices that have no switch, because no
// promise depends on them.
package guess

import (
	"fmt"
	"strings"
	"sync/atomic"
)

// Guess is one choice that can be switched.
type Guess struct {
	// Name identifies it, for a person and in the documentation.
	Name  string
	index int // in Switches
}

// Each is described with our answer first, and the other one after it.
var (
	// StreamFirstRecord: if a function reports the first record of a batch of a stream as failed, Lambda halves the batch. Or it
	// retries the same batch.
	StreamFirstRecord = &Guess{"stream-first-record", 0}
	// StreamBackoff: Lambda retries a failed batch of a stream after a growing wait. Or at once.
	StreamBackoff = &Guess{"stream-backoff", 1}
	// ConsumerEventSource: a record that Lambda reads with enhanced fan-out has the ARN of the consumer. Or that of the stream.
	ConsumerEventSource = &Guess{"consumer-event-source", 2}
	// MoveWithoutSource: an SQS message move task fails at a message without a source queue. Or it moves it to the only source.
	MoveWithoutSource = &Guess{"move-without-source", 3}
	// ExpiryLag: DynamoDB deletes an item 48 hours after it expired. Or within a minute.
	ExpiryLag = &Guess{"expiry-lag", 4}
	// ResponseReadsOverride: in API Gateway, the template of a response can read a header that the template of the request set.
	// Or it cannot.
	ResponseReadsOverride = &Guess{"response-reads-override", 5}

	// Switches are all of them.
	Switches = []*Guess{StreamFirstRecord, StreamBackoff, ConsumerEventSource, MoveWithoutSource, ExpiryLag, ResponseReadsOverride}
)

// Answers are the switches of one cloud. The zero value gives our answer to each guess.
type Answers struct{ turned [8]atomic.Bool }

// Other reports whether the cloud gives the other answer.
func (a *Answers) Other(g *Guess) bool { return a.turned[g.index].Load() }

// Turn makes the cloud give the other answer, from now on. The result makes it give ours again.
func (a *Answers) Turn(g *Guess) (back func()) {
	a.turned[g.index].Store(true)
	return func() { a.turned[g.index].Store(false) }
}

// TurnNamed turns the switches with these names, separated by commas.
func (a *Answers) TurnNamed(names string) error {
	switches, known := map[string]*Guess{}, []string{}
	for _, g := range Switches {
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
