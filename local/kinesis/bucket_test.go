package kinesis

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestABucketFillsUpAndAllowsDebt(t *testing.T) {
	now := time.Unix(1000, 0)
	b := newBucket(10, 2)
	require.EqualValues(t, 10, b.left(now))
	b.take(14)
	require.EqualValues(t, -4, b.left(now))
	require.EqualValues(t, -4, b.left(now.Add(-time.Hour)), "a clock that goes back gives nothing")
	require.EqualValues(t, 2, b.left(now.Add(3*time.Second)))
	require.EqualValues(t, 10, b.left(now.Add(time.Hour)))
}
