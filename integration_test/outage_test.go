package integration_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

// longestDelay is a little more than the longest delay of a message that failed.
const longestDelay = 15*time.Minute + 2*time.Second

// pass advances the clock by longestDelay at a time until d has passed. Before and after each step it waits until the
// functions have tried all visible messages.
func pass(t *testing.T, d time.Duration, functions map[string]function, queueURLs ...string) {
	t.Helper()
	cloud := embedded(t)
	tried := func() {
		polls := 0
		eventually(t, "all visible messages are tried", func() bool {
			polls++
			for _, url := range queueURLs {
				if visible, _ := depth(t, url); visible > 0 {
					polls = 0
				}
			}
			if !idle(cloud, functions) {
				polls = 0
			}
			return polls > 2
		})
	}
	tried()
	for end := deployment.clock.Now().Add(d); deployment.clock.Now().Before(end); tried() {
		deployment.clock.Advance(longestDelay)
	}
}

// requireOnlyMalformed asserts that a dead-letter queue has the malformed message and no other: once, or again if its
// delivery was repeated.
func requireOnlyMalformed(t *testing.T, queueURL string) {
	t.Helper()
	require.Equal(t, []string{malformed}, slices.Compact(receiveAll(t, queueURL)))
}

var (
	noTable  = wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "Requested resource not found")
	noBucket = wire.Errorf(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist")
)

// outage makes actions of a function fail until end is called.
func outage(t *testing.T, fn function, err *wire.Error, actions ...string) (end func()) {
	t.Helper()
	var removes []func()
	for _, action := range actions {
		removes = append(removes, inject(t, fault.Rule{Action: action, Principal: "*/" + fn.RoleName + "/*", Do: fail(err)}))
	}
	return func() {
		for _, remove := range removes {
			remove()
		}
	}
}

// forbid removes an action from a function's role until end is called.
func forbid(t *testing.T, fn function, action string) (end func()) {
	t.Helper()
	policy := readRolePolicy(t, fn.RoleName)
	policy.remove(t, policy.document.statementWith(t, action), action)
	return func() { policy.restore(t) }
}

const malformed = "malformed, sent during the outage"

func TestOutageOfADayEndsWithAllOrdersProcessed(t *testing.T) {
	deployApart(t, map[string]string{"pattern": "fanout,checker"})
	f := fanOut(t)
	storeOrder, writeInvoice := f.Functions["store-order"], f.Functions["write-invoice"]
	for name, begin := range map[string]func(*testing.T) (end func()){
		"table":                     func(t *testing.T) func() { return outage(t, storeOrder, noTable, "dynamodb:PutItem") },
		"bucket":                    func(t *testing.T) func() { return outage(t, writeInvoice, noBucket, "s3:PutObject") },
		"permission for the table":  func(t *testing.T) func() { return forbid(t, storeOrder, "dynamodb:PutItem") },
		"permission for the bucket": func(t *testing.T) func() { return forbid(t, writeInvoice, "s3:PutObject") },
	} {
		t.Run(name, func(t *testing.T) { requireFanOutSurvives(t, f, begin) })
	}
	t.Run("tables of the checker", func(t *testing.T) { requireCheckerSurvives(t, checkerPattern(t)) })
}

func requireFanOutSurvives(t *testing.T, f *fanOutOutputs, begin func(*testing.T) (end func())) {
	t.Helper()
	account, orders := newAccount(), 0
	placeSome := func(n int) {
		for range n {
			place(t, f.URL, newOrder(account, fmt.Sprintf("v%d", orders), time.Now()))
			orders++
		}
	}
	placeSome(5)
	end := begin(t)
	placeSome(5)
	for _, url := range f.queues() {
		sendMessage(t, url, malformed)
	}
	for _, url := range f.deadLetterQueues() {
		waitForMessages(t, url, 1)
	}
	pass(t, 12*time.Hour, f.Functions, f.queues()...)
	placeSome(5)
	pass(t, 12*time.Hour, f.Functions, f.queues()...)
	require.GreaterOrEqual(t, countMessages(t, f.queues()...), 10, "orders wait for the end of the outage")

	end()
	// The last order is processed within a quarter of an hour, without a redrive.
	pass(t, longestDelay, f.Functions, f.queues()...)
	waitUntilEmpty(t, f.queues()...)
	for i := range orders {
		require.NotNil(t, getOrder(t, f.URL, account, fmt.Sprintf("v%d", i)), i)
	}
	require.Len(t, invoices(t, f.BucketName, account), orders)
	for _, url := range f.deadLetterQueues() {
		requireOnlyMalformed(t, url)
	}
}

func requireCheckerSurvives(t *testing.T, c *checkerOutputs) {
	t.Helper()
	customer, product := c.newCustomerAndProduct(t, "1000", 1000)
	var orders []string
	placeSome := func(n int) {
		for range n {
			orders = append(orders, c.placeOrder(t, checkerOrder(customer, product, 1, "1")))
		}
	}
	count := func(status string) (n int) {
		for _, id := range orders {
			if c.status(t, id).Status == status {
				n++
			}
		}
		return n
	}
	// At its begin, some orders have only to be shipped.
	ends := []func(){outage(t, c.Functions["ship-order"], noTable, "dynamodb:GetItem", "dynamodb:UpdateItem")}
	placeSome(5)
	eventually(t, "some orders are ready to ship", func() bool { return count("Ready to ship") == 5 })
	ends = append(ends,
		outage(t, c.Functions["check-balance"], noTable, "dynamodb:GetItem"), outage(t, c.Functions["check-stock"], noTable, "dynamodb:BatchGetItem"),
		outage(t, c.Functions["update-order"], noTable, "dynamodb:UpdateItem"))
	placeSome(5)
	for _, url := range c.queues() {
		sendMessage(t, url, malformed)
	}
	deadLetterQueues := []string{c.BalanceDeadLettersURL, c.StockDeadLettersURL, c.UpdateDeadLettersURL}
	for _, url := range deadLetterQueues {
		waitForMessages(t, url, 1)
	}
	pass(t, 24*time.Hour, c.Functions, c.queues()...)
	require.Equal(t, 5, count("Ready to ship"))
	require.Equal(t, 5, count("Pending"))
	require.Positive(t, countMessages(t, c.OutboxQueueURL), "Pending orders are watched")

	for _, end := range ends {
		end()
	}
	queues := append(c.queues(), c.OutboxQueueURL)
	pass(t, 3*longestDelay, c.Functions, queues...) // the checks, then their findings, then relay-order sees that all are decided
	waitUntilEmpty(t, queues...)
	require.Zero(t, countMessages(t, c.OutboxDeadLettersURL))
	require.Equal(t, len(orders), count("Shipped"))
	for _, url := range deadLetterQueues {
		requireOnlyMalformed(t, url)
	}
	require.Zero(t, countMessages(t, c.ShipFailuresURL))
}
