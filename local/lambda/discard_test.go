package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/guess"
	"github.com/order-patterns/order-patterns/local/kinesis"
	"github.com/order-patterns/order-patterns/local/wire"
)

func (r *river) onFailure() (queue string, config *DestinationConfig) {
	r.t.Helper()
	queue = r.queue("failures", map[string]any{})
	return queue, &DestinationConfig{OnFailure: &OnFailure{DestinationARN: queue}}
}

// failures waits for messages in a queue and removes them.
func (r *river) failures(queue string, n int) (bodies []string) {
	r.t.Helper()
	r.until("records of failures", func() bool {
		got, err := r.sqs.Receive(context.Background(), r.principal(), queue, 10, time.Hour, 0)
		require.NoError(r.t, err)
		for _, m := range got {
			bodies = append(bodies, m.Body)
		}
		return len(bodies) >= n
	})
	require.Len(r.t, bodies, n)
	return bodies
}

func TestExhaustedRetriesSendThePositionsOfTheRecords(t *testing.T) {
	r := newRiver(t, 1)
	queue, config := r.onFailure()
	r.read(func(in *MappingArgs) { in.MaximumRetryAttempts, in.DestinationConfig = aws.Int(2), config })
	first := r.clock.Now()
	numbers := r.put("k", "ok", "crash", "ok")
	r.untilBatches("ok,crash,ok", "ok,crash,ok", "ok,crash,ok")
	var got map[string]any
	body := r.failures(queue, 1)[0]
	require.NoError(t, json.Unmarshal([]byte(body), &got))
	id := got["requestContext"].(map[string]any)["requestId"].(string)
	require.Regexp(t, idPattern, id)
	at, err := time.Parse(time.RFC3339, got["timestamp"].(string))
	require.NoError(t, err)
	require.WithinRange(t, at, first.Truncate(time.Millisecond), r.clock.Now())
	arrived := first.UTC().Format("2006-01-02T15:04:05.000Z")
	require.Equal(t, `{"requestContext":{"requestId":"`+id+`","functionArn":"`+functionARN("f")+`","condition":"RetryAttemptsExhausted","approximateInvokeCount":3},`+
		`"responseContext":{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"},"version":"1.0","timestamp":"`+got["timestamp"].(string)+`",`+
		`"KinesisBatchInfo":{"shardId":"shardId-000000000000","startSequenceNumber":"`+numbers[0]+`","endSequenceNumber":"`+numbers[2]+`",`+
		`"approximateArrivalOfFirstRecord":"`+arrived+`","approximateArrivalOfLastRecord":"`+arrived+`","batchSize":3,"streamArn":"`+r.stream+`"}}`, body)
	r.put("k", "next")
	r.untilBatches("ok,crash,ok", "ok,crash,ok", "ok,crash,ok", "next")
}

func TestAFailedBatchIsHalvedUntilThePoisonIsAlone(t *testing.T) {
	r := newRiver(t, 1)
	data := numbered("ok", 100)
	data[0] = "crash"
	numbers := r.put("k", data...)
	queue, config := r.onFailure()
	r.read(func(in *MappingArgs) {
		in.BisectBatchOnFunctionError, in.MaximumRetryAttempts, in.DestinationConfig = aws.Bool(true), aws.Int(2), config
	})
	// The poison is in batches of 100, 50, 25, 12, 6, 3 and 1: that fail 7 times, and the last twice more in its retries.
	// The other halves, of 2, 3, 6, 13, 25 and 50, succeed.
	r.until("the last half", func() bool { return len(r.batches()) >= 15 })
	var sizes []int
	for _, batch := range r.batches() {
		sizes = append(sizes, strings.Count(batch, ",")+1)
	}
	require.Equal(t, []int{100, 50, 25, 12, 6, 3, 1, 1, 1, 2, 3, 6, 13, 25, 50}, sizes)
	require.Equal(t, "ok:98,ok:99", r.batches()[14][len(r.batches()[14])-len("ok:98,ok:99"):])
	body := r.failures(queue, 1)[0]
	require.Contains(t, body, `"approximateInvokeCount":3`)
	require.Contains(t, body, `"startSequenceNumber":"`+numbers[0]+`","endSequenceNumber":"`+numbers[0]+`"`)
	require.Contains(t, body, `"batchSize":1`)
	require.EqualValues(t, 9, r.lambda.Stats("f").Errors)
}

