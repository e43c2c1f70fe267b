package logfields_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
)

func TestTheOwnerOfAScopeSeesFieldsAddedWithItsContext(t *testing.T) {
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

func TestABranchHasTheFieldsAndKeepsItsOwn(t *testing.T) {
	ctx := logfields.Add(t.Context(), "messageId", "m1")
	one, other := logfields.Branch(ctx), logfields.Branch(ctx)
	logfields.Add(one, "orderId", "o1")
	logfields.Add(other, "orderId", "o2", "messageId", "m2")
	require.Equal(t, "[messageId=m1]", fmt.Sprint(logfields.Of(ctx)))
	require.Equal(t, "[messageId=m1 orderId=o1]", fmt.Sprint(logfields.Of(one)))
	require.Equal(t, "[messageId=m2 orderId=o2]", fmt.Sprint(logfields.Of(other)))
	require.Empty(t, logfields.Of(logfields.Branch(t.Context())))
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
