package permanent_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
)

func TestAMarkStaysWhenTheErrorIsWrapped(t *testing.T) {
	marked := permanent.Error(io.EOF)
	require.EqualError(t, marked, "EOF")
	require.ErrorIs(t, marked, io.EOF)
	for _, err := range []error{marked, fmt.Errorf("reading: %w", marked), errors.Join(io.ErrClosedPipe, marked)} {
		require.True(t, permanent.Is(err))
	}
	require.False(t, permanent.Is(io.EOF))
	require.False(t, permanent.Is(nil))
	require.NoError(t, permanent.Error(nil))
}
