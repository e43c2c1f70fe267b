package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/sqs"
)

const mappingKind = "aws:lambda/eventSourceMapping:EventSourceMapping"

func (c *cloud) queue(name string, properties map[string]any) string {
	c.t.Helper()
	properties["name"] = name
	return create(c.t, c.sqs, "aws:sqs/queue:Queue", properties)["arn"].StringValue()
}

func (c *cloud) send(queueARN string, bodies ...string) {
	c.t.Helper()
	for _, body := range bodies {
		_, err := c.sqs.Send(context.Background(), c.principal(), nil, queueARN, sqs.Message{Body: body})
		require.NoError(c.t, err)
	}
}

// count returns how many messages a queue holds.
func (c *cloud) count(queueARN string) (visible, inFlight int) {
	c.t.Helper()
	name := queueARN[strings.LastIndex(queueARN, ":")+1:]
	client := awssqs.New(awssqs.Options{
		BaseEndpoint: aws.String(c.account.Endpoint()), Region: account.Region,
		Credentials: credentials.NewStaticCredentialsProvider(c.admin.AccessKeyID, c.admin.SecretAccessKey, ""),
	})
	out, err := client.GetQueueAttributes(context.Background(), &awssqs.GetQueueAttributesInput{
		QueueUrl: aws.String(c.sqs.QueueURL(name)), AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameAll},
	})
	require.NoError(c.t, err)
	number := func(name types.QueueAttributeName) int {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		require.NoError(c.t, err)
		return n
	}
	return number(types.QueueAttributeNameApproximateNumberOfMessages), number(types.QueueAttributeNameApproximateNumberOfMessagesNotVisible)
}

