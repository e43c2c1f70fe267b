package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/event"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

const streamARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders"

var now = time.Date(2026, 3, 1, 8, 40, 2, 123456789, time.UTC)

// stream keeps what is put into it.
type stream struct {
	keys, records []string
	fail          error
}

func (s *stream) PutRecord(_ context.Context, in *kinesis.PutRecordInput, _ ...func(*kinesis.Options)) (*kinesis.PutRecordOutput, error) {
	if s.fail != nil {
		return nil, s.fail
	}
	if aws.ToString(in.StreamARN) != streamARN {
		return nil, errors.New("unknown stream")
	}
	s.keys = append(s.keys, aws.ToString(in.PartitionKey))
	s.records = append(s.records, string(in.Data))
	return &kinesis.PutRecordOutput{ShardId: aws.String("shardId-000000000000"), SequenceNumber: aws.String("1")}, nil
}

// request reads a recorded event.
var request = handlertest.Event[httpapi.Request]

func call(t *testing.T, to putRecordAPI, r httpapi.Request) (status int, body map[string]any) {
	t.Helper()
	h := &handler{stream: to, streamARN: streamARN, now: func() time.Time { return now }}
	answer, err := h.handle(context.Background(), r)
	status, text := handlertest.Answer(t, answer, err)
	require.NoError(t, json.Unmarshal([]byte(text), &body))
	return status, body
}

func TestAcceptedOrderIsAnEventInTheStream(t *testing.T) {
	to := &stream{}
	status, body := call(t, to, request(t, "post-order.json"))
	require.Equal(t, 202, status)
	id, _ := body["orderid"].(string)
	require.NoError(t, uuid.Validate(id))
	require.Equal(t, map[string]any{"orderid": id, "accountid": "a0", "vendorid": "v0"}, body)

	require.Equal(t, []string{"a0"}, to.keys, "an account's events are in one shard")
	event, err := event.Parse([]byte(to.records[0]))
	require.NoError(t, err)
	require.Equal(t, `{"id":"`+event.ID.String()+`","type":"new_order","time":"2026-03-01T08:40:02.123456Z","version":1772353800123456,`+
		`"order":{"orderid":"`+id+`","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00.123456Z","city":"Zürich",`+
		`"details":{"coffeetype":"latte","coffeesize":"large","unitprice":3.5,"quantity":2},"eventtype":["new_order"]}}`, to.records[0])
}

func TestAnAppendedOrderIsLoggedWithItsPlaceInTheStream(t *testing.T) {
	to := &stream{}
	var id any
	lines := handlertest.Logged(t, func() {
		_, body := call(t, to, request(t, "post-order.json"))
		id = body["orderid"]
	})
	e, err := event.Parse([]byte(to.records[0]))
	require.NoError(t, err)
	require.Equal(t, []map[string]any{{
		"level": "INFO", "msg": "order appended", "orderId": id, "accountId": "a0", "vendorId": "v0", "eventType": "new_order",
		"apiRequestId": "3f2b0a54-6f5f-4c0e-9a55-0c2f5a1b7d10", "outcome": "accepted",
		"eventId": e.ID.String(), "shardId": "shardId-000000000000", "sequenceNumber": "1",
	}}, lines)
}

func TestSameRequestTwiceIsTwoEvents(t *testing.T) {
	to := &stream{}
	ids := map[uuid.UUID]bool{}
	for range 2 {
		status, body := call(t, to, request(t, "post-completed.json"))
		require.Equal(t, 202, status)
		require.Equal(t, "mine", body["orderid"])
	}
	for _, data := range to.records {
		event, err := event.Parse([]byte(data))
		require.NoError(t, err)
		require.True(t, event.Order.Completed())
		require.Equal(t, "mine", event.Order.OrderID)
		ids[event.ID] = true
	}
	require.Len(t, ids, 2)
}

func TestBadInputIsRefusedAndNothingIsAppended(t *testing.T) {
	good := request(t, "post-order.json")
	for want, c := range map[string]struct {
		event  httpapi.Request
		status int
	}{
		"body: is empty": {httpapi.Request{}, 400},
		"order.orderdate: must not be more than 5 minutes ahead": {httpapi.Request{Body: strings.Replace(good.Body, `2026-03-01`, `2026-03-02`, 1)}, 400},
		"order.details.quantity: must":                           {httpapi.Request{Body: strings.Replace(good.Body, `"quantity": 2`, `"quantity": 0`, 1)}, 400},
		"more than the limit of 65536":                           {httpapi.Request{Body: good.Body + strings.Repeat(" ", httpapi.MaxBody)}, 413},
	} {
		to := &stream{}
		status, body := call(t, to, c.event)
		require.Equal(t, c.status, status)
		require.Contains(t, body["message"], want)
		require.Empty(t, to.records)
	}
}

func TestOrderThatCouldNotBeAppendedIsNotAccepted(t *testing.T) {
	to := &stream{fail: errors.New("AccessDeniedException: role r on " + streamARN)}
	lines := handlertest.Logged(t, func() {
		status, body := call(t, to, request(t, "post-order.json"))
		require.Equal(t, 503, status)
		require.Equal(t, map[string]any{"message": "the order was not accepted; please try again"}, body)
	})
	require.Len(t, lines, 1)
	require.Equal(t, "order not appended", lines[0]["msg"])
	require.Equal(t, to.fail.Error(), lines[0]["error"])
}

func TestThrottlingOfAShardIsRetriedWithTheSameEvent(t *testing.T) {
	var records []string
	free := 3 // the try that finds room
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Data []byte }
		_ = json.NewDecoder(r.Body).Decode(&in)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		records = append(records, string(in.Data))
		if len(records) < free {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded for shard shardId-000000000000"}`))
			return
		}
		_, _ = w.Write([]byte(`{"ShardId":"shardId-000000000000","SequenceNumber":"1"}`))
	}))
	t.Cleanup(server.Close)
	client := kinesis.New(kinesis.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("k", "s", ""),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		}),
	})
	status, _ := call(t, client, request(t, "post-order.json"))
	require.Equal(t, 202, status)
	require.Len(t, records, 3)
	require.Equal(t, records[0], records[2])

	records, free = nil, 100
	status, body := call(t, client, request(t, "post-order.json"))
	require.Equal(t, 503, status)
	require.Equal(t, "the order was not accepted; please try again", body["message"])
	require.Len(t, records, 3, "the SDK's tries")
}

func TestOnlyTheOwnAccountsOrderIsAppendedWithAToken(t *testing.T) {
	for name, c := range handlertest.Callers(request(t, "post-order.json"), "a0") {
		for _, byToken := range []bool{true, false} {
			to := &stream{}
			h := &handler{stream: to, streamARN: streamARN, now: func() time.Time { return now }, callers: caller.Check{ByToken: byToken}}
			answer, err := h.handle(t.Context(), c.Request)
			status, body := handlertest.Answer(t, answer, err)
			if c.Allowed || !byToken {
				require.Equal(t, 202, status, name)
				continue
			}
			require.Equal(t, 403, status, name)
			require.Equal(t, `{"message":"not allowed for this account"}`, body, name)
			require.Empty(t, to.records, name)
		}
	}
}
