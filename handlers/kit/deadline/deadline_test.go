package deadline_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/deadline"
)

func TestWorkEndsBeforeTheInvocation(t *testing.T) {
	for left, margin := range map[time.Duration]time.Duration{time.Minute: deadline.Margin, 5 * time.Second: 500 * time.Millisecond} {
		end := time.Now().Add(left)
		ctx, cancel := context.WithDeadline(context.Background(), end)
		ahead, release := deadline.Ahead(ctx)
		got, ok := ahead.Deadline()
		require.True(t, ok)
		require.WithinDuration(t, end.Add(-margin), got, margin/5)
		require.True(t, got.Before(end))
		release()
		cancel()
	}
}

func TestWithoutADeadlineWorkEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	ahead, release := deadline.Ahead(ctx)
	defer release()
	_, ok := ahead.Deadline()
	require.False(t, ok)
	require.NoError(t, ahead.Err())
	cancel()
	require.ErrorIs(t, ahead.Err(), context.Canceled)
}
