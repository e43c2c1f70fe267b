// Package fault lets a test decide what goes wrong in the embedded cloud, and when.
//
// A Rule names an action and a resource, as IAM does, and what to do when a caller performs it: return an error
// (throttle a table), wait (delay a call), or run any function (kill the process that is calling). Rules act
// before an action takes effect, or after it did and before the caller learns so.
package fault

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/order-patterns/order-patterns/local/policy"
)

// Event is one action that a principal is about to perform, or has just performed.
type Event struct {
	Action    string // as in IAM: "dynamodb:PutItem"
	Resource  string // the ARN acted on
	Principal string // who acts: an ARN, or a service such as "sns.amazonaws.com"
}

// When is the side of an action's effect at which a rule acts.
type When int

const (
	// Before the action takes effect: an error stops it.
	Before When = iota
	// After the action took effect, before the caller is answered: an error replaces the answer.
	After
	// Refused is when IAM does not allow the action. The rule observes it: its error is ignored.
	Refused
)

// Rule is one fault.
type Rule struct {
	// Action and Resource match as IAM patterns do; * and ? are wildcards. Empty matches everything.
	Action, Resource string
	// Principal matches the caller, for example "*/store-order-*" or "sns.amazonaws.com". Empty matches everybody.
	Principal string
	When      When
	// Skip lets this many matching events pass first.
	Skip int
	// Times limits how often the rule acts. 0 means for as long as it is in place.
	Times int
	// Do is what happens. A returned error is the answer that the caller gets; a *wire.Error is rendered as
	// AWS renders it.
	Do func(context.Context, Event) error
}

// Injector holds the rules in force. The zero value holds none.
type Injector struct {
	active atomic.Int32 // number of rules, so that the hot path costs one load
	mu     sync.Mutex
	rules  []*state
}

type state struct {
	Rule
	seen, done int
}

// Add puts a rule in force and returns the function that takes it out again.
func (i *Injector) Add(r Rule) (remove func()) {
	s := &state{Rule: r}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.rules = append(i.rules, s)
	i.active.Store(int32(len(i.rules)))
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.rules = slices.DeleteFunc(i.rules, func(have *state) bool { return have == s })
		i.active.Store(int32(len(i.rules)))
	}
}

// Before runs the rules that act before e takes effect.
func (i *Injector) Before(ctx context.Context, e Event) error { return i.run(ctx, Before, e) }

// After runs the rules that act once e took effect.
func (i *Injector) After(ctx context.Context, e Event) error { return i.run(ctx, After, e) }

// Refused runs the rules that observe that IAM does not allow e.
func (i *Injector) Refused(ctx context.Context, e Event) { _ = i.run(ctx, Refused, e) }

// Active returns whether any rule is in force.
func (i *Injector) Active() bool { return i.active.Load() > 0 }

func (i *Injector) run(ctx context.Context, when When, e Event) error {
	if !i.Active() {
		return nil
	}
	for _, do := range i.due(when, e) {
		if err := do(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

// due counts the event against each matching rule and returns what has to be done, so that it is done without
// the lock: a rule may wait.
func (i *Injector) due(when When, e Event) []func(context.Context, Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	var due []func(context.Context, Event) error
	for _, s := range i.rules {
		if s.When != when || !s.matches(e) {
			continue
		}
		if s.seen++; s.seen <= s.Skip || (s.Times > 0 && s.done >= s.Times) {
			continue
		}
		s.done++
		due = append(due, s.Do)
	}
	return due
}

func (s *state) matches(e Event) bool {
	return match(s.Action, e.Action) && match(s.Resource, e.Resource) && match(s.Principal, e.Principal)
}

func match(pattern, value string) bool { return pattern == "" || policy.Match(pattern, value) }
