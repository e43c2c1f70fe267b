package lambda

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/kinesis"
)

// filters are the filterCriteria with these patterns.
func filters(patterns ...string) map[string]any {
	list := []any{}
	for _, p := range patterns {
		list = append(list, map[string]any{"pattern": p})
	}
	return map[string]any{"filters": list}
}

func TestInputsOfAStreamsMappingAreChecked(t *testing.T) {
	c := newCloud(t)
	e := newEngine(t, c.lambda)
	stream, queue := account.ARN("kinesis", "stream/s"), account.ARN("sqs", "q")
	onFailure := func(arn string) map[string]any {
		return map[string]any{"onFailure": map[string]any{"destinationArn": arn}}
	}
	for _, test := range []struct {
		property, reason string
		in               map[string]any
	}{
		{"", "", nil},
		{"", "", map[string]any{"batchSize": 10000, "maximumRetryAttempts": -1, "maximumRecordAgeInSeconds": -1, "destinationConfig": onFailure(queue)}},
		{"", "", map[string]any{"eventSourceArn": stream + "/consumer/c:1700000000", "startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": "2026-01-02T15:04:05Z"}},
		{"batchSize", "1 to 10000", map[string]any{"batchSize": 10001}},
		{"startingPosition", "is required", map[string]any{"startingPosition": nil}},
		{"startingPosition", "must be one of", map[string]any{"startingPosition": "AFTER_SEQUENCE_NUMBER"}},
		{"parallelizationFactor", "1 to 10", map[string]any{"parallelizationFactor": 11}},
		{"maximumRetryAttempts", "-1 to 10000", map[string]any{"maximumRetryAttempts": -2}},
		{"maximumRecordAgeInSeconds", "-1 to 604800", map[string]any{"maximumRecordAgeInSeconds": 604801}},
		{"destinationConfig.onFailure.destinationArn", "must be the ARN of a standard queue", map[string]any{"destinationConfig": onFailure(account.ARN("sns", "t"))}},
		{"tumblingWindowInSeconds", "not supported", map[string]any{"tumblingWindowInSeconds": 60}},
		{"", "", map[string]any{"filterCriteria": filters(`{"data":{"kind":["a",{"exists":false}]}}`)}},
		{"filterCriteria", "must have patterns of data", map[string]any{"filterCriteria": filters(`{"partitionKey":["a"]}`)}},
		{"filterCriteria", "must have patterns of data", map[string]any{"filterCriteria": filters(`["a"]`)}},
		{"filterCriteria", `operator "cidr"`, map[string]any{"filterCriteria": filters(`{"data":{"a":[{"cidr":"10.0.0.0/8"}]}}`)}},
		{"filterCriteria", "must be an object of lists of conditions", map[string]any{"filterCriteria": filters(`{"data":["text"]}`)}},
	} {
		in := map[string]any{"eventSourceArn": stream, "functionName": "f", "startingPosition": "LATEST"}
		for k, v := range test.in {
			if in[k] = v; v == nil {
				delete(in, k)
			}
		}
		_, failures := e.check(mappingKind, in)
		if test.property == "" {
			require.Empty(t, failures)
			continue
		}
		require.Contains(t, failures, test.property)
		require.Contains(t, failures[test.property], test.reason)
	}
}

func TestAStreamsMappingShowsItsSettings(t *testing.T) {
	r := newRiver(t, 1)
	queue, _ := r.onFailure()
	e := newEngine(t, r.lambda)
	at := r.clock.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	given := map[string]any{
		"eventSourceArn": r.stream, "functionName": "f", "startingPosition": "AT_TIMESTAMP", "startingPositionTimestamp": at.Format(time.RFC3339),
		"enabled": false, "maximumRetryAttempts": 3, "maximumRecordAgeInSeconds": 120, "bisectBatchOnFunctionError": true, "parallelizationFactor": 2,
		"destinationConfig": map[string]any{"onFailure": map[string]any{"destinationArn": queue}}, "functionResponseTypes": []any{"ReportBatchItemFailures"},
		"filterCriteria": filters(`{"data":{"kind":["a"]}}`),
	}
	inputs, _ := e.check(mappingKind, given)
	id, state, err := e.create(mappingKind, given)
	require.NoError(t, err)
	require.EqualValues(t, 100, state["batchSize"].NumberValue())
	read := e.read(mappingKind, id, inputs)
	require.Nil(t, e.unmarshal(inputs).Diff(e.unmarshal(read.GetInputs())))

	out, err := r.cloud.sdk.GetEventSourceMapping(context.Background(), &sdk.GetEventSourceMappingInput{UUID: &id})
	require.NoError(t, err)
	require.EqualValues(t, 100, *out.BatchSize)
	require.Equal(t, "AT_TIMESTAMP", string(out.StartingPosition))
	require.WithinDuration(t, at, *out.StartingPositionTimestamp, 0)
	require.EqualValues(t, []int32{3, 120, 2}, []int32{*out.MaximumRetryAttempts, *out.MaximumRecordAgeInSeconds, *out.ParallelizationFactor})
	require.True(t, *out.BisectBatchOnFunctionError)
	require.Equal(t, queue, *out.DestinationConfig.OnFailure.Destination)
	require.Equal(t, `{"data":{"kind":["a"]}}`, *out.FilterCriteria.Filters[0].Pattern)
	require.Equal(t, []string{"ReportBatchItemFailures"}, []string{string(out.FunctionResponseTypes[0])})
	require.Equal(t, "No records processed", *out.LastProcessingResult)

	// Without settings it shows what AWS takes in their place.
	e.delete(mappingKind, id)
	_, state, err = e.create(mappingKind, map[string]any{"eventSourceArn": r.stream, "functionName": "f", "startingPosition": "LATEST"})
	require.NoError(t, err)
	require.EqualValues(t, -1, state["maximumRetryAttempts"].NumberValue())
	require.EqualValues(t, -1, state["maximumRecordAgeInSeconds"].NumberValue())
	require.EqualValues(t, 1, state["parallelizationFactor"].NumberValue())
	list, err := r.cloud.sdk.ListEventSourceMappings(context.Background(), &sdk.ListEventSourceMappingsInput{EventSourceArn: &r.stream})
	require.NoError(t, err)
	require.Len(t, list.EventSourceMappings, 1)
	require.EqualValues(t, -1, *list.EventSourceMappings[0].MaximumRetryAttempts)
	require.Nil(t, list.EventSourceMappings[0].DestinationConfig)
}

