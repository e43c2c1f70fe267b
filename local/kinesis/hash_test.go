package kinesis

import (
	"crypto/md5"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestHashKeysAreMD5SumsInDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.String().Draw(t, "key")
		sum := md5.Sum([]byte(key))
		want := new(big.Int).SetBytes(sum[:]).String()
		require.Equal(t, want, hashOf(key).String())
		back, ok := parseHash(want)
		require.True(t, ok)
		require.Equal(t, hashOf(key), back)
	})
}

func TestHashKeysHave128Bits(t *testing.T) {
	require.Equal(t, "340282366920938463463374607431768211455", maxHash.String())
	for _, wrong := range []string{"", "-1", "01", "1.0", "x", "-0", "+1", "1_0", "340282366920938463463374607431768211456", "1" + maxHash.String(), "1" + strings.Repeat("0", 100)} {
		_, ok := parseHash(wrong)
		require.False(t, ok, wrong)
	}
	const carried, before = "18446744073709551616", "18446744073709551615"
	low, _ := parseHash(before)
	high, _ := parseHash(carried)
	require.Equal(t, carried, low.plus(1).String())
	require.Equal(t, before, high.plus(-1).String())
	require.True(t, low.less(high))
}

// The ranges of three shards, as AWS gives them.
func TestSharesOfTheHashKeysAreThoseOfAWS(t *testing.T) {
	require.Equal(t, "113427455640312821154458202477256070485", share(1, 3).String())
	require.Equal(t, "226854911280625642308916404954512140970", share(2, 3).String())
	require.Equal(t, "170141183460469231731687303715884105728", share(1, 2).String())
	require.Equal(t, "0", share(0, 1).String())
}
