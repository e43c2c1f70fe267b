package stepfunctions_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/xray"
)

func TestTraces(t *testing.T) {
	const root = "1-5759e988-bd862e3fe1be46a994272793"
	const parent = "53995c3f42cd8ad8"
	for _, c := range []struct {
		name, incoming  string
		enabled         bool
		passed, sampled bool
	}{
		{"tracing continues a sampled trace", "Root=" + root + ";Parent=" + parent + ";Sampled=1", true, true, true},
		{"tracing respects that the caller did not sample", "Root=" + root + ";Parent=" + parent + ";Sampled=0", true, true, false},
		{"tracing samples by itself", "", true, true, true},
		{"a sampled trace goes on without tracing too", "Root=" + root + ";Parent=" + parent + ";Sampled=1", false, true, true},
		{"none begins without tracing", "", false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			m := w.machine(t, task(``), map[string]any{"name": "traced", "tracingConfiguration": map[string]any{"enabled": c.enabled}})
			out, err := w.sfn.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: &m, TraceHeader: &c.incoming})
			require.NoError(t, err)
			require.Equal(t, c.incoming, aws.ToString(w.closed(t, *out.ExecutionArn).TraceHeader))
			require.NoError(t, w.service.Close())
			header, passed := xray.ParseHeader(w.calls()[0].TraceHeader)
			require.Equal(t, c.passed, passed)
			require.Equal(t, c.sampled, header.Sampled)
			if !c.sampled {
				require.Empty(t, w.sent())
				return
			}
			require.Len(t, w.sent(), 1)
			s := w.sent()[0]
			require.Equal(t, []string{"traced", "AWS::StepFunctions::StateMachine", header.Root, header.Parent}, []string{s.Name, s.Origin, s.TraceID, s.ID})
			require.False(t, s.Fault)
			if c.incoming != "" {
				require.Equal(t, []string{root, parent}, []string{s.TraceID, s.ParentID})
			}
		})
	}
}

func TestTheRequestsTraceHeaderTakesPrecedenceAndFailuresAreFaults(t *testing.T) {
	w := newWorld(t)
	m := w.machine(t, one(`"Type":"Fail"`), map[string]any{"name": "failing"})
	_, body := w.service.Call(t.Context(), administrator(t, w), "StartExecution", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1",
		[]byte(`{"stateMachineArn":"`+m+`","traceHeader":"Root=1-5759e988-000000000000000000000000;Sampled=1"}`))
	require.Contains(t, string(body), "executionArn")
	require.Eventually(t, func() bool { return len(w.sent()) == 1 }, 10*time.Second, time.Millisecond)
	require.Equal(t, "1-5759e988-bd862e3fe1be46a994272793", w.sent()[0].TraceID)
	require.True(t, w.sent()[0].Fault)
}

func TestTracesNeedThePermissionsOfTheRole(t *testing.T) {
	w := newWorld(t)
	for name, actions := range map[string]string{
		"segments-only": `xray:PutTraceSegments`, "telemetry-only": `xray:PutTelemetryRecords`, "both": `xray:Put*`,
	} {
		m := w.machine(t, one(`"Type":"Succeed"`), map[string]any{"name": name, "roleArn": w.role(t, name, allow(actions, "*")), "tracingConfiguration": map[string]any{"enabled": true}})
		requireOutput(t, `{}`, w.closed(t, w.start(t, m, `{}`)))
		w.Clock.Advance(time.Second) // the first of each second is sampled
	}
	require.NoError(t, w.service.Close())
	require.Len(t, w.sent(), 1)
	require.Equal(t, "both", w.sent()[0].Name)
}