func TestAStreamsMappingIsRefusedAsOnAWS(t *testing.T) {
	r := newRiver(t, 1)
	queue, config := r.onFailure()
	consumer := create(t, r.kinesis, "aws:kinesis/streamConsumer:StreamConsumer", map[string]any{"name": "c", "streamArn": r.stream})["arn"].StringValue()
	consuming := append(slices.Clone(streamActions), "kinesis:SubscribeToShard")
	attempt := func(arn string, change func(*MappingArgs)) error {
		in := &MappingArgs{EventSourceARN: arn, FunctionName: "f", StartingPosition: aws.String("TRIM_HORIZON"), DestinationConfig: config}
		if change != nil {
			change(in)
		}
		_, err := r.lambda.createMapping(in)
		return err
	}
	for _, source := range []struct {
		arn     string
		actions []string
		reason  string
	}{
		{r.stream, streamActions, "Cannot access stream " + r.stream + ". The role needs DescribeStream, DescribeStreamSummary, ListShards, GetShardIterator, GetRecords on it."},
		{consumer, consuming, "Cannot access "},
	} {
		for _, missing := range source.actions {
			r.grant("f-role", slices.DeleteFunc(slices.Clone(source.actions), func(a string) bool { return a == missing })...)
			reason := source.reason
			if strings.HasPrefix(missing, "sqs:") {
				reason = "execution role does not have permissions to call SendMessage on " + queue
			}
			require.ErrorContains(t, attempt(source.arn, nil), reason, missing)
		}
		r.grant("f-role", source.actions...)
		require.NoError(t, attempt(source.arn, nil))
		require.ErrorContains(t, attempt(source.arn, nil), "already exists")
	}
	r.grant("f-role", streamActions...)
	require.ErrorContains(t, attempt(account.ARN("kinesis", "stream/none"), nil), "Stream not found: "+account.ARN("kinesis", "stream/none"))
	require.ErrorContains(t, attempt(r.stream, func(in *MappingArgs) {
		in.StartingPosition, in.StartingPositionTimestamp = aws.String("AT_TIMESTAMP"), aws.String(r.clock.Now().Add(time.Hour).Format(time.RFC3339))
	}), "cannot be in the future")
	require.ErrorContains(t, attempt(r.stream, func(in *MappingArgs) {
		in.DestinationConfig = &DestinationConfig{OnFailure: &OnFailure{DestinationARN: queue + "-none"}}
	}), "The destination ARN "+queue+"-none is invalid.")
	require.Len(t, r.lambda.mappings, 2)
}

func TestEventOfAStreamIsWhatAWSSends(t *testing.T) {
	r := newRiver(t, 1)
	reader := r.idleMapping(MappingArgs{EventSourceARN: r.stream}).reader("shardId-000000000006")
	event := reader.event([]item{
		{Record: kinesis.Record{SequenceNumber: "49590338271490256608559692538361571095921575989136588898", PartitionKey: "<1>", Data: []byte("Hello, this is a test."), Arrived: time.UnixMilli(1545084650987)}},
		{Record: kinesis.Record{SequenceNumber: "7", PartitionKey: "2", Data: []byte{}, Arrived: time.UnixMilli(1545084711000)}},
	})
	role := r.lambda.function("f").current.Load().args.Role
	require.Equal(t, `{"Records":[{"awsRegion":"us-east-1",`+
		`"eventID":"shardId-000000000006:49590338271490256608559692538361571095921575989136588898","eventName":"aws:kinesis:record","eventSource":"aws:kinesis",`+
		`"eventSourceARN":"`+r.stream+`","eventVersion":"1.0","invokeIdentityArn":"`+role+`","kinesis":{"approximateArrivalTimestamp":1545084650.987,`+
		`"data":"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==","partitionKey":"<1>","sequenceNumber":"49590338271490256608559692538361571095921575989136588898","kinesisSchemaVersion":"1.0"}},`+
		`{"awsRegion":"us-east-1","eventID":"shardId-000000000006:7","eventName":"aws:kinesis:record","eventSource":"aws:kinesis",`+
		`"eventSourceARN":"`+r.stream+`","eventVersion":"1.0","invokeIdentityArn":"`+role+`","kinesis":{"approximateArrivalTimestamp":1545084711,`+
		`"data":"","partitionKey":"2","sequenceNumber":"7","kinesisSchemaVersion":"1.0"}}]}`, string(event))
	var decoded events.KinesisEvent
	require.NoError(t, json.Unmarshal(event, &decoded))
	require.WithinDuration(t, time.UnixMilli(1545084650987), decoded.Records[0].Kinesis.ApproximateArrivalTimestamp.Time, time.Millisecond)
}
