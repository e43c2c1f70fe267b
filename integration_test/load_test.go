package integration_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// TestThousandConcurrentOrders places 1,000 orders, 16 at a time, and asserts that each is accepted, stored and invoiced.
func TestThousandConcurrentOrders(t *testing.T) {
	const count, parallel = 1000, 16
	forEachCoffeePattern(t, func(t *testing.T, url string) {
		seed := rand.Uint64()
		client := coffeeclient.NewClient(url, parallel)
		var placed []coffee.Order
		load := coffeeclient.Load{
			Client: client, Generator: coffeeclient.NewGenerator(seed, time.Now), Count: count, AtOnce: parallel,
			Accepted: func(o coffee.Order) error {
				placed = append(placed, o)
				return nil
			},
		}
		answers, err := load.Run(t.Context())
		require.NoError(t, err)
		require.Equal(t, count, answers.Accepted(), "seed %d: %v", seed, answers.Reasons)
		var done errgroup.Group
		done.SetLimit(parallel)
		for _, o := range placed {
			done.Go(func() error {
				return wait{limit: time.Minute, interval: 50 * time.Millisecond, step: 200 * time.Millisecond}.until("the order is stored and invoiced", func() (bool, error) {
					_, err := client.Item(t.Context(), o.AccountID, o.VendorID)
					if err == nil {
						_, err = client.Invoice(t.Context(), o.AccountID, o.VendorID)
					}
					return err == nil, err
				})
			})
		}
		require.NoError(t, done.Wait(), "seed %d", seed)
	})
}
