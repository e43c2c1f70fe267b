package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// topic keeps what is published to it.
type topic struct {
	published []string
	fail      error
}

func (t *topic) Publish(_ context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if t.fail != nil {
		return nil, t.fail
	}
	if aws.ToString(in.TopicArn) != "arn:topic" {
		return nil, errors.New("unknown topic")
	}
	t.published = append(t.published, aws.ToString(in.Message))
	return &sns.PublishOutput{MessageId: aws.String("m1")}, nil
}

func clock() time.Time { return time.Date(2026, 3, 1, 8, 30, 2, 123456789, time.UTC) }

// request reads a recorded event.
var request = handlertest.Event[httpapi.Request]

func call(t *testing.T, to *topic, r httpapi.Request) (status int, body map[string]any) {
	t.Helper()
	h := &handler{topic: to, topicARN: "arn:topic", now: clock}
	answer, err := h.handle(context.Background(), r)
	status, text := handlertest.Answer(t, answer, err)
	require.NoError(t, json.Unmarshal([]byte(text), &body))
	return status, body
}

func TestAcceptedOrderIsPublishedWithTheTime(t *testing.T) {
	for _, file := range []string{"post-order.json", "post-order-base64.json"} {
		t.Run(file, func(t *testing.T) {
			to := &topic{}
			status, body := call(t, to, request(t, file))
			require.Equal(t, 202, status)
			id, _ := body["orderid"].(string)
			require.NoError(t, uuid.Validate(id))
			require.Equal(t, map[string]any{"orderid": id, "accountid": "a0", "vendorid": "v0"}, body)
			require.Equal(t, []string{`{"orderid":"` + id + `","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00.123456Z","city":"Zürich",` +
				`"details":{"coffeetype":"latte","coffeesize":"large","unitprice":3.5,"quantity":2},"eventtype":["new_order"],"accepted":"2026-03-01T08:30:02.123456Z"}`}, to.published)
		})
	}
}

func TestClientsOrderIDIsKept(t *testing.T) {
	to, r := &topic{}, request(t, "post-order.json")
	r.Body = strings.Replace(r.Body, `"accountid"`, `"orderid": "mine", "accountid"`, 1)
	status, body := call(t, to, r)
	require.Equal(t, 202, status)
	require.Equal(t, "mine", body["orderid"])
	require.Contains(t, to.published[0], `"orderid":"mine"`)
}

func TestAPublishedOrderIsLoggedWithItsMessage(t *testing.T) {
	var id any
	lines := handlertest.Logged(t, func() {
		_, body := call(t, &topic{}, request(t, "post-order.json"))
		id = body["orderid"]
	})
	require.Equal(t, []map[string]any{{
		"level": "INFO", "msg": "order published", "orderId": id, "accountId": "a0", "vendorId": "v0", "eventType": "new_order",
		"apiRequestId": "3f2b0a54-6f5f-4c0e-9a55-0c2f5a1b7d10", "outcome": "accepted", "messageId": "m1",
	}}, lines)
}

func TestEveryAnswerAllowsTheOriginOfTheSettings(t *testing.T) {
	h := &handler{topic: &topic{}, topicARN: "arn:topic", now: clock, answers: httpapi.Answers{AllowOrigin: "https://shop.example"}}
	for _, file := range []string{"post-order.json", "post-order-no-body.json"} {
		answer, err := h.handle(t.Context(), request(t, file))
		require.NoError(t, err)
		require.Equal(t, "https://shop.example", answer.Headers["Access-Control-Allow-Origin"])
	}
}

func TestBadInputIsRefusedAndNothingIsPublished(t *testing.T) {
	good := request(t, "post-order.json")
	for name, c := range map[string]struct {
		event  httpapi.Request
		status int
		want   string
	}{
		"no body":         {request(t, "post-order-no-body.json"), 400, "body: is empty"},
		"not JSON":        {httpapi.Request{Body: "order=1"}, 400, "body: is not valid JSON"},
		"wrong type":      {httpapi.Request{Body: `[]`}, 400, "body: must be an object, got an array"},
		"not base64":      {httpapi.Request{Body: "{", IsBase64Encoded: true}, 400, "body: is not valid base64"},
		"bad field":       {httpapi.Request{Body: strings.Replace(good.Body, `"quantity": 2`, `"quantity": 0`, 1)}, 400, "order.details.quantity: must be an integer from 1 to 10000, got 0"},
		"over the limit":  {httpapi.Request{Body: good.Body + strings.Repeat(" ", httpapi.MaxBody)}, 413, "more than the limit of 65536"},
		"from the future": {httpapi.Request{Body: strings.Replace(good.Body, `2026-03-01`, `2026-03-02`, 1)}, 400, "order.orderdate: must not be more than 5 minutes ahead of the clock, got 2026-03-02T08:30:00.123456Z"},
		"mistyped field":  {httpapi.Request{Body: strings.Replace(good.Body, `"city"`, `"citty"`, 1)}, 400, `order: has an unknown field "citty"`},
		"traversing keys": {httpapi.Request{Body: strings.Replace(good.Body, `"a0"`, `"../a0"`, 1)}, 400, "order.accountid: must be"},
	} {
		t.Run(name, func(t *testing.T) {
			to := &topic{}
			status, body := call(t, to, c.event)
			require.Equal(t, c.status, status)
			require.Contains(t, body["message"], c.want)
			require.Empty(t, to.published)
		})
	}
}

func TestOrderThatCouldNotBePublishedIsNotAccepted(t *testing.T) {
	to := &topic{fail: errors.New("AuthorizationError: role r is not authorized on arn:topic")}
	lines := handlertest.Logged(t, func() {
		status, body := call(t, to, request(t, "post-order.json"))
		require.Equal(t, 503, status)
		require.Equal(t, map[string]any{"message": "the order was not accepted; please try again"}, body, "the cause is for the log only")
	})
	require.Len(t, lines, 1)
	require.Equal(t, "order not published", lines[0]["msg"])
	require.Equal(t, "ERROR", lines[0]["level"])
	require.Contains(t, lines[0], "orderId")
	require.Equal(t, to.fail.Error(), lines[0]["error"])
}

func TestOnlyTheOwnAccountsOrderIsPublishedWithAToken(t *testing.T) {
	for name, c := range handlertest.Callers(request(t, "post-order.json"), "a0") {
		for _, byToken := range []bool{true, false} {
			to := &topic{}
			h := &handler{topic: to, topicARN: "arn:topic", now: clock, callers: caller.Check{ByToken: byToken}}
			answer, err := h.handle(t.Context(), c.Request)
			status, body := handlertest.Answer(t, answer, err)
			if c.Allowed || !byToken {
				require.Equal(t, 202, status, name)
				continue
			}
			require.Equal(t, 403, status, name)
			require.Equal(t, `{"message":"not allowed for this account"}`, body, name)
			require.Empty(t, to.published, name)
		}
	}
}
