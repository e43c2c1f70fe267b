package integration_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

func TestAnAmountIsAddedToABalance(t *testing.T) {
	c := checkerPattern(t)
	client := checkerclient.NewClient(c.URL, c.APIKey, 1)
	customer, product := c.newCustomerAndProduct(t, "0.3", 12)
	balance, err := client.AddToAccount(t.Context(), "", customer, money.Amount(-1000))
	require.NoError(t, err)
	require.Equal(t, "0.2", balance.String())
	key := uuid.NewString()
	for range 2 {
		pieces, err := client.AddToStock(t.Context(), key, product, -3)
		require.NoError(t, err)
		require.EqualValues(t, 9, pieces, "a repeated request adds nothing")
	}
	for body, want := range map[string]struct {
		status      int
		description string
	}{
		fmt.Sprintf(`{"productId":%q,"add":-10}`, product):             {409, "Insufficient stock of " + product + ": 10 wanted, 9 left"},
		`{"productId":"nothing","add":1}`:                              {404, "Unknown product nothing: set its balance first"},
		fmt.Sprintf(`{"productId":%q,"add":1,"balance":1}`, product):   {400, "body: has both balance and add, one of them is allowed"},
		fmt.Sprintf(`{"productId":%q,"add":0.5}`, product):             {400, "add: must be an integer from -1000000000 to 1000000000, got 0.5"},
		fmt.Sprintf(`{"productId":%q,"add":-1000000001}`, product):     {400, "add: must be an integer from -1000000000 to 1000000000, got -1000000001"},
		fmt.Sprintf(`{"productId":%q,"add":1000000000}`, product):      {409, "add: the balance is 9, and would be above its limit of 1000000000"},
		fmt.Sprintf(`{"productId":%q,"add":1,"balnce":1}`, product):    {400, `body: has an unknown field "balnce" (known: productId, balance, add)`},
		fmt.Sprintf(`{"productId":%q}`, product):                       {400, "balance: is missing, and so is add"},
		fmt.Sprintf(`{"productId":%q,"add":null,"add":1}`, product):    {400, "body: has the key add twice"},
		fmt.Sprintf(`{"productId":%q,"add":"1"}`, product):             {400, `add: must be an integer from -1000000000 to 1000000000, got "1"`},
		fmt.Sprintf(`{"productId":%q,"add":-9.000000000001}`, product): {400, "add: must be an integer from -1000000000 to 1000000000, got -9.000000000001"},
	} {
		r := c.post(t, "/stock", body)
		require.Equal(t, want.status, r.status, r.body)
		require.Equal(t, want.description, description(t, r, want.status), body)
	}
	require.Equal(t, "Shipped", c.waitForDecision(t, c.placeOrder(t, checkerOrder(customer, product, 9, "0.2"))).Status)
}

// TestNoUpdateIsLostWhileStockArrivesAndOrdersShip orders a product while stock of it arrives and leaves, each request twice
// under its key.
func TestNoUpdateIsLostWhileStockArrivesAndOrdersShip(t *testing.T) {
	const buyers, deliveries = 6, 6
	c := checkerPattern(t)
	client := checkerclient.NewClient(c.URL, c.APIKey, buyers+deliveries)
	customer, product := c.newCustomerAndProduct(t, "1000", 5)
	var added atomic.Int64
	var mu sync.Mutex
	var ids []string
	var all sync.WaitGroup
	for range deliveries {
		all.Go(func() {
			for n := range 10 {
				pieces := int64(3)
				if n%2 == 1 {
					pieces = -2
				}
				key := uuid.NewString()
				_, first := client.AddToStock(t.Context(), key, product, pieces)
				left, second := client.AddToStock(t.Context(), key, product, pieces)
				assert.GreaterOrEqual(t, left, int64(0))
				if first == nil {
					assert.NoError(t, second)
				}
				if first == nil || second == nil {
					added.Add(pieces)
				}
			}
		})
	}
	for range buyers {
		all.Go(func() {
			for range 5 {
				rec, err := client.Place(t.Context(), "", checker.Order{
					CustomerID: customer, Items: []checker.Item{{ProductID: product, Qty: 2}}, TotalAmount: money.FromInt(1),
				})
				if assert.NoError(t, err) {
					mu.Lock()
					ids = append(ids, rec.OrderID)
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	shipped := int64(0)
	for _, id := range ids {
		if c.waitForDecision(t, id).Status == "Shipped" {
			shipped++
		}
	}
	require.Positive(t, shipped)
	require.Equal(t, fmt.Sprint(5+added.Load()-2*shipped), readBalances(t, c.StockTableName, "productId", map[string]int{product: 0})[product])
	require.Equal(t, fmt.Sprint(1000-shipped), readBalances(t, c.AccountsTableName, "customerId", map[string]int{customer: 0})[customer])
}

func TestAnAdditionIsRefusedWithoutAValidKey(t *testing.T) {
	c := checkerPattern(t)
	customer, _ := c.newCustomerAndProduct(t, "1", 1)
	r := c.post(t, "/account", fmt.Sprintf(`{"customerId":%q,"add":1}`, customer), "Idempotency-Key", "not one word")
	require.Equal(t, http.StatusBadRequest, r.status, r.body)
	require.Contains(t, description(t, r, 400), "header Idempotency-Key: must be 1 to 128 printable ASCII characters without spaces")
}
