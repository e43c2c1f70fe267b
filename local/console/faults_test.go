package console_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/localtest"
)

// send sends JSON with the token of the page, reads the answer into out unless it is nil, and returns the status and the error.
func (w *world) send(t testing.TB, method, path string, in any, out any) (status int, problem string) {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), method, w.base+path, bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Console-Token", w.token)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	if out != nil && resp.StatusCode == http.StatusOK {
		require.NoError(t, json.Unmarshal(text, out))
	}
	var failed struct{ Error string }
	require.NoError(t, json.Unmarshal(text, &failed))
	return resp.StatusCode, failed.Error
}

// do is send of what is not refused.
func (w *world) do(t testing.TB, method, path string, in any, out any) {
	t.Helper()
	status, problem := w.send(t, method, path, in, out)
	require.Equal(t, http.StatusOK, status, problem)
}

type faultInput map[string]any

// inject adds a fault, and returns what takes it away.
func (w *world) inject(t testing.TB, in faultInput) (f console.Fault, remove func()) {
	t.Helper()
	w.do(t, "POST", "/api/faults", in, &f)
	return f, func() { w.do(t, "DELETE", "/api/faults/"+f.ID, nil, nil) }
}

// live is the first sample for which a condition holds. The first sample of a page may be of a second ago.
func (w *world) live(t testing.TB, what string, holds func(console.Live) bool) console.Live {
	t.Helper()
	p := w.open(t)
	defer p.stop()
	return p.until(t, what, holds)
}

// hits waits until the only fault has hit this often.
func (w *world) hits(t testing.TB, n int) {
	t.Helper()
	w.live(t, "the hits of the fault", func(l console.Live) bool { return len(l.Faults) == 1 && l.Faults[0].Hits == int64(n) })
}

// calls are calls to each kind of node by a client.
func (w *world) calls(t testing.TB) map[string]func(aws.Config) error {
	t.Helper()
	s, ctx := w.shop(t), context.Background()
	stream := w.deploy(t, "aws:kinesis/stream:Stream", "other-events", map[string]any{"shardCount": 1})
	bucket := w.deploy(t, "aws:s3/bucketV2:BucketV2", "other-files", nil)
	machine := w.deploy(t, "aws:sfn/stateMachine:StateMachine", "other", map[string]any{
		"roleArn": w.role(t, "other", "states").arn(), "definition": `{"StartAt":"Done","States":{"Done":{"Type":"Succeed"}}}`,
	})
	w.function(t, "other", nil, []string{stream.arn(), "kinesis:PutRecord"}, []string{bucket.arn() + "/*", "s3:PutObject"}, []string{machine.arn(), "states:StartExecution"})
	return map[string]func(aws.Config) error{
		s.table.arn(): func(c aws.Config) error {
			_, err := dynamodb.NewFromConfig(c).PutItem(ctx, &dynamodb.PutItemInput{
				TableName: aws.String(s.table.id), Item: map[string]dynamodbtypes.AttributeValue{"id": &dynamodbtypes.AttributeValueMemberS{Value: "1"}},
			})
			return err
		},
		s.topic.arn(): func(c aws.Config) error {
			_, err := sns.NewFromConfig(c).Publish(ctx, &sns.PublishInput{TopicArn: aws.String(s.topic.arn()), Message: aws.String("m")})
			return err
		},
		s.dead.arn(): func(c aws.Config) error {
			_, err := sqs.NewFromConfig(c).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &s.dead.id, MessageBody: aws.String("m")})
			return err
		},
		s.take.arn(): func(c aws.Config) error {
			_, err := lambda.NewFromConfig(c).Invoke(ctx, &lambda.InvokeInput{FunctionName: &s.take.id})
			return err
		},
		stream.arn(): func(c aws.Config) error {
			_, err := kinesis.NewFromConfig(c).PutRecord(ctx, &kinesis.PutRecordInput{StreamARN: aws.String(stream.arn()), PartitionKey: aws.String("k"), Data: []byte("d")})
			return err
		},
		bucket.arn(): func(c aws.Config) error {
			_, err := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(ctx, &s3.PutObjectInput{
				Bucket: &bucket.id, Key: aws.String("a/b"), Body: strings.NewReader("x"),
			})
			return err
		},
		machine.arn(): func(c aws.Config) error {
			_, err := sfn.NewFromConfig(c).StartExecution(ctx, &sfn.StartExecutionInput{StateMachineArn: aws.String(machine.arn())})
			return err
		},
	}
}

func TestFaultsAreTheErrorsOfTheServicesAndDoNotHitPeople(t *testing.T) {
	w := newWorld(t)
	calls := w.calls(t)
	caller := w.Role(t, "caller", localtest.Allow("*", "*"))
	caller.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	codes := map[string]map[string]string{
		"throttle": {
			"dynamodb": "ProvisionedThroughputExceededException", "sns": "Throttled", "sqs": "RequestThrottled", "lambda": "TooManyRequestsException",
			"kinesis": "ProvisionedThroughputExceededException", "s3": "SlowDown", "states": "ThrottlingException",
		},
		"deny": {
			"dynamodb": "AccessDeniedException", "sns": "AuthorizationError", "sqs": "AccessDenied", "lambda": "AccessDeniedException",
			"kinesis": "AccessDeniedException", "s3": "AccessDenied", "states": "AccessDeniedException",
		},
	}
	for kind, byService := range codes {
		for arn, call := range calls {
			service := strings.Split(arn, ":")[2]
			t.Run(kind+" "+service, func(t *testing.T) {
				require.NoError(t, call(caller))
				_, remove := w.inject(t, faultInput{"kind": kind, "node": arn})
				var failed smithy.APIError
				require.ErrorAs(t, call(caller), &failed)
				require.Equal(t, byService[service], failed.ErrorCode())
				require.NoError(t, call(w.Config()), "a person's key")
				for other, call := range calls {
					if other != arn {
						require.NoError(t, call(caller), other)
					}
				}
				remove()
				require.NoError(t, call(caller))
			})
		}
	}
}

