package account

import (
	"cmp"
	"context"
	"maps"
	"sync"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

// Use is an entry of a policy that has allowed something.
type Use struct {
	// Principal is the ARN of the role or user that acted, or the name of the AWS service.
	Principal string
	// Grant names a statement, and the entries of it that matched.
	policy.Grant
}

// uses are recorded between RecordUses and its stop.
type uses struct {
	mu   sync.Mutex
	seen map[Use]bool
}

// RecordUses records which entries of policies allow what is done, until stop is called. uses returns those so far. Their number
// is limited by the size of the policies, not by the number of calls. A second record replaces the first.
func (a *Account) RecordUses() (soFar func() map[Use]bool, stop func()) {
	u := &uses{seen: map[Use]bool{}}
	a.uses.Store(u)
	return func() map[Use]bool {
		u.mu.Lock()
		defer u.mu.Unlock()
		return maps.Clone(u.seen)
	}, func() { a.uses.CompareAndSwap(u, nil) }
}

// Decide decides one action of one principal on one resource, as Authorize does, without the faults of the action: for what
// AWS checks, but nobody calls. The error is a *policy.DeniedError.
func (a *Account) Decide(ctx context.Context, r policy.Request) error {
	var granted []policy.Grant
	u := a.uses.Load()
	if u != nil {
		r.Granted = func(g policy.Grant) { granted = append(granted, g) }
	}
	if err := policy.Authorize(r); err != nil {
		a.Faults.Refused(ctx, event(r))
		return err
	}
	if u != nil {
		u.mu.Lock()
		defer u.mu.Unlock()
		for _, g := range granted {
			u.seen[Use{cmp.Or(r.Principal.RoleARN, r.Principal.String()), g}] = true
		}
	}
	return nil
}

func event(r policy.Request) fault.Event {
	return fault.Event{Action: r.Action, Resource: r.Resource, Principal: r.Principal.String()}
}