func TestTheLowestReportedRecordIsTheCheckpoint(t *testing.T) {
	for _, test := range []struct {
		name      string
		bisect    bool
		turned    *guess.Guess
		want      []string
		discarded int
	}{
		// The rest costs the only retry, and is discarded.
		{"the rest is retried", false, nil, []string{"ok:0,ok:1,fail:2,ok:3,fail:4,ok:5", "fail:2,ok:3,fail:4,ok:5"}, 1},
		// Split at the checkpoint; then that is the first record, and it is halved. Alone, a record has a retry.
		{"the batch is split there", true, nil, []string{
			"ok:0,ok:1,fail:2,ok:3,fail:4,ok:5", "fail:2,ok:3,fail:4,ok:5", "fail:2,ok:3", "fail:2", "fail:2", "ok:3",
			"fail:4,ok:5", "fail:4", "fail:4", "ok:5",
		}, 2},
		// It is not halved then, and all four records are discarded after the only retry.
		{"the other answer at the first record", true, guess.StreamFirstRecord, []string{
			"ok:0,ok:1,fail:2,ok:3,fail:4,ok:5", "fail:2,ok:3,fail:4,ok:5", "fail:2,ok:3,fail:4,ok:5",
		}, 1},
		// The attempts are the same, and come at once.
		{"the other answer about waiting", false, guess.StreamBackoff, []string{"ok:0,ok:1,fail:2,ok:3,fail:4,ok:5", "fail:2,ok:3,fail:4,ok:5"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRiver(t, 1)
			if test.turned != nil {
				r.account.Guesses.Turn(test.turned)
			}
			r.put("k", "ok:0", "ok:1", "fail:2", "ok:3", "fail:4", "ok:5")
			queue, config := r.onFailure()
			r.read(func(in *MappingArgs) {
				in.BisectBatchOnFunctionError, in.MaximumRetryAttempts, in.DestinationConfig = &test.bisect, aws.Int(1), config
			})
			r.untilBatches(test.want...)
			require.Zero(t, r.lambda.Stats("f").Errors)
			for _, body := range r.failures(queue, test.discarded) {
				require.Contains(t, body, `"responseContext":{"statusCode":200,"executedVersion":"$LATEST"}`)
			}
		})
	}
}

func TestResponsesForBatchesOfAStream(t *testing.T) {
	items := []item{{Record: kinesis.Record{SequenceNumber: "10"}}, {Record: kinesis.Record{SequenceNumber: "11"}}, {Record: kinesis.Record{SequenceNumber: "12"}}}
	partial := &lane{shardReader: &shardReader{streamSource: &streamSource{MappingArgs: &MappingArgs{FunctionResponseTypes: []string{"ReportBatchItemFailures"}}}}}
	whole := &lane{shardReader: &shardReader{streamSource: &streamSource{MappingArgs: &MappingArgs{}}}}
	for response, want := range map[string]int{
		``: 3, ` `: 3, `null`: 3, `{}`: 3, `{"batchItemFailures":[]}`: 3, `{"batchItemFailures":null}`: 3,
		`{"batchItemFailures":[{"itemIdentifier":"12"}]}`:                         2,
		`{"batchItemFailures":[{"itemIdentifier":"12"},{"itemIdentifier":"11"}]}`: 1,
		`{"batchItemFailures":[{"itemIdentifier":"10"}]}`:                         0,
		`{"batchItemFailures":[{"itemIdentifier":""}]}`:                           0,
		`{"batchItemFailures":[{"itemIdentifier":null}]}`:                         0,
		`{"batchItemFailures":[{"sequenceNumber":"12"}]}`:                         0,
		`{"batchItemFailures":[{"itemIdentifier":"12"},{"itemIdentifier":"9"}]}`:  0,
		`{"batchItemFailures":[{"itemIdentifier":12}]}`:                           0,
		`{"batchItemFailures":{}}`:                                                0,
		`"ok"`:                                                                    0,
	} {
		n, _ := partial.checkpoint(Result{Payload: []byte(response)}, items)
		require.Equal(t, want, n, response)
		n, _ = whole.checkpoint(Result{Payload: []byte(response)}, items)
		require.Equal(t, 3, n, "the response is ignored without ReportBatchItemFailures")
		n, _ = partial.checkpoint(Result{Payload: []byte(response), FunctionError: Unhandled}, items)
		require.Zero(t, n)
	}
}

func TestWholeBatchFailsByCrashTimeoutAndUnknownRecords(t *testing.T) {
	for _, what := range []string{"crash", "exit", "hang", "unknown"} {
		t.Run(what, func(t *testing.T) {
			r := newRiver(t, 1)
			if what == "hang" {
				in := r.lambda.function("f").current.Load().args
				in.Timeout = aws.Int(1)
				err := r.lambda.put(r.lambda.function("f"), &in)
				require.NoError(t, err)
			}
			r.put("k", "ok", what)
			r.read(func(in *MappingArgs) { in.MaximumRetryAttempts = aws.Int(1) })
			r.untilBatches("ok,"+what, "ok,"+what)
		})
	}
}

