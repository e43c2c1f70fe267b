package integration_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

// inject adds a fault and removes it when the test ends, or earlier when remove is called.
func inject(t *testing.T, r fault.Rule) (remove func()) {
	t.Helper()
	remove = embedded(t).Account.Faults.Add(r)
	t.Cleanup(remove)
	return remove
}

// fail is the action of a fault that always returns this error.
func fail(err error) func(context.Context, fault.Event) error {
	return func(context.Context, fault.Event) error { return err }
}

// kill is the action of a fault that ends the running processes of a function.
func kill(t *testing.T, function string) func(context.Context, fault.Event) error {
	t.Helper()
	cloud := embedded(t)
	return func(context.Context, fault.Event) error {
		cloud.Lambda.Kill(function)
		return nil
	}
}

var accessDenied = wire.Errorf(http.StatusForbidden, "AccessDenied", "Access Denied")

// seed returns the seed of a test's random choices, and logs it. It is new in every run. SEED=n repeats a run.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := rand.Uint64()
	if text := os.Getenv("SEED"); text != "" {
		var err error
		n, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err, "SEED")
	}
	t.Logf("SEED=%d", n)
	return n
}

// randomness is a source of random numbers that several goroutines share.
type randomness struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newRandomness(seed, stream uint64) *randomness {
	return &randomness{random: rand.New(rand.NewPCG(seed, stream))}
}

// chance returns true with this probability.
func (r *randomness) chance(probability float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.random.Float64() < probability
}

// below returns a number from 0 to n-1.
func (r *randomness) below(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.random.IntN(n)
}

// sometimes makes the action of a fault happen only with this probability.
func (r *randomness) sometimes(probability float64, do func(context.Context, fault.Event) error) func(context.Context, fault.Event) error {
	return func(ctx context.Context, e fault.Event) error {
		if r.chance(probability) {
			return do(ctx, e)
		}
		return nil
	}
}
