package integration_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/s3"
)

// calamities make everything that a pattern does fail now and then: before it happens, and after it did, and with the
// death of the function that does it.
func calamities(t *testing.T, e *eventStreamOutputs, c *chance) {
	t.Helper()
	cloud := embedded(t)
	rule := func(action, resource string, when fault.When, probability float64, do func() error) {
		t.Cleanup(cloud.Account.Faults.Add(fault.Rule{
			Action: action, Resource: resource, When: when,
			Do: func(context.Context, fault.Event) error {
				if c.of(probability) {
					return do()
				}
				return nil
			},
		}))
	}
	die := func(function string) func() error {
		name := e.Functions[function].Name
		return func() error {
			cloud.Lambda.Kill(name)
			return nil
		}
	}
	is := func(err error) func() error { return func() error { return err } }
	for _, when := range []fault.When{fault.Before, fault.After} {
		rule("kinesis:PutRecord", e.StreamARN, when, 0.003, is(kinesis.Throttled(e.StreamName, "shardId-000000000000")))
		rule("kinesis:PutRecord", e.StreamARN, when, 0.0005, die("append-order"))
		rule("dynamodb:PutItem", "*/"+e.TableName, when, 0.003, is(localdb.Throttled()))
		rule("dynamodb:PutItem", "*/"+e.TableName, when, 0.001, die("project-order"))
		rule("s3:PutObject", "*:"+e.BucketName+"/*", when, 0.003, is(s3.Throttled()))
		rule("s3:PutObject", "*:"+e.BucketName+"/*", when, 0.001, die("invoice-order"))
		for _, reader := range []string{"project-order", "invoice-order"} {
			rule("lambda:InvokeFunction", "*:"+e.Functions[reader].Name, when, 0.03, is(lambda.Throttled()))
		}
	}
	rule("kinesis:GetRecords", e.StreamARN, fault.Before, 0.05, is(kinesis.Throttled(e.StreamName, "shardId-000000000000")))
}

// TestTenThousandOrdersInTheirOrderWhateverFails places the orders of 200 accounts, each account one after the other, over
// four shards of which one is split on the way, while everything fails now and then. At the end the table and the bucket
// are as if nothing had; each account's events were applied in their order; and the failure queues name the poison records
// that were put among the others, and no other.
func TestTenThousandOrdersInTheirOrderWhateverFails(t *testing.T) {
	const accounts, length, atOnce, poisons = 200, 50, 40, 8
	e := eventStream(t)
	n := seed(t)
	random := rand.New(rand.NewPCG(n, 1))
	lives := lifetimes(random, numbered(newAccount(), accounts), length)
	calamities(t, e, &chance{random: rand.New(rand.NewPCG(n, 2))})
	from := deployment.clock.Now().Add(-time.Second)

	poisonBefore := map[string]bool{} // the ids of orders
	for len(poisonBefore) < poisons {
		l := lives[random.IntN(accounts)]
		poisonBefore[l.orders[random.IntN(length)].OrderID] = true
	}
	var mu sync.Mutex
	var put []recordID
	var placed atomic.Int64
	var all errgroup.Group
	for some := range slices.Chunk(lives, accounts/atOnce) {
		all.Go(func() error {
			for n := range length {
				for _, l := range some {
					if poisonBefore[l.orders[n].OrderID] {
						ids := putRecords(t, e.StreamName, entry{key: l.account, data: spoilt(t, l.account)})
						mu.Lock()
						put = append(put, ids...)
						mu.Unlock()
					}
					if err := placeStubbornly(e.URL, l.orders[n]); err != nil {
						return err
					}
					if placed.Add(1) == accounts*length/2 {
						splitShard(t, e.StreamName)
					}
				}
			}
			return nil
		})
	}
	require.NoError(t, all.Wait())

	want := map[string]string{}
	for _, l := range lives {
		for key, order := range l.active() {
			want[key] = order
		}
	}
	var got map[string]string
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if got = tableOf(t, e, lives[0].account); len(got) == len(want) && countLogged(t, e, from, lives) {
			break
		}
	}
	require.Equal(t, want, tableOf(t, e, lives[0].account))
	requireAppliedInOrder(t, e, from, lives)
	for _, l := range lives {
		var ids []string
		eventually(t, "all orders of an account are invoiced", func() bool {
			ids = nil
			for _, key := range invoices(t, e.BucketName, l.account) {
				ids = append(ids, strings.Split(key, "/")[2])
			}
			return len(ids) >= len(l.invoiced())
		})
		slices.Sort(ids)
		require.Equal(t, l.invoiced(), ids)
	}
	for _, url := range []string{e.ProjectFailuresURL, e.InvoiceFailuresURL} {
		settledOn(t, url, poisons)
		var named []recordID
		for _, d := range takeFailures(t, url) {
			require.Equal(t, 1, d.KinesisBatchInfo.BatchSize)
			require.Equal(t, d.KinesisBatchInfo.StartSequenceNumber, d.KinesisBatchInfo.EndSequenceNumber)
			named = append(named, d.first())
		}
		require.ElementsMatch(t, put, named)
	}
	for _, id := range put {
		require.Contains(t, string(readRecord(t, e.StreamName, id).Data), `"new_order"`)
	}
}

