package part

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSlowerOnlyWhereTheSpreadDoesNotExplainIt(t *testing.T) {
	ms := func(values ...int) (list []time.Duration) {
		for _, v := range values {
			list = append(list, time.Duration(v)*time.Millisecond)
		}
		return list
	}
	for _, c := range []struct {
		old, new []time.Duration
		by       float64
		verdict  string
	}{
		{ms(9, 10, 10, 10, 11), ms(19, 20, 20, 20, 21), 1, "**100 % slower**"},
		{ms(9, 10, 10, 10, 90), ms(9, 11, 11, 11, 11), 0.1, "**10 % slower**"},
		{ms(5, 8, 10, 12, 15), ms(5, 9, 12, 14, 18), 0, "within the spread"},
		{ms(20, 20, 20, 20, 20), ms(10, 10, 10, 10, 10), 0, "50 % faster"},
		{ms(0, 0, 0, 0, 0), ms(2, 2, 2, 2, 2), 1, "**100 % slower**"},
		{ms(11, 10, 9, 10, 10), ms(20, 21, 19, 20, 20), 1, "**100 % slower**"},
	} {
		by, verdict := slower(c.old, c.new)
		require.InDelta(t, c.by, by, 1e-9)
		require.Equal(t, c.verdict, verdict)
	}
}

// TestSpreadExplainsChance draws both versions from the distribution of a busy machine: mostly alike, and sometimes much longer.
func TestSpreadExplainsChance(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(factor float64) (list []float64) {
		for range 20 {
			value := factor * math.Exp(0.1*random.NormFloat64())
			if random.IntN(10) == 0 {
				value *= 1 + 3*random.Float64()
			}
			list = append(list, value)
		}
		return list
	}
	const trials = 5000
	found := func(factor float64) (n int) {
		for range trials {
			if _, explained := compare(draw(1), draw(factor)); !explained {
				n++
			}
		}
		return n
	}
	require.Less(t, found(1), trials/300, "the same")
	require.Greater(t, found(1.3), trials*95/100, "slower by three times the usual deviation")
}

func TestSpreadIsWrittenWithTheLowerValueFirst(t *testing.T) {
	require.Equal(t, "4.0 (3.0 to 6.0)", spread([]float64{6, 2, 4, 1, 3}, "%.1f", "", func(n float64) float64 { return 12 / n }))
	require.Equal(t, "2.5 ms (2.0 to 3.0)", milliseconds([]time.Duration{2e6, 2.5e6, 3e6, 1e6, 9e6}))
}
