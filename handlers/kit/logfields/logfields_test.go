package logfields_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
)

func TestTheMakerOfAScopeSeesWhatIsAddedWithItsContext(t *testing.T) {
	var s logfields.Scope
	s.Add("messageId", "m1")
	ctx := s.Context(t.Context())
	require.Equal(t, ctx, logfields.Add(ctx, "orderId", "o1", "accountId", ""))
	logfields.Add(ctx, "orderId", "o2")
	require.Equal(t, "[messageId=m1 orderId=o2]", fmt.Sprint(logfields.Of(s.Context(t.Context()))))
}

func TestWithoutAScopeAddMakesOne(t *testing.T) {
	ctx := logfields.Add(t.Context(), "orderId", "o1")
	require.Equal(t, "[orderId=o1]", fmt.Sprint(logfields.Of(ctx)))
	require.Empty(t, logfields.Of(t.Context()))
}

func TestFieldsMayBeReadWhileOthersAreAdded(t *testing.T) {
	ctx := logfields.Add(t.Context(), "orderId", "o1")
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() { logfields.Add(ctx, "orderId", fmt.Sprint(i), fmt.Sprint("field", i), "v") })
		wg.Go(func() { _ = fmt.Sprint(logfields.Of(ctx)) })
	}
	wg.Wait()
	require.Len(t, logfields.Of(ctx), 11)
}
