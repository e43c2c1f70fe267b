package lambda

import (
	"context"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
)

const eventInvokeConfigKind = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"

func onFailure(arn string) map[string]any {
	return map[string]any{"destinationConfig": map[string]any{"onFailure": map[string]any{"destination": arn}}}
}

func TestEventInvokeConfigInputsAreChecked(t *testing.T) {
	e := newEngine(t, newCloud(t).lambda)
	const failure = "destinationConfig.onFailure.destination"
	for _, test := range []struct {
		name, property, reason string
		change                 map[string]any
	}{
		{"a good one", "", "", onFailure(account.ARN("sqs", "q"))},
		{"a function's ARN", "", "", map[string]any{"functionName": functionARN("f")}},
		{"an empty destination", "", "", map[string]any{"destinationConfig": map[string]any{}}},
		{"no function", "functionName", "is required", map[string]any{"functionName": nil}},
		{"an alias", "qualifier", "not supported", map[string]any{"qualifier": "live"}},
		{"three retries", "maximumRetryAttempts", "from 0 to 2", map[string]any{"maximumRetryAttempts": 3}},
		{"too short", "maximumEventAgeInSeconds", "from 60 to 21600", map[string]any{"maximumEventAgeInSeconds": 59}},
		{"too long", "maximumEventAgeInSeconds", "from 60 to 21600", map[string]any{"maximumEventAgeInSeconds": 21601}},
		{"a topic", failure, "no other destinations", onFailure(account.ARN("sns", "t"))},
		{"a function", failure, "no other destinations", onFailure(functionARN("f"))},
		{"a bus", failure, "no other destinations", onFailure(account.ARN("events", "event-bus/default"))},
		{"a bucket", failure, "no other destinations", onFailure("arn:aws:s3:::b")},
		{"a FIFO queue", failure, "standard queue", onFailure(account.ARN("sqs", "q.fifo"))},
		{"another account's queue", failure, "of this account and Region", onFailure("arn:aws:sqs:us-east-1:210987654321:q")},
		{"no ARN", failure, "must be the ARN", onFailure("q")},
		{"an event that succeeded", "destinationConfig.onSuccess", "not supported", map[string]any{"destinationConfig": map[string]any{"onSuccess": map[string]any{"destination": account.ARN("sqs", "q")}}}},
		{"no destination", failure, "is required", map[string]any{"destinationConfig": map[string]any{"onFailure": map[string]any{}}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := map[string]any{"functionName": "f"}
			maps.Copy(in, test.change)
			maps.DeleteFunc(in, func(_ string, v any) bool { return v == nil })
			_, failures := e.check(eventInvokeConfigKind, in)
			if test.property == "" {
				require.Empty(t, failures)
				return
			}
			require.Contains(t, failures, test.property)
			require.Contains(t, failures[test.property], test.reason)
		})
	}
}

func TestEventInvokeConfigLife(t *testing.T) {
	c := newCloud(t)
	ctx := context.Background()
	c.function("f", nil)
	queue := c.destination("f")
	c.lambda.function("f").events.Store(nil)
	e := newEngine(t, c.lambda)
	_, err := c.sdk.GetFunctionEventInvokeConfig(ctx, &sdk.GetFunctionEventInvokeConfigInput{FunctionName: aws.String("f")})
	require.Equal(t, "ResourceNotFoundException", errorCode(t, err))
	require.ErrorContains(t, err, "The function "+functionARN("f")+":$LATEST doesn't have an EventInvokeConfig")

	for _, name := range []string{"f", functionARN("f")} {
		t.Run(name, func(t *testing.T) {
			given := onFailure(queue)
			given["functionName"], given["maximumEventAgeInSeconds"] = name, 90
			inputs, _ := e.check(eventInvokeConfigKind, given)
			id, state, err := e.create(eventInvokeConfigKind, given)
			require.NoError(t, err)
			require.Equal(t, name, id)
			require.EqualValues(t, 2, state["maximumRetryAttempts"].NumberValue(), "the default")
			read := e.read(eventInvokeConfigKind, id, inputs)
			require.Nil(t, e.unmarshal(inputs).Diff(e.unmarshal(read.GetInputs())))
			require.Nil(t, state.Diff(e.unmarshal(read.GetProperties())))

			got, err := c.sdk.GetFunctionEventInvokeConfig(ctx, &sdk.GetFunctionEventInvokeConfigInput{FunctionName: aws.String("f")})
			require.NoError(t, err)
			require.Equal(t, functionARN("f")+":$LATEST", *got.FunctionArn)
			require.EqualValues(t, 2, *got.MaximumRetryAttempts)
			require.EqualValues(t, 90, *got.MaximumEventAgeInSeconds)
			require.Equal(t, queue, *got.DestinationConfig.OnFailure.Destination)

			changed := onFailure(queue)
			changed["functionName"], changed["maximumRetryAttempts"] = name, 0
			e.update(eventInvokeConfigKind, id, changed)
			got, err = c.sdk.GetFunctionEventInvokeConfig(ctx, &sdk.GetFunctionEventInvokeConfigInput{FunctionName: aws.String("f")})
			require.NoError(t, err)
			require.Zero(t, *got.MaximumRetryAttempts)
			require.Nil(t, got.MaximumEventAgeInSeconds)
			require.Equal(t, queue, *got.DestinationConfig.OnFailure.Destination)

			e.delete(eventInvokeConfigKind, id)
			e.delete(eventInvokeConfigKind, id)
			require.Empty(t, e.read(eventInvokeConfigKind, id, inputs).GetId())
		})
	}

	id, _, err := e.create(eventInvokeConfigKind, map[string]any{"functionName": "f"})
	require.NoError(t, err)
	in := c.lambda.function("f").current.Load().args
	e.delete(functionKind, "f")
	require.Empty(t, e.read(eventInvokeConfigKind, id, nil).GetId(), "it is gone with the function")
	err = c.lambda.put(&function{name: "f"}, &in)
	require.NoError(t, err)
	require.Empty(t, e.read(eventInvokeConfigKind, id, nil).GetId(), "and another function of the name has none")
}

func TestDestinationMustBeThereAndTheRoleAllowedToSend(t *testing.T) {
	c := newCloud(t)
	e := newEngine(t, c.lambda)
	queue := c.queue("q", map[string]any{})
	in := onFailure(queue)
	in["functionName"] = "f"
	_, _, err := e.create(eventInvokeConfigKind, in)
	require.ErrorContains(t, err, "Function not found: "+functionARN("f"))
	c.function("f", nil)
	_, _, err = e.create(eventInvokeConfigKind, in)
	require.ErrorContains(t, err, "InvalidParameterValueException")
	require.ErrorContains(t, err, "The function's execution role does not have permissions to call SendMessage on "+queue)
	require.Nil(t, c.lambda.function("f").events.Load())
	c.grant("f-role", "sqs:SendMessage")
	absent := account.ARN("sqs", "absent")
	in = onFailure(absent)
	in["functionName"] = "f"
	_, _, err = e.create(eventInvokeConfigKind, in)
	require.ErrorContains(t, err, "The destination ARN "+absent+" is invalid.")
	in = onFailure(queue)
	in["functionName"] = "f"
	_, _, err = e.create(eventInvokeConfigKind, in)
	require.NoError(t, err)
}