func TestOldRecordsAreDiscarded(t *testing.T) {
	r := newRiver(t, 1)
	queue, config := r.onFailure()
	old := r.put("k", "gate:0", "gate:1")
	r.clock.Advance(40 * time.Second)
	r.put("k", "gate:2")
	r.read(func(in *MappingArgs) { in.MaximumRecordAgeInSeconds, in.DestinationConfig = aws.Int(60), config })
	body := r.failures(queue, 1)[0]
	require.Contains(t, body, `"condition":"RecordAgeExceeded"`)
	require.NotContains(t, body, "responseContext")
	require.Contains(t, body, `"startSequenceNumber":"`+old[0]+`","endSequenceNumber":"`+old[1]+`"`)
	r.open()
	r.until("the young one goes on", func() bool { b := r.batches(); return len(b) > 0 && b[len(b)-1] == "gate:2" })
	require.Equal(t, "gate:0,gate:1,gate:2", r.batches()[0])
}

func TestRecordsThatLeaveTheStreamAreDiscarded(t *testing.T) {
	r := newRiver(t, 1)
	queue, config := r.onFailure()
	r.put("k", "crash")
	m := r.read(func(in *MappingArgs) { in.DestinationConfig = config })
	r.until("it is tried", func() bool { return len(r.batches()) > 1 })
	r.clock.Advance(24 * time.Hour)
	require.Contains(t, r.failures(queue, 1)[0], `"condition":"RecordAgeExceeded"`)
	require.NoError(t, m.halt(context.Background()))
}

func TestThrottlingCostsNoRetry(t *testing.T) {
	r := newRiver(t, 1)
	queue, config := r.onFailure()
	refusals := []error{Throttled(), errors.New("the network"), &wire.Error{Status: http.StatusInternalServerError, Code: "ServiceException"}, Throttled()}
	tries := 0
	r.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", Times: len(refusals), Do: func(context.Context, fault.Event) error {
		tries++
		return refusals[tries-1]
	}})
	r.put("k", "ok")
	m := r.read(func(in *MappingArgs) { in.MaximumRetryAttempts, in.DestinationConfig = aws.Int(0), config })
	r.until("it is refused", func() bool { return strings.HasPrefix(r.result(m), "PROBLEM: Invoke") })
	r.untilBatches("ok")
	require.Len(t, refusals, tries)
	visible, _ := r.count(queue)
	require.Zero(t, visible)
	require.Equal(t, "OK", r.result(m))
}

func TestBackoffDoublesUpToItsLimit(t *testing.T) {
	var waits []time.Duration
	for n := range 9 {
		waits = append(waits, backoff(n+1, maxBackoff)/time.Millisecond)
	}
	require.Equal(t, []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000}, waits)
	require.Equal(t, maxBackoff, backoff(10000, maxBackoff))
}

func TestADestinationThatRefusesDoesNotStopTheStream(t *testing.T) {
	r := newRiver(t, 1)
	queue, config := r.onFailure()
	m := r.read(func(in *MappingArgs) { in.MaximumRetryAttempts, in.DestinationConfig = aws.Int(0), config })
	remove := r.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", Resource: queue, Times: 2, Do: func(context.Context, fault.Event) error {
		return &wire.Error{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable"}
	}})
	r.put("k", "crash:1")
	r.failures(queue, 1) // in the end
	remove()

	// The role is given another policy.
	r.grant("f-role", slices.DeleteFunc(slices.Clone(streamActions), func(a string) bool { return strings.HasPrefix(a, "sqs:") })...)
	r.put("k", "crash:2")
	r.until("the mapping reports it", func() bool {
		return strings.HasPrefix(r.result(m), "PROBLEM: Lambda is not authorized to call SQS SendMessage")
	})
	r.until("it is logged", func() bool { return strings.Contains(r.log.String(), "the destination of discarded records refuses") })
	r.put("k", "ok")
	r.untilBatches("crash:1", "crash:2", "ok")
}

func TestTakenPermissionsStopAMappingUntilTheyAreBack(t *testing.T) {
	for _, missing := range streamActions[:5] {
		t.Run(missing, func(t *testing.T) {
			r := newRiver(t, 1)
			m := r.read(nil)
			r.put("k", "1")
			r.untilBatches("1")
			r.grant("f-role", slices.DeleteFunc(slices.Clone(streamActions), func(a string) bool { return a == missing })...)
			r.until("the mapping reports it", func() bool {
				return strings.HasPrefix(r.result(m), "PROBLEM: Lambda is not authorized to call Kinesis")
			})
			require.Contains(t, r.result(m), missing)
			r.put("k", "2")
			r.untilBatches("1")
			r.grant("f-role", streamActions...)
			r.untilBatches("1", "2")
			require.Equal(t, "OK", r.result(m))
		})
	}
}