// placeStubbornly repeats a request until it is accepted, as a client does that was told that it failed, or nothing.
func placeStubbornly(url string, o coffeeOrder) error {
	for attempt := 0; ; attempt++ {
		r, err := try(http.MethodPost, url+"/order", o.body())
		if err == nil && r.status == http.StatusAccepted {
			return nil
		}
		if attempt == 20 || err == nil && r.status < 500 {
			return fmt.Errorf("placing order %s: %v %d %s", o.OrderID, err, r.status, r.body)
		}
	}
}

// tableOf reads the items of the accounts whose names begin as this one's does, as lifetime.active describes them.
func tableOf(t *testing.T, e *eventStreamOutputs, account string) map[string]string {
	t.Helper()
	items := map[string]string{}
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(awsConfig(t)), &dynamodb.ScanInput{
		TableName: &e.TableName, ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("begins_with(accountid, :prefix)"),
		ExpressionAttributeValues: map[string]dbtypes.AttributeValue{":prefix": &dbtypes.AttributeValueMemberS{Value: account[:strings.LastIndex(account, "-")+1]}},
	})
	text := func(v dbtypes.AttributeValue) string { return v.(*dbtypes.AttributeValueMemberS).Value }
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, it := range page.Items {
			what := it["eventtype"].(*dbtypes.AttributeValueMemberL).Value[0]
			items[text(it["accountid"])+"/"+text(it["vendorid"])] = text(it["orderid"]) + " " + text(what)
		}
	}
	return items
}

// applied is a line that the projection logs of each event.
type applied struct {
	Time    time.Time
	OrderID string
}

// appliedEvents are the lines about orders of these accounts, each order's first one, in the order of time.
func appliedEvents(t *testing.T, e *eventStreamOutputs, from time.Time, lives []lifetime) []applied {
	t.Helper()
	prefix := lives[0].account[:strings.LastIndex(lives[0].account, "-")+1]
	var lines []applied
	group := e.Functions["project-order"].LogGroup
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(awsConfig(t)), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, StartTime: aws.Int64(from.UnixMilli()), FilterPattern: aws.String(`"` + prefix + `"`),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, event := range page.Events {
			var line applied
			require.NoError(t, json.Unmarshal([]byte(*event.Message), &line))
			if line.OrderID != "" {
				lines = append(lines, line)
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b applied) int { return a.Time.Compare(b.Time) })
	seen := map[string]bool{}
	return slices.DeleteFunc(lines, func(l applied) bool {
		again := seen[l.OrderID]
		seen[l.OrderID] = true
		return again
	})
}

func countLogged(t *testing.T, e *eventStreamOutputs, from time.Time, lives []lifetime) bool {
	t.Helper()
	return len(appliedEvents(t, e, from, lives)) >= len(lives)*len(lives[0].orders)
}

// requireAppliedInOrder wants each account's events to have been applied, for the first time, one after the other.
func requireAppliedInOrder(t *testing.T, e *eventStreamOutputs, from time.Time, lives []lifetime) {
	t.Helper()
	order := map[string][]string{}
	for _, line := range appliedEvents(t, e, from, lives) {
		account, _, _ := strings.Cut(line.OrderID, ".")
		order[account] = append(order[account], line.OrderID)
	}
	for _, l := range lives {
		var placed []string
		for _, o := range l.orders {
			placed = append(placed, o.OrderID)
		}
		require.Equal(t, placed, order[l.account])
	}
}
