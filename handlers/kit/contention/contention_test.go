package contention_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/contention"
)

func cancelled(codes ...string) error {
	e := &types.TransactionCanceledException{}
	for _, c := range codes {
		e.CancellationReasons = append(e.CancellationReasons, types.CancellationReason{Code: aws.String(c)})
	}
	return fmt.Errorf("operation error DynamoDB: TransactWriteItems, %w", e)
}

func TestWhatIsContention(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"success":                           {nil, false},
		"a write during a transaction":      {&types.TransactionConflictException{}, true},
		"a transaction that met another":    {cancelled("None", "TransactionConflict"), true},
		"a throttled transaction":           {cancelled("ThrottlingError", "None"), true},
		"no throughput in a transaction":    {cancelled("None", "ProvisionedThroughputExceeded"), true},
		"throttled":                         {&types.ProvisionedThroughputExceededException{}, true},
		"throttled by the account":          {&types.RequestLimitExceeded{}, true},
		"the same transaction is under way": {&types.TransactionInProgressException{}, true},
		"a condition that failed beside":    {cancelled("ConditionalCheckFailed", "TransactionConflict"), true},
		"a condition that failed":           {cancelled("ConditionalCheckFailed", "None"), false},
		"an invalid action beside":          {cancelled("ValidationError", "TransactionConflict"), false},
		"no reasons":                        {cancelled(), false},
		"a failed condition":                {&types.ConditionalCheckFailedException{}, false},
		"denied":                            {&smithy.GenericAPIError{Code: "AccessDeniedException"}, false},
		"no answer":                         {errors.New("connection reset by peer"), false},
	} {
		require.Equal(t, c.want, contention.Is(c.err), name)
	}
}

func TestAWriteIsRepeatedUntilItIsMadeOrRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, last := range []error{nil, &types.ConditionalCheckFailedException{}} {
			calls := 0
			err := contention.Retry(t.Context(), func(context.Context) error {
				if calls++; calls < 20 {
					return &types.TransactionConflictException{}
				}
				return last
			})
			require.Equal(t, last, err)
			require.Equal(t, 20, calls)
		}
	})
}

func TestItIsRepeatedUntilTheDeadlineAndTheWaitsGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start, calls := time.Now(), 0
		err := contention.Retry(ctx, func(context.Context) error {
			calls++
			return &types.TransactionConflictException{Message: aws.String("busy")}
		})
		require.ErrorContains(t, err, fmt.Sprintf("gave up after %d attempts: TransactionConflictException: busy", calls))
		require.Equal(t, time.Minute, time.Since(start))
		// Half a second each on average, but for the first few.
		require.Greater(t, calls, 60)
		require.Less(t, calls, 300)
	})
}

func TestTheFirstWaitsAreShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 100 {
			start := time.Now()
			require.NoError(t, contention.Wait(t.Context(), 1))
			require.Less(t, time.Since(start), 20*time.Millisecond)
			require.NoError(t, contention.Wait(t.Context(), 1_000))
			require.Less(t, time.Since(start), 2*time.Second)
		}
	})
}

func TestAContextThatEndedEndsTheWait(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, contention.Wait(ctx, 1_000), context.Canceled)
}
