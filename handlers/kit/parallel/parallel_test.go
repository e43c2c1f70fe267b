package parallel_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/parallel"
)

func TestEachTaskHasItsOwnError(t *testing.T) {
	broken := errors.New("broken")
	errs := parallel.Do(t.Context(), 4, 2, func(_ context.Context, i int) error {
		switch i {
		case 1:
			return broken
		case 2:
			panic("bug")
		}
		return nil
	})
	require.Len(t, errs, 4)
	require.NoError(t, errs[0])
	require.Same(t, broken, errs[1])
	require.ErrorContains(t, errs[2], "panic: bug\n")
	require.ErrorContains(t, errs[2], "parallel_test.go", "where it was")
	require.NoError(t, errs[3])
	require.Empty(t, parallel.Do(t.Context(), 0, 1, nil))
}

func TestTasksStartInOrderAndNoneAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var begun []int
		errs := parallel.Do(ctx, 5, 1, func(ctx context.Context, i int) error {
			begun = append(begun, i)
			time.Sleep(4 * time.Second)
			return nil
		})
		require.Equal(t, []error{nil, nil, parallel.ErrDeadline, parallel.ErrDeadline, parallel.ErrDeadline}, errs)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []int{0, 1, 2}, begun, "one was under way, the rest never begins")
	})
}