// consumer deploys a function that may read queues.
func (c *cloud) consumer(name string) {
	c.function(name, func(in *FunctionArgs) {
		in.Role = c.role(name+"-role", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
	})
}

func (c *cloud) mapping(function, queue string, change func(*MappingArgs)) *mapping {
	c.t.Helper()
	in := &MappingArgs{EventSourceARN: queue, FunctionName: function, FunctionResponseTypes: []string{"ReportBatchItemFailures"}}
	if change != nil {
		change(in)
	}
	m, err := c.lambda.createMapping(in)
	require.NoError(c.t, err)
	return m
}

func TestMappingDeliversAndDeletes(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	c.mapping("f", queue, nil)
	const n = 200
	for i := range n {
		c.send(queue, fmt.Sprintf("m%d", i))
	}
	eventually(t, "the queue is empty", func() bool { v, i := c.count(queue); return v+i == 0 })
	var seen map[string]int
	eventually(t, "all are in the log", func() bool {
		seen = map[string]int{}
		for _, line := range c.messages("/aws/lambda/f", 1) {
			var ev events.SQSEvent
			if text, ok := strings.CutPrefix(line, "batch "); ok {
				require.NoError(t, json.Unmarshal([]byte(text), &ev))
				require.LessOrEqual(t, len(ev.Records), 10)
				for _, r := range ev.Records {
					seen[r.Body]++
				}
			}
		}
		return len(seen) == n
	})
	for body, times := range seen {
		require.Equal(t, 1, times, body)
	}
}

func TestFailedItemsReturnAndGoToTheDeadLetterQueue(t *testing.T) {
	c := newCloud(t)
	dead := c.queue("dead", map[string]any{})
	queue := c.queue("q", map[string]any{
		"visibilityTimeoutSeconds": 1,
		"redrivePolicy":            fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":2}`, dead),
	})
	c.function("f", func(in *FunctionArgs) {
		in.Timeout = aws.Int(1)
		in.Role = c.role("r", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
	})
	c.mapping("f", queue, func(in *MappingArgs) { in.MaximumBatchingWindowInSeconds = aws.Int(0) })
	c.send(queue, "ok", "fail", "ok")
	eventually(t, "the one that failed is dead, the others are done", func() bool {
		v, i := c.count(queue)
		d, _ := c.count(dead)
		return v+i == 0 && d == 1
	})
}

func TestMappingIsRefusedAsOnAWS(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{"visibilityTimeoutSeconds": 5})
	c.function("slow", func(in *FunctionArgs) {
		in.Role = c.role("slow", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
	})
	in := &MappingArgs{EventSourceARN: queue, FunctionName: "slow"}
	_, err := c.lambda.createMapping(in)
	require.ErrorContains(t, err, "Queue visibility timeout: 5 seconds is less than Function timeout: 10 seconds")

	for i, missing := range pollerCalls {
		actions := []string{"sqs:none"}
		for _, call := range pollerCalls {
			if call != missing {
				actions = append(actions, "sqs:"+call)
			}
		}
		name := fmt.Sprintf("f%d", i)
		c.function(name, func(in *FunctionArgs) { in.Timeout, in.Role = aws.Int(1), c.role(name+"-role", actions...) })
		_, err := c.lambda.createMapping(&MappingArgs{EventSourceARN: queue, FunctionName: name})
		require.ErrorContains(t, err, "The provided execution role does not have permissions to call "+missing+" on SQS")
	}
	_, err = c.lambda.createMapping(&MappingArgs{EventSourceARN: queue, FunctionName: "none"})
	require.ErrorContains(t, err, "Function not found")
	_, err = c.lambda.createMapping(&MappingArgs{EventSourceARN: account.ARN("sqs", "none"), FunctionName: "slow"})
	require.ErrorContains(t, err, "does not exist")
	_, err = c.lambda.createMapping(&MappingArgs{EventSourceARN: account.ARN("dynamodb", "table/t/stream/s"), FunctionName: "slow"})
	require.ErrorContains(t, err, "does not implement event source mappings")
}

func TestMappingStopsWorkingWithoutAnyOfItsPermissions(t *testing.T) {
	for _, call := range pollerCalls {
		t.Run(call, func(t *testing.T) {
			c := newCloud(t)
			q := newFakeQueues()
			c.lambda.Queues = q
			c.consumer("f")
			m := c.mapping("f", fakeARN, nil)
			q.mu.Lock()
			q.denied = "sqs:" + call
			q.mu.Unlock()
			q.add("one", "two", "three", "four", "five", "six") // one may go to a poll that was under way
			eventually(t, "the mapping says so", func() bool {
				_, result := m.state()
				return strings.HasPrefix(result, "PROBLEM: Lambda is not authorized to call SQS")
			})
		})
	}
}

func TestMappingActsAsTheFunctionsCurrentRole(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	m := c.mapping("f", queue, nil)
	f := c.lambda.function("f")
	in := f.current.Load().args
	in.Role = c.role("without")
	err := c.lambda.put(f, &in)
	require.NoError(t, err)
	c.send(queue, "1", "2", "3", "4", "5", "6") // polls that are under way may still get some
	eventually(t, "the new role may not", func() bool { _, result := m.state(); return strings.Contains(result, "assumed-role/without/f") })
	c.grant("without", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
	require.NoError(t, m.halt(context.Background()))
	require.NoError(t, m.start())
	c.send(queue, "7")
	eventually(t, "the role has the permissions again", func() bool { visible, _ := c.count(queue); return visible == 0 })
}

func TestDisabledMappingDoesNotPollAndDeletionWaitsForTheCurrentBatch(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	e := newEngine(t, c.lambda)
	id, state, err := e.create(mappingKind, map[string]any{"eventSourceArn": queue, "functionName": "f", "enabled": false})
	require.NoError(t, err)
	require.Equal(t, "Disabled", state["state"].StringValue())
	c.send(queue, "ok")
	visible, _ := c.count(queue)
	require.Equal(t, 1, visible)

	state = e.update(mappingKind, id, map[string]any{"eventSourceArn": queue, "functionName": "f"})
	require.Equal(t, "Enabled", state["state"].StringValue())
	eventually(t, "it polls", func() bool { v, i := c.count(queue); return v+i == 0 })

	out, err := c.sdk.ListEventSourceMappings(context.Background(), &sdk.ListEventSourceMappingsInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	require.Len(t, out.EventSourceMappings, 1)
	require.EqualValues(t, 10, *out.EventSourceMappings[0].BatchSize)
	one, err := c.sdk.GetEventSourceMapping(context.Background(), &sdk.GetEventSourceMappingInput{UUID: &id})
	require.NoError(t, err)
	require.Equal(t, "Enabled", *one.State)

	c.send(queue, `wait`)
	e.delete(mappingKind, id)
	_, inFlight := c.count(queue)
	require.Zero(t, inFlight, "what was received was handled")
	before := c.lambda.Stats("f").Invocations
	c.send(queue, "ok")
	visible, _ = c.count(queue)
	require.GreaterOrEqual(t, visible, 1)
	require.Equal(t, before, c.lambda.Stats("f").Invocations)
}

func TestKilledFunctionsLoseNoMessage(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{"visibilityTimeoutSeconds": 1})
	c.function("f", func(in *FunctionArgs) {
		in.Timeout = aws.Int(1)
		in.Role = c.role("r", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
	})
	c.mapping("f", queue, nil)
	const n = 300
	for i := range n {
		if i%30 == 29 {
			c.lambda.Kill("f")
		}
		c.send(queue, fmt.Sprintf("m%d", i))
	}
	eventually(t, "the queue is empty", func() bool { v, i := c.count(queue); return v+i == 0 })
	seen := map[string]bool{}
	eventually(t, "every message was handled", func() bool {
		for _, line := range c.messages("/aws/lambda/f", 1) {
			var ev events.SQSEvent
			if text, ok := strings.CutPrefix(line, "batch "); ok && json.Unmarshal([]byte(text), &ev) == nil {
				for _, r := range ev.Records {
					seen[r.Body] = true
				}
			}
		}
		return len(seen) == n
	})
}
