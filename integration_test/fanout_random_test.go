package integration_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	localdb "github.com/order-patterns/order-patterns/local/dynamodb"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/s3"
	"github.com/order-patterns/order-patterns/local/sns"
	"github.com/order-patterns/order-patterns/local/sqs"
)

func (f *fanOutOutputs) weaknesses() weaknesses {
	invocation := func(function string) weakness {
		return weakness{action: "lambda:InvokeFunction", resource: "*:" + f.Functions[function].Name, throttle: fail(lambda.Throttled()), often: 0.05, outage: long}
	}
	return weaknesses{
		functions: f.Functions, queues: f.queues(), failures: f.deadLetterQueues(),
		calls: []weakness{
			{action: "sns:Publish", function: "publish-order", throttle: sns.Throttled, often: 0.02, outage: short},
			{action: "sqs:SendMessage", principal: "sns.amazonaws.com", throttle: sqs.Throttled, often: 0.05, outage: long},
			{action: "dynamodb:PutItem", function: "store-order", throttle: fail(localdb.Throttled()), often: 0.02, outage: long},
			{action: "s3:PutObject", function: "write-invoice", throttle: fail(s3.Throttled()), often: 0.02, outage: long},
			{action: "sqs:SendMessage", function: "store-order", throttle: sqs.Throttled, often: 0.3, outage: long},
			{action: "sqs:SendMessage", function: "write-invoice", throttle: sqs.Throttled, often: 0.3, outage: long},
			{action: "sqs:ChangeMessageVisibility", function: "store-order", throttle: sqs.Throttled, often: 0.3, outage: long},
			invocation("store-order"), invocation("write-invoice"),
		},
	}
}

// TestRandomFaultsLoseNoOrderOfFanOut asserts that every accepted order is stored and invoiced once, and that the dead-letter
// queue of each consumer has the poison messages and nothing else.
func TestRandomFaultsLoseNoOrderOfFanOut(t *testing.T) {
	f := fanOut(t)
	forEachSeed(t, func(t *testing.T, seed uint64) {
		run := newCoffeeRun(seed, size{name: "small", accounts: 24, length: 12, parallel: 12, poison: 3}, f.URL, f.TableName, f.BucketName, true)
		trouble := startTrouble(t, seed, f.weaknesses())
		defer trouble.end()
		var mu sync.Mutex
		var poisoned []string
		topics := snsClient(t)
		run.place(t, func(account string) {
			mu.Lock()
			defer mu.Unlock()
			body := fmt.Sprintf(`{"accountid":%q,"poison":%d}`, account, len(poisoned))
			for {
				// The message may be published although the answer is an error.
				if _, err := topics.Publish(context.Background(), &awssns.PublishInput{TopicArn: &f.TopicARN, Message: &body}); err == nil {
					break
				}
			}
			poisoned = append(poisoned, body)
		}, func() {})
		trouble.outlast()
		f.weaknesses().waitUntilDone(t, longestDelay, func() bool { return run.done(t) })
		run.requireResult(t)
		for _, url := range f.deadLetterQueues() {
			// A dead letter may be there twice: delivery is at least once.
			dead := receiveAll(t, url)
			slices.Sort(dead)
			require.ElementsMatch(t, poisoned, slices.Compact(dead))
		}
	})
}
