package integration_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// seed decides what is random in a test. It is new in every run, and logged; SEED=n repeats one.
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

// chance is a source of accidents that several goroutines share.
type chance struct {
	mu     sync.Mutex
	random *rand.Rand
}

func (c *chance) of(probability float64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.Float64() < probability
}

func (c *chance) below(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

// lifetime is what one account orders, in the order in which it does.
type lifetime struct {
	account string
	orders  []coffeeOrder
}

// lifetimes makes accounts which order at three shops, complete orders, and now and then send an order that is older than
// one before.
func lifetimes(random *rand.Rand, accounts []string, length int) []lifetime {
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var all []lifetime
	for _, account := range accounts {
		l := lifetime{account: account}
		for n := range length {
			at := start.Add(time.Duration(n) * time.Minute)
			if random.IntN(20) == 0 {
				at = at.Add(-10*time.Minute + time.Second)
			}
			o := withID(latte(account, fmt.Sprintf("v%d", random.IntN(3)), at), fmt.Sprintf("%s.%d", account, n))
			o.Details.Quantity = 1 + random.IntN(9)
			if random.IntN(6) == 0 {
				o.City, o.Details, o.EventType = "", nil, []string{"order_completed"}
			}
			l.orders = append(l.orders, o)
		}
		all = append(all, l)
	}
	return all
}

// active is what the table holds of an account at the end: the id of the order that has the latest date, by shop, and
// whether that is completed.
func (l lifetime) active() map[string]string {
	latest := map[string]coffeeOrder{}
	for _, o := range l.orders {
		if o.OrderDate >= latest[o.VendorID].OrderDate {
			latest[o.VendorID] = o
		}
	}
	active := map[string]string{}
	for vendor, o := range latest {
		active[l.account+"/"+vendor] = o.OrderID + " " + o.EventType[0]
	}
	return active
}

// invoiced are the ids of the orders that are invoiced, each once.
func (l lifetime) invoiced() []string {
	var ids []string
	for _, o := range l.orders {
		if o.EventType[0] == "new_order" {
			ids = append(ids, o.OrderID)
		}
	}
	slices.Sort(ids)
	return ids
}
