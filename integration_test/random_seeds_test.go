package integration_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// The randomised tests place the orders of a seed in a pattern while calls fail, functions are killed, messages come twice
// and out of order, and permissions are missing for a while. Then the trouble ends, and when nothing moves any more the
// result is compared with a model of the pattern.
//
// What a seed repeats: the orders, which of them are repeated requests, the poison messages and their places, the disorder
// of each queue, and the trouble: which calls fail how often, and from when to when. What it does not repeat: the functions are
// processes that run concurrently, as fast as the machine lets them. So it differs from run to run which call is hit, and how
// messages are batched. A seed that found a bug finds it again often, not always.

// size is how much a randomised test does with a seed.
type size struct {
	name             string // part of the accounts' names, so that two sizes of one seed use different accounts
	accounts, length int    // orders are accounts times length
	parallel         int    // accounts whose orders are placed at the same time
	poison           int    // messages that can never succeed
}

// defaultSeeds is how many seeds `make test` runs for each pattern.
const defaultSeeds = 2

// forEachSeed runs a test with new seeds, as many as SEEDS says. SEED=n makes n the first seed.
func forEachSeed(t *testing.T, run func(t *testing.T, seed uint64)) {
	t.Helper()
	seeds := uint64(defaultSeeds)
	if text := os.Getenv("SEEDS"); text != "" {
		var err error
		seeds, err = strconv.ParseUint(text, 10, 32)
		require.NoError(t, err, "SEEDS")
	}
	runSeeds(t, seeds, "", run)
}

// largeRun runs a test with one seed, if LARGE is set: `make soak` sets it unless it repeats a seed.
func largeRun(t *testing.T, run func(t *testing.T, seed uint64)) {
	t.Helper()
	skipUnless(t, os.Getenv("LARGE") != "", "LARGE=1")
	runSeeds(t, 1, " LARGE=1", run)
}

func runSeeds(t *testing.T, seeds uint64, settings string, run func(t *testing.T, seed uint64)) {
	t.Helper()
	embedded(t)
	runAfterOthers(t)
	first := seed(t)
	for n := first; n < first+seeds; n++ {
		t.Run("SEED="+strconv.FormatUint(n, 10), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("repeat this with: make soak SEED=%d%s", n, settings)
				}
			}()
			run(t, n)
		})
	}
}
