package integration_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// TestAThousandOrdersAtSixteenAtATime wants each of them accepted, stored and invoiced.
func TestAThousandOrdersAtSixteenAtATime(t *testing.T) {
	const count, atOnce = 1000, 16
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		seed := rand.Uint64()
		client := coffeeclient.NewClient(url, atOnce)
		var mu sync.Mutex
		var placed []coffee.Order
		load := coffeeclient.Load{
			Client: client, Generator: coffeeclient.NewGenerator(seed, time.Now), Count: count, AtOnce: atOnce,
			Accepted: func(o coffee.Order) error {
				mu.Lock()
				defer mu.Unlock()
				placed = append(placed, o)
				return nil
			},
		}
		answers, err := load.Run(t.Context())
		require.NoError(t, err)
		require.Equal(t, count, answers.Accepted(), "seed %d: %v", seed, answers.Reasons)
		var done errgroup.Group
		done.SetLimit(atOnce)
		for _, o := range placed {
			done.Go(func() error { return isDone(t, client, o) })
		}
		require.NoError(t, done.Wait(), "seed %d", seed)
	})
}

// isDone waits until an order is stored and invoiced.
func isDone(t *testing.T, client *coffeeclient.Client, o coffee.Order) error {
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		_, err := client.Item(t.Context(), o.AccountID, o.VendorID)
		if err == nil {
			_, err = client.Invoice(t.Context(), o.AccountID, o.VendorID)
		}
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
