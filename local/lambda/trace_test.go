package lambda

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/policy"
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