func TestWrongFaultsAreRefused(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	_, remove := w.inject(t, faultInput{"kind": "twice", "node": s.queue.arn()})
	defer remove()
	for want, in := range map[string]faultInput{
		`node: must be the ARN of a node of the map, got "x"`:                {"kind": "slow", "node": "x"},
		`kind: a table can have throttle, deny, slow, got "kill"`:            {"kind": "kill", "node": s.table.arn()},
		`kind: a api can have slow, got "deny"`:                              {"kind": "deny", "node": s.api.arn()},
		`percent: must be from 1 to 100, got 101`:                            {"kind": "deny", "node": s.table.arn(), "percent": 101},
		`percent: must be from 1 to 100, got -1`:                             {"kind": "deny", "node": s.table.arn(), "percent": -1},
		`delayMs: must be from 1 to 25000 milliseconds, got 0`:               {"kind": "slow", "node": s.table.arn()},
		`delayMs: must be from 1 to 25000 milliseconds, got 25001`:           {"kind": "slow", "node": s.table.arn(), "delayMs": 25001},
		`delayMs: is for slow only`:                                          {"kind": "deny", "node": s.table.arn(), "delayMs": 1},
		`action: is not for twice`:                                           {"kind": "twice", "node": s.queue.arn(), "action": "sqs:SendMessage"},
		`action: must be as in IAM, such as dynamodb:PutItem, got "PutItem"`: {"kind": "deny", "node": s.table.arn(), "action": "PutItem"},
		`kind: the queue has this fault already`:                             {"kind": "twice", "node": s.queue.arn()},
		`reading the request: json: unknown field "rate"`:                    {"kind": "twice", "node": s.queue.arn(), "rate": 1},
	} {
		status, problem := w.send(t, "POST", "/api/faults", in, nil)
		require.Equal(t, http.StatusBadRequest, status, want)
		require.Equal(t, want, problem)
	}
	status, problem := w.send(t, "DELETE", "/api/faults/7", nil, nil)
	require.Equal(t, http.StatusBadRequest, status)
	require.Equal(t, `id: there is no fault "7"`, problem)
}

func TestAFaultOfOneActionAndOfSomeCalls(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	caller := w.Role(t, "caller", localtest.Allow("*", "*"))
	caller.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	client := dynamodb.NewFromConfig(caller)
	_, remove := w.inject(t, faultInput{"kind": "throttle", "node": s.table.arn(), "action": "dynamodb:Scan", "percent": 50})
	_, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &s.table.id})
	require.NoError(t, err)
	failed := 0
	for range 200 {
		if _, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &s.table.id}); err != nil {
			failed++
		}
	}
	require.InDelta(t, 100, failed, 50)
	w.hits(t, failed)
	remove()
	w.live(t, "no fault", func(l console.Live) bool { return len(l.Faults) == 0 })
}

func TestASlowAPIAnswersAfterTheDelay(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	_, remove := w.inject(t, faultInput{"kind": "slow", "node": s.api.arn(), "delayMs": 5000})
	answered := make(chan error, 1)
	go func() {
		resp, err := http.Post(s.url+"/order", "application/json", strings.NewReader("{}"))
		if err == nil {
			resp.Body.Close()
		}
		answered <- err
	}()
	w.hits(t, 1)
	require.Empty(t, answered)
	for len(answered) == 0 {
		w.Clock.Advance(5 * time.Second)
		time.Sleep(20 * time.Millisecond)
	}
	require.NoError(t, <-answered)
	remove()
}

func TestAMessageIsDeliveredTwiceAndAFunctionIsKilled(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	place := func() {
		resp, err := http.Post(s.url+"/order", "application/json", strings.NewReader("{}"))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusAccepted, resp.StatusCode)
	}
	_, remove := w.inject(t, faultInput{"kind": "twice", "node": s.queue.arn()})
	place()
	require.Eventually(t, func() bool { return w.Lambda.Stats(s.keep.id).Invocations == 2 }, 20*time.Second, 10*time.Millisecond)
	w.hits(t, 1)
	remove()
	place()
	require.Eventually(t, func() bool { return w.Lambda.Stats(s.keep.id).Invocations == 3 }, 20*time.Second, 10*time.Millisecond)

	_, remove = w.inject(t, faultInput{"kind": "kill", "node": s.keep.arn()})
	place()
	require.Eventually(t, func() bool { return w.Lambda.Stats(s.keep.id).Errors == 1 }, 20*time.Second, 10*time.Millisecond)
	w.hits(t, 1) // what Lambda itself calls does not count
	remove()
}
