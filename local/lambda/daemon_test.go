package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

const tracedRoot = "1-5759e988-bd862e3fe1be46a994272793"

// datagrams are n segments as the daemon receives them.
func datagrams(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`{"format": "json", "version": 1}`+"\n"+
			`{"name":"message","id":"%016x","trace_id":"%s","start_time":1465510280.5,"end_time":1465510281.5}`, i+1, tracedRoot)
	}
	return strings.Join(list, "\f")
}

// trace makes the function send datagrams.
func (c *cloud) trace(name, datagrams string, thenExit int) string {
	event, err := json.Marshal(map[string]any{"Do": "trace", "Text": datagrams, "MS": thenExit})
	require.NoError(c.t, err)
	return string(c.invoke(name, string(event)).Payload)
}

// segments are the segments of tracedRoot.
func (c *cloud) segments() int {
	client := xray.NewFromConfig(cloudtest.Config(c.admin, c.account.Endpoint()))
	out, err := client.BatchGetTraces(context.Background(), &xray.BatchGetTracesInput{TraceIds: []string{tracedRoot}})
	require.NoError(c.t, err)
	if len(out.Traces) == 0 {
		return 0
	}
	return len(out.Traces[0].Segments)
}

func TestTheDaemonPutsWhatAFunctionSends(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) {
		in.Role = c.role("tracer", "xray:PutTraceSegments", "xray:PutTelemetryRecords")
	})
	c.trace("f", "\f{}\n{}\f"+`{"format":"json","version":2}`+"\n{}\f"+datagrams(3), 0)
	eventually(t, "three segments", func() bool { return c.segments() == 3 })
}

func TestTheDaemonNeedsTheRolesPermission(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) { in.Role = c.role("half", "xray:PutTraceSegments") })
	c.trace("f", datagrams(3), 0)
	require.NoError(t, c.lambda.Close())
	require.Zero(t, c.segments())
}

func TestWhatAProcessSentBeforeItsEndIsKept(t *testing.T) {
	c := newCloud(t)
	c.function("f", func(in *FunctionArgs) {
		in.Role = c.role("tracer", "xray:PutTraceSegments", "xray:PutTelemetryRecords")
	})
	require.Contains(t, c.trace("f", datagrams(50), 1), "Runtime.ExitError")
	require.Equal(t, 50, c.segments())
}

func TestEachEnvironmentHasADaemonUntilItEnds(t *testing.T) {
	c := newCloud(t)
	seen := map[string]bool{}
	for _, name := range []string{"a", "b"} {
		c.function(name, nil)
		var address string
		require.NoError(t, json.Unmarshal([]byte(c.trace(name, "", 0)), &address))
		seen[address] = true
	}
	require.Len(t, seen, 2)
	require.NoError(t, c.lambda.Close())
	for address := range seen {
		conn, err := net.ListenPacket("udp", address)
		require.NoError(t, err, "the port is free again")
		require.NoError(t, conn.Close())
	}
}
