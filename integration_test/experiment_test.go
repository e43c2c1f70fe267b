package integration_test

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// TestTableOfFiveUnitsStoresTenThousandOrders repeats the experiment of the sample that FanOut grew from, which
// loses orders. Whenever the table's capacity is used up, the clock jumps: by less than the 300 seconds of capacity that the
// table saves up, and while no function is at work, whose timeout the jump would end.
func TestTableOfFiveUnitsStoresTenThousandOrders(t *testing.T) {
	const count, atOnce = 10_000, 16
	deployApart(t, map[string]string{"pattern": "fanout", "tableWriteUnits": "5", "tableReadUnits": "1000"})
	f, cloud, clock := fanOut(t), embedded(t), deployment.clock
	client := coffeeclient.NewClient(f.URL, atOnce)
	var mu sync.Mutex
	var placed []coffee.Order
	start := clock.Now()
	answers, err := (&coffeeclient.Load{
		Client: client, Generator: coffeeclient.NewGenerator(seed(t), time.Now), Count: count, AtOnce: atOnce,
		Accepted: func(o coffee.Order) error {
			mu.Lock()
			defer mu.Unlock()
			placed = append(placed, o)
			return nil
		},
	}).Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, count, answers.Accepted(), "%v", answers.Reasons)

	for waiting, since := count, time.Now(); waiting > 0; time.Sleep(50 * time.Millisecond) {
		visible, held := depth(t, f.StoreQueueURL)
		if visible+held < waiting {
			waiting, since = visible+held, time.Now()
		}
		// The capacity is used up, or all messages that wait are delayed.
		if time.Since(since) < 500*time.Millisecond {
			continue
		}
		t.Logf("after %6s: %5d wait, %5d are stored", clock.Since(start).Round(time.Second), waiting, count-waiting)
		cloud.SQS.SetDelivery(queueARN(f.StoreQueueURL), sqs.Delivery{Hold: true})
		eventually(t, "the functions have answered", func() bool { return cloud.Lambda.Stats(f.Functions["store-order"].Name).Busy == 0 })
		clock.Advance(290 * time.Second)
		cloud.SQS.SetDelivery(queueARN(f.StoreQueueURL), sqs.Delivery{})
		since = time.Now()
	}
	waitUntilEmpty(t, f.queues()...)
	took := clock.Since(start)
	t.Logf("all stored after %s", took.Round(time.Second))
	require.Less(t, took, 2*time.Hour, "as fast as the table allows takes 28 minutes")
	for _, url := range []string{f.StoreDeadLettersURL, f.InvoiceDeadLettersURL} {
		waiting, held := depth(t, url)
		require.Zero(t, waiting+held, "dead letters")
	}
	stored := 0
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(awsConfig(t)), &dynamodb.ScanInput{TableName: &f.TableName, Select: dbtypes.SelectCount})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		stored += int(page.Count)
	}
	require.Equal(t, count, stored)
}
