package fault_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

var (
	errFault = errors.New("throttled")
	put      = fault.Event{Action: "dynamodb:PutItem", Resource: "arn:aws:dynamodb:us-east-1:123456789012:table/orders",
		Principal: "arn:aws:sts::123456789012:assumed-role/store-order-1/session"}
)

func fail(context.Context, fault.Event) error { return errFault }

func TestRuleMatchesActionResourceAndPrincipal(t *testing.T) {
	for _, c := range []struct {
		name    string
		rule    fault.Rule
		strikes bool
	}{
		{"everything", fault.Rule{}, true},
		{"an action", fault.Rule{Action: "dynamodb:PutItem"}, true},
		{"actions", fault.Rule{Action: "dynamodb:*"}, true},
		{"another action", fault.Rule{Action: "dynamodb:GetItem"}, false},
		{"a resource", fault.Rule{Resource: "*:table/orders"}, true},
		{"another resource", fault.Rule{Resource: "*:table/stock"}, false},
		{"a caller", fault.Rule{Principal: "*/store-order-*"}, true},
		{"another caller", fault.Rule{Principal: "*/write-invoice-*"}, false},
		{"all three", fault.Rule{Action: "*PutItem", Resource: "*orders", Principal: "*invoice*"}, false},
		{"the other side of the effect", fault.Rule{When: fault.After}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var i fault.Injector
			c.rule.Do = fail
			i.Add(c.rule)
			if err := i.Before(t.Context(), put); c.strikes {
				require.ErrorIs(t, err, errFault)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestSkipAndTimesCountMatchingEventsOnly(t *testing.T) {
	var i fault.Injector
	i.Add(fault.Rule{Action: "dynamodb:PutItem", Skip: 1, Times: 2, Do: fail})
	var struck []bool
	for range 5 {
		require.NoError(t, i.Before(t.Context(), fault.Event{Action: "dynamodb:GetItem"}))
		require.NoError(t, i.After(t.Context(), put))
		struck = append(struck, i.Before(t.Context(), put) != nil)
	}
	require.Equal(t, []bool{false, true, true, false, false}, struck)
}

func TestRemovedRuleDoesNotApply(t *testing.T) {
	var i fault.Injector
	require.False(t, i.Active())
	first := i.Add(fault.Rule{Do: fail})
	second := i.Add(fault.Rule{When: fault.After, Do: fail})
	first()
	first() // does no harm
	require.NoError(t, i.Before(t.Context(), put))
	require.ErrorIs(t, i.After(t.Context(), put), errFault)
	require.True(t, i.Active())
	second()
	require.NoError(t, i.After(t.Context(), put))
	require.False(t, i.Active())
}

func TestFirstErrorStopsTheRules(t *testing.T) {
	var i fault.Injector
	var ran []string
	for _, name := range []string{"one", "two", "three"} {
		i.Add(fault.Rule{Do: func(context.Context, fault.Event) error {
			ran = append(ran, name)
			if name == "two" {
				return errFault
			}
			return nil
		}})
	}
	require.ErrorIs(t, i.Before(t.Context(), put), errFault)
	require.Equal(t, []string{"one", "two"}, ran)
}

func TestRuleCanWaitWhileOthersRun(t *testing.T) {
	var i fault.Injector
	waiting, release := make(chan struct{}), make(chan struct{})
	i.Add(fault.Rule{Action: "slow", Do: func(ctx context.Context, _ fault.Event) error {
		close(waiting)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	var wg sync.WaitGroup
	wg.Go(func() { require.NoError(t, i.Before(t.Context(), fault.Event{Action: "slow"})) })
	<-waiting
	// Another event, and another rule, do not wait for the lock.
	i.Add(fault.Rule{Action: "dynamodb:*", Do: fail})
	require.ErrorIs(t, i.Before(t.Context(), put), errFault)
	close(release)
	wg.Wait()
}
