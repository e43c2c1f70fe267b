package logs_test

import (
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/logs"
)

func TestBufferWritesBatchesInOrder(t *testing.T) {
	clock := clockwork.NewFakeClock()
	written := make(chan []int, 10)
	b := logs.NewBuffer(clock, time.Second, func(items []int) { written <- items })
	b.Add(1)
	b.Add(2)
	clock.Advance(time.Second - 1)
	require.Empty(t, written)
	clock.Advance(1)
	require.Equal(t, []int{1, 2}, <-written)

	for i := range 1001 {
		b.Add(i)
	}
	n := len(<-written) // the buffer was full
	require.GreaterOrEqual(t, n, 1000)
	b.Flush()
	b.Add(7)
	b.Close()
	b.Add(8)
	clock.Advance(time.Hour)
	for n < 1002 {
		n += len(<-written)
	}
	require.Equal(t, 1002, n)
	require.Empty(t, written)
}
