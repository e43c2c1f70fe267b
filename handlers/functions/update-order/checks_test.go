package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

// The messages of the recorded batch of findings of three checks.
const (
	o0Account = iota
	o0Stock
	o0Fraud
	o1Account
	o1FraudRejects
	o1Stock
	o0FraudAgain
	o2Unknown // of a check that nobody has asked for
	o2Fraud
)

func threeChecks(t *testing.T) events.SQSEvent {
	return handlertest.Event[events.SQSEvent](t, "three-checks.json")
}

func TestAnOrderIsShippedWhenAllThreeChecksPassed(t *testing.T) {
	for name, places := range map[string][]int{
		"the third one is late":  {o0Account, o0Stock, o0Fraud},
		"the third one is first": {o0Fraud, o0Stock, o0Account},
		"repeated in between":    {o0Stock, o0Fraud, o0FraudAgain, o0Stock, o0Account},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := start(t, "fraud"), threeChecks(t)
			for _, place := range places {
				require.Equal(t, checker.Pending, w.order(t, "o0").Status)
				require.Empty(t, w.invoked)
				require.Empty(t, call(t, w, only(b, place)))
			}
			rec := w.order(t, "o0")
			require.Equal(t, checker.ReadyToShip, rec.Status)
			require.Len(t, rec.Logs, 3)
			require.Equal(t, []string{shipO0}, w.invoked)
		})
	}
}

func TestAThirdCheckThatDoesNotPassRejectsTheOrderAndIsCounted(t *testing.T) {
	t.Setenv("PATTERN", "checker")
	for name, places := range map[string][]int{
		"first": {o1FraudRejects, o1Account, o1Stock}, "last": {o1Stock, o1Account, o1FraudRejects}, "in between": {o1Account, o1FraudRejects, o1Stock},
	} {
		t.Run(name, func(t *testing.T) {
			w, b := start(t, "fraud"), threeChecks(t)
			var reasons []any
			for _, place := range places {
				for _, line := range handlertest.Logged(t, func() { require.Empty(t, call(t, w, only(b, place))) }) {
					if line["Rejected"] != nil {
						reasons = append(reasons, line["Reason"])
					}
				}
			}
			require.Equal(t, checker.Rejected, w.order(t, "o1").Status)
			require.Len(t, w.order(t, "o1").Logs, 3)
			require.Empty(t, w.invoked)
			require.Equal(t, []any{"Check"}, reasons)
		})
	}
}

func TestOnlyTheFindingOfTheUnknownCheckIsADeadLetter(t *testing.T) {
	w, b := start(t, "fraud"), threeChecks(t)
	slices.Reverse(b.Records)
	for range 2 {
		require.Empty(t, call(t, w, b))
		require.Equal(t, checker.ReadyToShip, w.order(t, "o0").Status)
		require.Equal(t, checker.Rejected, w.order(t, "o1").Status)
		require.Equal(t, checker.Pending, w.order(t, "o2").Status)
		require.Equal(t, []string{"Known address"}, w.order(t, "o2").Logs)
	}
	unknown := threeChecks(t).Records[o2Unknown].Body
	require.Equal(t, []string{unknown, unknown}, w.queue.DeadBodies())
}

// The function may end after the update that makes the order ready, or the answer to the update may be lost: the finding is delivered
// again, and the order is shipped.
func TestAnOrderIsShippedAfterACrashBetweenTheThirdFindingAndTheShipping(t *testing.T) {
	w, b := start(t, "fraud"), threeChecks(t)
	require.Empty(t, call(t, w, only(b, o0Account, o0Stock)))
	remove := w.db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", When: fault.After, Do: dynamodbtest.Answer(errors.New("lost"))})
	third := []string{b.Records[o0Fraud].MessageId}
	require.Equal(t, third, call(t, w, only(b, o0Fraud)))
	require.Equal(t, checker.ReadyToShip, w.order(t, "o0").Status)
	require.Empty(t, w.invoked)
	remove()
	w.fail = errors.New("TooManyRequestsException")
	require.Equal(t, third, call(t, w, only(b, o0Fraud)))
	w.fail = nil
	require.Empty(t, call(t, w, only(b, o0Fraud)))
	require.Equal(t, []string{shipO0}, w.invoked)
	require.Len(t, w.order(t, "o0").Logs, 3)
}

func TestThreeChecksInManyBatchesAtOnceMakeAnOrderReadyOnce(t *testing.T) {
	w, b := start(t, "fraud"), threeChecks(t)
	var all sync.WaitGroup
	for i := range 9 {
		all.Go(func() {
			_, err := w.handle(context.Background(), only(b, i%3, (i+1)%3, o1Account+i%3))
			assert.NoError(t, err)
		})
	}
	all.Wait()
	require.Equal(t, checker.ReadyToShip, w.order(t, "o0").Status)
	require.Len(t, w.order(t, "o0").Logs, 3)
	require.Equal(t, checker.Rejected, w.order(t, "o1").Status)
	require.Equal(t, []string{shipO0}, slices.Compact(w.invoked))
}

func TestAnOrderInFlightIsNotStuckWhenACheckIsAdded(t *testing.T) {
	w, b := start(t), threeChecks(t)
	require.Empty(t, call(t, w, only(b, o0Account)))
	w.orders.Checks = []checker.Check{"fraud"}
	require.Empty(t, call(t, w, only(b, o0Stock)))
	require.Equal(t, []string{shipO0}, w.invoked, "no message of it went to the check")
}

func TestAnOrderInFlightIsNotStuckWhenACheckIsRemoved(t *testing.T) {
	w, b := start(t, "fraud"), threeChecks(t)
	require.Empty(t, call(t, w, only(b, o0Account, o0Stock)))
	w.orders.Checks = nil
	require.Empty(t, call(t, w, only(b, o0Fraud)))
	require.Len(t, w.queue.Dead(), 1, "a finding of a check that is not known any more")
	require.Equal(t, checker.Pending, w.order(t, "o0").Status)

	// relay-order publishes the order, and its checks find the same again.
	require.Empty(t, call(t, w, only(b, o0Stock, o0Account)))
	require.Equal(t, checker.ReadyToShip, w.order(t, "o0").Status)
	require.Equal(t, []string{shipO0}, slices.Compact(w.invoked))
}
