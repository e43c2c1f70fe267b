package kinesisbatch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/kinesisbatch"
	"github.com/order-patterns/order-patterns/handlers/kit/permanent"
	"github.com/order-patterns/order-patterns/handlers/kit/trace"
	"github.com/order-patterns/order-patterns/handlers/kit/trace/tracetest"
)

var daemon *tracetest.Daemon

func TestMain(m *testing.M) { tracetest.Main(m, &daemon) }

const (
	order  = "1-5759e989-000000000000000000000001"
	header = "Root=" + order + ";Parent=00000000000000aa;Sampled="
)

// traced reads records whose partition key says what becomes of them. They carry the header.
func traced(header string) kinesisbatch.Parse {
	return func(r events.KinesisEventRecord) (string, kinesisbatch.Handle) {
		outcome := r.Kinesis.PartitionKey
		return header, func(ctx context.Context) error {
			trace.Annotate(ctx, "orderId", outcome)
			switch outcome {
			case "stored":
				trace.Annotate(ctx, "outcome", "stored")
				return nil
			case "rejected":
				return permanent.Error(errors.New("malformed"))
			case "failed":
				return errors.New("broken")
			}
			panic("bug")
		}
	}
}

func TestTheWorkOnARecordIsASegmentInTheTraceThatItCarries(t *testing.T) {
	f := &failures{}
	reader := &kinesisbatch.Reader{Client: f, FailuresURL: "https://failures"}
	outcomes := []string{"stored", "rejected", "failed", "panic"}
	lines := handlertest.Logged(t, func() {
		reader.Process(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), batch(outcomes...), 1, traced(header+"1"))
	})
	for _, s := range daemon.Next(t, len(outcomes)) {
		id, _ := s.Annotations["orderId"].(string)
		require.Equal(t, []string{order, "00000000000000aa", ""}, []string{s.TraceID, s.ParentID, s.Type})
		require.Equal(t, []any{4.0, tracetest.Root}, []any{s.Metadata["default"]["batchSize"], s.Metadata["default"]["invocationTrace"]})
		outcome := id
		if id == "panic" {
			outcome = "failed"
		}
		require.Equal(t, outcome, s.Annotations["outcome"])
		require.Equal(t, id == "rejected", s.Error, id)
		require.Equal(t, outcome == "failed", s.Fault, id)
	}
	require.Equal(t, []string{"101 " + header + "1"}, f.traces)
	require.Len(t, lines, 3)
	for _, line := range lines {
		require.Equal(t, []any{order, "r-1"}, []any{line["traceId"], line["requestId"]})
		require.Contains(t, []any{"rejected", "failed", "panic"}, line["orderId"])
		require.NotEmpty(t, line["sequenceNumber"])
	}
}

func TestARecordThatIsNotSampledHasNoSpanAndItsTraceIsInTheLog(t *testing.T) {
	f := &failures{}
	reader := &kinesisbatch.Reader{Client: f, FailuresURL: "https://failures"}
	lines := handlertest.Logged(t, func() {
		reader.Process(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), batch("stored", "rejected", "failed"), 1, traced(header+"0"))
	})
	daemon.Nothing(t)
	require.Equal(t, []string{"101 " + header + "0"}, f.traces)
	require.Equal(t, []any{order, order}, []any{lines[0]["traceId"], lines[1]["traceId"]})
}

func TestARecordWithoutATraceBelongsToTheInvocation(t *testing.T) {
	f := &failures{}
	reader := &kinesisbatch.Reader{Client: f, FailuresURL: "https://failures"}
	lines := handlertest.Logged(t, func() {
		reader.Process(tracetest.Invocation(t.Context(), tracetest.Sampled, "r-1"), batch("rejected"), 1, traced(""))
	})
	s := daemon.Next(t, 1)[0]
	require.Equal(t, []any{tracetest.Root, "subsegment", "record", "rejected", true}, []any{s.TraceID, s.Type, s.Name, s.Annotations["outcome"], s.Error})
	require.Empty(t, f.traces)
	require.Equal(t, []string{"100"}, f.sent)
	require.Equal(t, tracetest.Root, lines[0]["traceId"])
}
