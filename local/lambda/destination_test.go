package lambda

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/sqs"
)

const start = "2026-03-04T05:06:07.089Z"

func fakeClock(t *testing.T) *clockwork.FakeClock {
	t.Helper()
	at, err := time.Parse(time.RFC3339, start)
	require.NoError(t, err)
	return clockwork.NewFakeClockAt(at)
}

// destination makes a queue to which a function, and only that, may send, and sends it the records of the function's events.
func (c *cloud) destination(function string) string {
	c.t.Helper()
	queue := c.queue("records-of-"+function, map[string]any{})
	c.grant(function+"-role", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage")
	c.events(function, func(in *EventInvokeConfigArgs) {
		in.DestinationConfig = &EventDestinations{&EventDestination{queue}}
	})
	return queue
}

// events changes how a function's events are delivered.
func (c *cloud) events(function string, change func(*EventInvokeConfigArgs)) {
	c.t.Helper()
	in := *c.lambda.function(function).eventSettings()
	in.FunctionName = function
	change(&in)
	require.NoError(c.t, c.lambda.putEventSettings(context.Background(), c.lambda.function(function), &in))
}

// received takes what is in a queue out of it.
func (c *cloud) received(queueARN string) (bodies []string) {
	c.t.Helper()
	got, err := c.sqs.Receive(context.Background(), c.principal(), queueARN, 10, time.Hour, 0)
	require.NoError(c.t, err)
	for _, m := range got {
		bodies = append(bodies, m.Body)
		require.NoError(c.t, c.sqs.Delete(context.Background(), c.principal(), queueARN, []string{m.ReceiptHandle}))
	}
	return bodies
}

// bodies waits for n messages of a queue.
func (c *cloud) bodies(queueARN string, n int) (bodies []string) {
	c.t.Helper()
	eventually(c.t, "the record", func() bool {
		bodies = append(bodies, c.received(queueARN)...)
		return len(bodies) >= n
	})
	require.Len(c.t, bodies, n)
	return bodies
}

func (c *cloud) records(queueARN string, n int) []invocationRecord {
	c.t.Helper()
	var records []invocationRecord
	for _, body := range c.bodies(queueARN, n) {
		var r invocationRecord
		require.NoError(c.t, json.Unmarshal([]byte(body), &r))
		records = append(records, r)
	}
	return records
}

// logged reports whether a line of the account's log contains all the words.
func (c *cloud) logged(words ...string) bool {
	for line := range strings.Lines(c.log.String()) {
		found := true
		for _, word := range words {
			found = found && strings.Contains(line, word)
		}
		if found {
			return true
		}
	}
	return false
}

func TestRecordOfAnEventThatFailedThreeTimes(t *testing.T) {
	clock := fakeClock(t)
	c := newCloudAt(t, clock)
	c.function("f", nil)
	destination := c.destination("f")
	id := c.event("f", `{"do":"error", "text":"<a&b>"}`)
	for i, wait := range retryDelays {
		c.invocations("f", int64(i+1))
		asleep(t, clock)
		clock.Advance(wait)
	}
	body := c.bodies(destination, 1)[0]
	require.JSONEq(t, `{
		"version":"1.0",
		"timestamp":"2026-03-04T05:09:07.089Z",
		"requestContext":{
			"requestId":"`+id+`","functionArn":"`+functionARN("f")+`:$LATEST",
			"condition":"RetriesExhausted","approximateInvokeCount":3
		},
		"requestPayload":{"do":"error","text":"<a&b>"},
		"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},
		"responsePayload":{"errorMessage":"no luck","errorType":"customError"}
	}`, body)
	require.Contains(t, body, "<a&b>", "not escaped")
}

func TestRecordsGoWhereTheSettingsSay(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	taken := c.destination("f")
	failed := c.queue("failed", map[string]any{})
	c.events("f", func(in *EventInvokeConfigArgs) {
		in.MaximumRetryAttempts = aws.Int(0)
		in.DestinationConfig = &EventDestinations{OnFailure: &EventDestination{failed}}
	})
	c.event("f", `{}`)
	c.event("f", `{"do":"error"}`)
	r := c.records(failed, 1)[0]
	require.Equal(t, retriesExhausted, r.RequestContext.Condition)
	require.Equal(t, 1, r.RequestContext.InvokeCount, "no retries")
	eventually(t, "both are done", func() bool { return c.lambda.Stats("f").Invocations == 2 })
	require.Empty(t, c.received(taken), "there is no record of a success")
	require.False(t, c.logged("an event is discarded"))
}

func TestEventIsNotRetriedWhenItWouldBeTooOld(t *testing.T) {
	clock := fakeClock(t)
	c := newCloudAt(t, clock)
	c.function("f", nil)
	destination := c.destination("f")
	c.events("f", func(in *EventInvokeConfigArgs) { in.MaximumEventAgeInSeconds = aws.Int(60) })
	c.event("f", `{"do":"error"}`)
	r := c.records(destination, 1)[0]
	require.Equal(t, recordedRequest{r.RequestContext.RequestID, functionARN("f") + ":$LATEST", "EventAgeExceeded", 1}, r.RequestContext)
	require.Equal(t, start, r.Timestamp, "it is not kept until then")
	require.Equal(t, &recordedOutcome{200, "$LATEST", "Unhandled"}, r.ResponseContext)
	require.Contains(t, string(r.ResponsePayload), "no luck")

	c.events("f", func(in *EventInvokeConfigArgs) { in.MaximumEventAgeInSeconds = aws.Int(61) })
	c.event("f", `{"do":"error"}`)
	c.invocations("f", 2)
	asleep(t, clock)
	clock.Advance(time.Minute)
	r = c.records(destination, 1)[0]
	require.Equal(t, eventAgeExceeded, r.RequestContext.Condition)
	require.Equal(t, 2, r.RequestContext.InvokeCount)
}

func TestEventThatIsThrottledForItsWholeAge(t *testing.T) {
	clock := fakeClock(t)
	c := newCloudAt(t, clock)
	c.function("f", nil)
	destination := c.destination("f")
	c.events("f", func(in *EventInvokeConfigArgs) { in.MaximumEventAgeInSeconds = aws.Int(60) })
	refused := c.refuse(0, Throttled())
	id := c.event("f", `{"a":1}`)
	// After 63 seconds in all it would be tried for the seventh time.
	for n, wait := range []time.Duration{1, 2, 4, 8, 16} {
		asleep(t, clock)
		require.EqualValues(t, n+1, refused())
		clock.Advance(wait * time.Second)
		eventually(t, "the next attempt", func() bool { return refused() == int64(n+2) })
	}
	asleep(t, clock)
	clock.Advance(29*time.Second - time.Millisecond)
	asleep(t, clock)
	require.Empty(t, c.received(destination))
	clock.Advance(time.Millisecond)
	require.JSONEq(t, `{
		"version":"1.0",
		"timestamp":"2026-03-04T05:07:07.089Z",
		"requestContext":{
			"requestId":"`+id+`","functionArn":"`+functionARN("f")+`:$LATEST",
			"condition":"EventAgeExceeded","approximateInvokeCount":0
		},
		"requestPayload":{"a":1},
		"responseContext":{"statusCode":429}
	}`, c.bodies(destination, 1)[0])
	require.EqualValues(t, 6, refused())
	require.Zero(t, c.lambda.Stats("f").Invocations)
}

func TestFunctionWithoutConcurrencyGetsNoEvents(t *testing.T) {
	c := newCloudAt(t, fakeClock(t))
	metrics := cloudtest.RecordMetrics(c.account)
	c.function("f", func(in *FunctionArgs) { in.ReservedConcurrentExecutions = aws.Int(0) })
	destination := c.destination("f")
	id := c.event("f", `{"a":1}`)
	require.JSONEq(t, `{
		"version":"1.0",
		"timestamp":"`+start+`",
		"requestContext":{
			"requestId":"`+id+`","functionArn":"`+functionARN("f")+`:$LATEST",
			"condition":"ZeroReservedConcurrency","approximateInvokeCount":0
		},
		"requestPayload":{"a":1}
	}`, c.bodies(destination, 1)[0])
	require.Equal(t, 1.0, metrics.Take()["AWS/Lambda AsyncEventsDropped Count FunctionName=f"])
}

func TestSettingsCountForEventsThatWait(t *testing.T) {
	clock := fakeClock(t)
	c := newCloudAt(t, clock)
	c.function("f", nil)
	c.destination("f")
	other := c.queue("other", map[string]any{})
	c.event("f", `{"do":"error"}`)
	c.invocations("f", 1)
	asleep(t, clock)
	c.events("f", func(in *EventInvokeConfigArgs) {
		in.MaximumRetryAttempts = aws.Int(0)
		in.DestinationConfig = &EventDestinations{OnFailure: &EventDestination{other}}
	})
	clock.Advance(time.Minute)
	r := c.records(other, 1)[0]
	require.Equal(t, recordedRequest{r.RequestContext.RequestID, functionARN("f") + ":$LATEST", "RetriesExhausted", 1}, r.RequestContext)
	require.EqualValues(t, 1, c.lambda.Stats("f").Invocations)
}

func TestRecordIsLostWhenTheRoleMayNotSendAnyMore(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	destination := c.destination("f")
	c.events("f", func(in *EventInvokeConfigArgs) { in.MaximumRetryAttempts = aws.Int(0) })
	c.grant("f-role", "logs:CreateLogStream", "logs:PutLogEvents")
	id := c.event("f", `{"do":"error"}`)
	eventually(t, "it is lost", func() bool {
		return c.logged("refuses the record", id, "assumed-role/f-role/f is not authorized to perform: sqs:SendMessage on resource: "+destination)
	})
	require.Empty(t, c.received(destination))

	c.grant("f-role", "logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage")
	id = c.event("f", `{"do":"error"}`)
	require.Equal(t, id, c.records(destination, 1)[0].RequestContext.RequestID)
}

func TestRecordIsLostWhenItIsTooLargeForAMessage(t *testing.T) {
	c := newCloud(t)
	c.function("f", nil)
	destination := c.destination("f")
	c.events("f", func(in *EventInvokeConfigArgs) { in.MaximumRetryAttempts = aws.Int(0) })
	payload := `{"do":"error","text":"` + strings.Repeat("x", maxAsyncPayload-100) + `"}`
	id := c.event("f", payload)
	eventually(t, "it is lost", func() bool { return c.logged("refuses the record", id) })
	require.Empty(t, c.received(destination))
}

func TestRecordIsSentAsSoonAsSQSWorks(t *testing.T) {
	clock := fakeClock(t)
	c := newCloudAt(t, clock)
	c.function("f", nil)
	destination := c.destination("f")
	c.events("f", func(in *EventInvokeConfigArgs) { in.MaximumRetryAttempts = aws.Int(0) })
	c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", Times: 2, Do: sqs.Unavailable})
	c.event("f", `{"do":"error"}`)
	c.invocations("f", 1)
	for _, wait := range []time.Duration{time.Second, 2 * time.Second} {
		asleep(t, clock)
		require.Empty(t, c.received(destination))
		clock.Advance(wait)
	}
	require.Equal(t, retriesExhausted, c.records(destination, 1)[0].RequestContext.Condition)
}
