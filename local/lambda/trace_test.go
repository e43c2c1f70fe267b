package lambda

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/xray"
)

// recorder keeps the segments that Lambda sends.
type recorder struct {
	*xray.Service
	segments []xray.Segment
}

func (r *recorder) Put(_ context.Context, _ policy.Principal, segments ...xray.Segment) error {
	r.segments = append(r.segments, segments...)
	return nil
}

func TestTracing(t *testing.T) {
	const root = "1-5759e988-bd862e3fe1be46a994272793"
	for _, test := range []struct {
		name, mode, incoming string
		sampled              bool
		root                 string
	}{
		{"active continues a sampled trace", "Active", "Root=" + root + ";Parent=53995c3f42cd8ad8;Sampled=1", true, root},
		{"active respects that the caller did not sample", "Active", "Root=" + root + ";Sampled=0", false, root},
		{"active samples by itself", "Active", "", true, `1-[0-9a-f]{8}-[0-9a-f]{24}`},
		{"pass-through continues a sampled trace", "PassThrough", "Root=" + root + ";Parent=53995c3f42cd8ad8;Sampled=1", true, root},
		{"pass-through begins none", "PassThrough", "", false, `1-[0-9a-f]{8}-[0-9a-f]{24}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			r := &recorder{Service: c.xray}
			c.lambda.Traces = r
			c.function("f", func(in *FunctionArgs) { in.TracingConfig = &TracingConfig{Mode: test.mode} })
			out, err := c.lambda.Invoke(context.Background(), Invocation{
				Principal: c.principal(), Function: "f", Payload: []byte(`{"do":"context"}`), TraceHeader: test.incoming,
			})
			require.NoError(t, err)
			require.NoError(t, c.lambda.Close())
			if !test.sampled {
				require.Contains(t, string(out.Payload), ";Sampled=0")
				require.Empty(t, r.segments)
				return
			}
			require.Len(t, r.segments, 2)
			service, function := r.segments[0], r.segments[1]
			require.Equal(t, []string{"AWS::Lambda", "AWS::Lambda::Function"}, []string{service.Origin, function.Origin})
			require.Equal(t, service.ID, function.ParentID)
			require.Regexp(t, "^"+test.root+"$", function.TraceID)
			require.Contains(t, string(out.Payload), "Root="+function.TraceID+";Parent="+function.ID+";Sampled=1",
				"what the function does belongs to its segment")
			if test.incoming != "" {
				require.Equal(t, "53995c3f42cd8ad8", service.ParentID)
			}
		})
	}
}

func header(trace int, sampled bool) string {
	return xray.Header{Root: fmt.Sprintf("1-5759e988-%024x", trace), Parent: "53995c3f42cd8ad8", Sampled: sampled}.String()
}

func messageOf(header string) sqs.Received {
	return sqs.Received{Attributes: map[string]string{"AWSTraceHeader": header}}
}

func TestABatchHasATraceOfItsOwnWithLinksToThoseOfItsSenders(t *testing.T) {
	c := newCloud(t)
	r := &recorder{Service: c.xray}
	c.lambda.Traces = r
	queue := c.queue("q", map[string]any{})
	c.function("f", func(in *FunctionArgs) {
		in.Role = c.role("consumer", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
		in.TracingConfig = &TracingConfig{Mode: "Active"}
	})
	for _, h := range []string{header(1, true), header(1, true), header(2, true), header(3, false), ""} {
		_, err := c.sqs.Send(t.Context(), c.principal(), nil, queue, sqs.Message{Body: "ok", TraceHeader: h})
		require.NoError(t, err)
	}
	c.mapping("f", queue, nil)
	eventually(t, "one batch", func() bool { return c.lambda.Stats("f").Invocations == 1 })
	require.NoError(t, c.lambda.Close())
	service, function := r.segments[0], r.segments[1]
	require.Empty(t, service.ParentID)
	require.Empty(t, service.Links)
	require.NotContains(t, function.TraceID, "1-5759e988-")
	require.Equal(t, []xray.Link{{TraceID: "1-5759e988-000000000000000000000001", ID: "53995c3f42cd8ad8"}, {TraceID: "1-5759e988-000000000000000000000002", ID: "53995c3f42cd8ad8"}},
		function.Links)
}

func TestABatchIsSampledIfAnyOfItsMessagesIs(t *testing.T) {
	require.Empty(t, linksOf([]sqs.Received{{}, messageOf(header(1, false)), messageOf("nonsense")}))
	require.Len(t, linksOf([]sqs.Received{{}, messageOf(header(1, false)), messageOf(header(2, true))}), 1)
	var many []sqs.Received
	for i := range 25 {
		many = append(many, messageOf(header(i, true)))
	}
	require.Len(t, linksOf(many), 20)
}

func TestAllAttemptsOfAnEventContinueTheCallersTrace(t *testing.T) {
	clock := clockwork.NewFakeClock()
	c := newCloudAt(t, clock)
	r := &recorder{Service: c.xray}
	c.lambda.Traces = r
	f := c.function("f", nil)
	c.lambda.queueEvent(f, event{id: "r", arn: f.arn(), payload: []byte(`{"do":"error"}`), trace: header(1, true)})
	for i, wait := range []time.Duration{0, time.Minute, 2 * time.Minute} {
		clock.Advance(wait)
		c.invocations("f", int64(i+1))
		if i < 2 {
			asleep(t, clock)
		}
	}
	require.NoError(t, c.lambda.Close())
	require.Len(t, r.segments, 6)
	for i := 0; i < 6; i += 2 {
		require.Equal(t, "1-5759e988-000000000000000000000001", r.segments[i].TraceID)
		require.Equal(t, "53995c3f42cd8ad8", r.segments[i].ParentID)
		require.Equal(t, r.segments[i].ID, r.segments[i+1].ParentID)
	}
}
