package trace_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

// service answers requests in turn with a status and the body of an error, and the last answer again after these.
type service struct {
	status []int
	code   string
	header []string // tracing headers of the requests
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	s.header = append(s.header, r.Header.Get("X-Amzn-Trace-Id"))
	status := s.status[min(len(s.header), len(s.status))-1]
	body := "{}"
	if status != http.StatusOK {
		body = `{"__type":"com.amazonaws#` + s.code + `","message":"Rome"}`
	}
	return &http.Response{StatusCode: status, Header: http.Header{"X-Amzn-Requestid": {"q-1"}, "Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (s *service) config(traced bool) aws.Config {
	cfg := aws.Config{Region: "eu-west-1", HTTPClient: s, Credentials: credentials.NewStaticCredentialsProvider("a", "s", "")}
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	if traced {
		trace.Calls(&cfg)
	}
	return cfg
}

func put(ctx context.Context, cfg aws.Config) error {
	_, err := dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]types.AttributeValue{}})
	return err
}

func TestACallIsAChildOfTheSpanAndTheParentOfWhatTheServiceRecords(t *testing.T) {
	s := &service{status: []int{200}}
	ctx, span := trace.Start(tracetest.Invocation(t.Context(), tracetest.Sampled+";Lineage=a:1", "r-1"), "message")
	require.NoError(t, put(ctx, s.config(true)))
	span.End()
	got := daemon.Next(t, 2)
	call, outer := got[0], got[1]
	require.Equal(t, []string{tracetest.Root, outer.ID, "subsegment", "DynamoDB", "aws"}, []string{call.TraceID, call.ParentID, call.Type, call.Name, call.Namespace})
	require.Equal(t, map[string]any{"operation": "PutItem", "region": "eu-west-1", "request_id": "q-1", "table_name": "orders"}, call.AWS)
	require.Equal(t, map[string]map[string]any{"response": {"status": 200.0}}, call.HTTP)
	require.False(t, call.Error || call.Fault || call.Throttle)
	require.Equal(t, []string{"Root=" + tracetest.Root + ";Parent=" + call.ID + ";Sampled=1;Lineage=a:1"}, s.header)
}

func TestACallOutsideOfASpanIsAChildOfTheInvocation(t *testing.T) {
	ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
	_, err := sqs.NewFromConfig((&service{status: []int{200}}).config(true)).ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: aws.String("https://sqs.eu-west-1.amazonaws.com/1/q"), ReceiptHandle: aws.String("h"), VisibilityTimeout: 1,
	})
	require.NoError(t, err)
	call := daemon.Next(t, 1)[0]
	require.Equal(t, tracetest.Parent, call.ParentID)
	require.Equal(t, "SQS", call.Name)
	require.Equal(t, "https://sqs.eu-west-1.amazonaws.com/1/q", call.AWS["queue_url"])
}

func TestAFailedCallHasItsCodeAndStatus(t *testing.T) {
	for _, c := range []struct {
		code                    string
		status                  []int
		failed, fault, throttle bool
		retries                 any
	}{
		{"ConditionalCheckFailedException", []int{400}, true, false, false, nil},
		{"ProvisionedThroughputExceededException", []int{400}, true, false, true, 2.0},
		{"InternalServerError", []int{500}, false, true, false, 2.0},
	} {
		ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
		s := &service{status: c.status, code: c.code}
		require.Error(t, put(ctx, s.config(true)))
		call := daemon.Next(t, 1)[0]
		require.Equal(t, []bool{c.failed, c.fault, c.throttle}, []bool{call.Error, call.Fault, call.Throttle}, c.code)
		require.Equal(t, c.code, call.Cause.Exceptions[0].Type)
		require.Equal(t, float64(c.status[0]), call.HTTP["response"]["status"])
		require.Equal(t, "q-1", call.AWS["request_id"])
		require.Equal(t, c.retries, call.AWS["retries"], c.code)
	}
}

func TestAPresignedRequestIsNotACall(t *testing.T) {
	ctx := tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1")
	signed, err := s3.NewPresignClient(s3.NewFromConfig((&service{}).config(true))).PresignGetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String("invoices"), Key: aws.String("k"),
	})
	require.NoError(t, err)
	require.NotContains(t, strings.ToLower(signed.URL), "trace")
	require.Equal(t, []string{"Host"}, keys(signed.SignedHeader), "a client does not send the tracing header")
	daemon.Nothing(t)
}

func keys(h http.Header) (names []string) {
	for name := range h {
		names = append(names, name)
	}
	return names
}

func TestACallOfAnUnsampledInvocationIsNotRecorded(t *testing.T) {
	s := &service{status: []int{200}}
	require.NoError(t, put(tracetest.Invocation(t.Context(), unsampled(tracetest.Sampled), "r-1"), s.config(true)))
	require.Equal(t, []string{""}, s.header)
	daemon.Nothing(t)
}

func TestACallOfASampledInvocationOfLambdaIsRecorded(t *testing.T) {
	t.Setenv("_X_AMZN_TRACE_ID", tracetest.Sampled)
	s := &service{status: []int{200}}
	require.NoError(t, put(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), s.config(true)))
	require.Equal(t, "DynamoDB", daemon.Next(t, 1)[0].Name)
}

func BenchmarkCall(b *testing.B) {
	unsampled := unsampled(tracetest.Sampled)
	for _, c := range []struct {
		name, header string
		traced       bool
	}{{"untraced", unsampled, false}, {"unsampled", unsampled, true}, {"sampled", tracetest.Sampled, true}} {
		b.Run(c.name, func(b *testing.B) {
			b.Setenv("_X_AMZN_TRACE_ID", c.header)
			ctx := tracetest.Invocation(b.Context(), c.header, "r-1")
			client := dynamodb.NewFromConfig((&discard{}).config(c.traced))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("orders"), Item: map[string]types.AttributeValue{}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// discard is a service that keeps nothing.
type discard struct{ service }

func (d *discard) Do(r *http.Request) (*http.Response, error) {
	return (&service{status: []int{200}}).Do(r)
}

func (d *discard) config(traced bool) aws.Config {
	cfg := d.service.config(traced)
	cfg.HTTPClient = d
	return cfg
}
