package integration_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

type counter = atomic.Int64

// probe checks whether a pattern works.
type probe struct {
	t         *testing.T
	functions map[string]function
	// step is how far the clock is advanced between two polls. See wait.
	step time.Duration
	// again, if set, is called every few polls. It gives the pattern more to do: X-Ray samples one invocation in a second of
	// those that are not already traced.
	again func()
	// refused counts the calls that IAM refuses; nil if it is expected to refuse none.
	refused *counter
}

// begin returns the time after which logs and traces are the probe's own, and headers that make API Gateway trace a request. If
// the APIs need a token, the headers have a new one, so that API Gateway does not reuse what the authorizer answered before.
func (p *probe) begin() (from time.Time, sampled []string) {
	// Traces have their start in whole seconds. This puts at least one between this probe and what was before.
	deployment.clock.Advance(2 * time.Second)
	now := deployment.clock.Now()
	root := fmt.Sprintf("1-%08x-%024x", now.Unix(), time.Now().UnixNano())
	sampled = []string{"X-Amzn-Trace-Id", "Root=" + root + ";Sampled=1"}
	if deployment.config["auth"] == "jwt" {
		sampled = append(sampled, "Authorization", token(p.t, "staff", map[string]any{"scope": "orders:any balances:write", "jti": uuid.NewString()}))
	}
	return now.Add(-time.Second), sampled
}

// pollsAfterRefusal is how many polls must find that no function is running and that the condition is not met, after IAM
// refused a call, before a probe gives up.
const pollsAfterRefusal = 15

var errRefused = errors.New("IAM refused a call, and no function is running")

// until waits until a condition is met. It gives up early if IAM has refused a call and the pattern is idle since.
func (p *probe) until(what string, done func() (bool, error)) error {
	cloud := embedded(p.t)
	idlePolls := 0
	return wait{interval: 10 * time.Millisecond, step: p.step, between: func(polls int) error {
		if p.again != nil && polls%5 == 0 {
			p.again()
		}
		if p.refused != nil && p.refused.Load() > 0 && idle(cloud, p.functions) {
			if idlePolls++; idlePolls > pollsAfterRefusal {
				return errRefused
			}
		}
		return nil
	}}.until(what, done)
}

// coffeeOrder checks, for a coffee pattern, that an order is accepted, stored and invoiced.
func (p *probe) coffeeOrder(url string, sampled []string) error {
	account := newAccount()
	placed, err := send(http.MethodPost, url+"/order", newOrder(account, "v0", time.Now()).body(), sampled...)
	if err != nil || placed.status != http.StatusAccepted {
		return fmt.Errorf("POST /order: %v %d %s", err, placed.status, placed.body)
	}
	get := func(path string) (response, error) {
		return send(http.MethodGet, url+path+"?accountid="+account+"&vendorid=v0", "", sampled...)
	}
	if err := p.until("the order is stored", func() (bool, error) {
		r, err := get("/order")
		return r.status == http.StatusOK, err
	}); err != nil {
		return err
	}
	return p.until("the invoice can be read", func() (bool, error) {
		r, err := get("/invoice")
		if err != nil || r.status != http.StatusOK {
			return false, err
		}
		var link string
		if err := json.Unmarshal([]byte(r.body), &link); err != nil {
			return false, err
		}
		doc, err := send(http.MethodGet, link, "")
		return doc.status == http.StatusOK, err
	})
}

// deadLetters checks that a malformed message in each of these queues goes to its dead-letter queue at once.
func (p *probe) deadLetters(ofQueues map[string]string) error {
	for url := range ofQueues {
		sendMessage(p.t, url, "malformed")
	}
	for url, dead := range ofQueues {
		if err := p.until("the malformed message of "+url+" is dead-lettered", func() (bool, error) { return len(receiveAll(p.t, dead)) > 0, nil }); err != nil {
			return err
		}
	}
	return nil
}

func (p *probe) emptyQueues(queueURLs []string) error {
	return p.until("the messages are deleted from their queues", func() (bool, error) {
		return countMessages(p.t, queueURLs...) == 0, nil
	})
}

func (p *probe) logged(logGroup string, from time.Time) (bool, error) {
	out, err := logsClient(p.t).FilterLogEvents(p.t.Context(), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &logGroup, StartTime: aws.Int64(from.UnixMilli()),
	})
	return err == nil && len(out.Events) > 0, err
}

func (p *probe) traced(service string, from time.Time) (bool, error) {
	out, err := xrayClient(p.t).GetTraceSummaries(p.t.Context(), &xray.GetTraceSummariesInput{
		StartTime: &from, EndTime: aws.Time(deployment.clock.Now().Add(time.Minute)),
		FilterExpression: aws.String(fmt.Sprintf("service(%q)", service)),
	})
	return err == nil && len(out.TraceSummaries) > 0, err
}

// restartFunction ends a function's processes after a change of its permissions: a process creates its log stream only
// once. If the mapping of a queue or stream polls with the action, it also advances the clock, so that the poll that began
// with the old permissions ends.
func restartFunction(t *testing.T, fn function, action string, poll time.Duration) {
	t.Helper()
	// A process that is killed in an invocation leaves a line in the log when it has ended.
	require.NoError(t, wait{interval: time.Millisecond}.until("the processes have ended", func() (bool, error) {
		return embedded(t).Lambda.Kill(fn.Name) == 0, nil
	}))
	if isPolling(action) {
		deployment.clock.Advance(poll)
	}
}

// purged is when a queue was purged last, by its URL.
var purged = map[string]time.Time{}

// purge deletes all messages of queues, those in flight too. SQS allows one purge of a queue in 60 seconds.
func purge(t *testing.T, queueURLs ...string) {
	t.Helper()
	for _, url := range queueURLs {
		if visible, delayed, inFlight := depths(t, url); visible+delayed+inFlight == 0 {
			continue
		}
		if ago := deployment.clock.Since(purged[url]); ago < time.Minute {
			deployment.clock.Advance(time.Minute - ago)
		}
		_, err := sqsClient(t).PurgeQueue(t.Context(), &sqs.PurgeQueueInput{QueueUrl: &url})
		require.NoError(t, err)
		purged[url] = deployment.clock.Now()
	}
}
