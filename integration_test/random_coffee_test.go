package integration_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// coffeeRun is a run of a coffee pattern with a seed.
type coffeeRun struct {
	url, table, bucket string
	size               size
	random             *rand.Rand
	histories          []accountHistory
	poisonBefore       map[*coffeeOrder]bool // the orders that a poison message precedes
}

// newCoffeeRun draws the orders of a seed, and where poison messages come between them. The names of accounts are the same
// in each run of the seed, so that their records have the same hash keys.
func newCoffeeRun(seed uint64, s size, url, table, bucket string, reuseIDs bool) *coffeeRun {
	r := &coffeeRun{url: url, table: table, bucket: bucket, size: s, random: rand.New(rand.NewPCG(seed, 1)), poisonBefore: map[*coffeeOrder]bool{}}
	accounts := make([]string, s.accounts)
	for i := range accounts {
		accounts[i] = fmt.Sprintf("seed-%d-%s-%d", seed, s.name, i)
	}
	r.histories = randomHistories(r.random, accounts, s.length, reuseIDs)
	for len(r.poisonBefore) < s.poison {
		r.poisonBefore[&r.histories[r.random.IntN(s.accounts)].orders[r.random.IntN(s.length)]] = true
	}
	return r
}

// place places all orders, those of each account one after the other. It calls poison with the account before an order that
// a poison message precedes, and halfWay once.
func (r *coffeeRun) place(t *testing.T, poison func(account string), halfWay func()) {
	t.Helper()
	var all errgroup.Group
	for some := range slices.Chunk(r.histories, max(1, r.size.accounts/r.size.parallel)) {
		all.Go(func() error {
			for n := range r.size.length {
				if n == r.size.length/2 && &some[0] == &r.histories[0] {
					halfWay()
				}
				for _, h := range some {
					if r.poisonBefore[&h.orders[n]] {
						poison(h.account)
					}
					if err := placeWithRetries(r.url, h.orders[n]); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	require.NoError(t, all.Wait())
}

// placeWithRetries repeats a request until the order is accepted, as a client does after a 5xx or no response.
func placeWithRetries(url string, o coffeeOrder) error {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r, err := send(http.MethodPost, url+"/order", o.body())
		if err == nil && r.status == http.StatusAccepted {
			return nil
		}
		if time.Now().After(deadline) || err == nil && r.status < 500 {
			return fmt.Errorf("placing order %s: %v %d %s", o.OrderID, err, r.status, r.body)
		}
	}
}

// done returns whether the table has the items that it must have, and each account enough invoices.
func (r *coffeeRun) done(t *testing.T) bool {
	t.Helper()
	return maps.Equal(allItems(r.histories), readItems(t, r.table, r.histories)) && allInvoiced(t, r.bucket, r.histories)
}

// requireResult asserts that the table has the item of each account and vendor that the model says, and that each new order
// has one invoice.
func (r *coffeeRun) requireResult(t *testing.T) {
	t.Helper()
	require.Equal(t, allItems(r.histories), readItems(t, r.table, r.histories))
	for _, h := range r.histories {
		var ids []string
		for _, key := range invoices(t, r.bucket, h.account) {
			ids = append(ids, strings.Split(key, "/")[2])
		}
		slices.Sort(ids)
		require.Equal(t, h.invoiced(), ids, h.account)
	}
}
