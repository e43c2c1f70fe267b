// Package tracetest is an X-Ray daemon for tests.
package tracetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// The ids of the trace of Invocation.
const (
	Root    = "1-5759e988-bd862e3fe1be46a994272793"
	Parent  = "53995c3f42cd8ad8"
	Sampled = "Root=" + Root + ";Parent=" + Parent + ";Sampled=1"
)

// Daemon receives documents by UDP.
type Daemon struct{ conn net.PacketConn }

// Segment is a document that the daemon received.
type Segment struct {
	TraceID     string `json:"trace_id"`
	ID          string
	ParentID    string `json:"parent_id"`
	Type        string
	Name        string
	Origin      string
	Namespace   string
	StartTime   float64 `json:"start_time"`
	EndTime     float64 `json:"end_time"`
	Error       bool
	Throttle    bool
	Fault       bool
	AWS         map[string]any
	HTTP        map[string]map[string]any
	Cause       struct{ Exceptions []struct{ ID, Type string } }
	Annotations map[string]any
	Metadata    map[string]map[string]any
}

// Main is for TestMain: a process has one connection to the daemon, so all tests of a package share one daemon. It sets
// AWS_XRAY_DAEMON_ADDRESS, runs the tests, and ends the process.
func Main(m *testing.M, daemon **Daemon) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	*daemon = &Daemon{conn}
	if err := os.Setenv("AWS_XRAY_DAEMON_ADDRESS", conn.LocalAddr().String()); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// Next returns the next n documents.
func (d *Daemon) Next(t *testing.T, n int) (segments []Segment) {
	t.Helper()
	buffer := make([]byte, 1<<16)
	for range n {
		size, err := d.read(buffer, 10*time.Second)
		if err != nil {
			t.Fatalf("waiting for a document: %v", err)
		}
		text, found := bytes.CutPrefix(buffer[:size], []byte("{\"format\":\"json\",\"version\":1}\n"))
		var s Segment
		if err := json.Unmarshal(text, &s); err != nil || !found {
			t.Fatalf("it is no document: %s", buffer[:size])
		}
		segments = append(segments, s)
	}
	return segments
}

// Nothing asserts that no document is waiting. A datagram on the loopback interface is received when the sender's write returns.
func (d *Daemon) Nothing(t *testing.T) {
	t.Helper()
	if size, err := d.read(make([]byte, 1<<16), 20*time.Millisecond); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%d bytes were sent, %v", size, err)
	}
}

func (d *Daemon) read(buffer []byte, wait time.Duration) (size int, err error) {
	if err := d.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return 0, err
	}
	size, _, err = d.conn.ReadFrom(buffer)
	return size, err
}

// Invocation returns the context of an invocation with this tracing header.
func Invocation(ctx context.Context, header, requestID string) context.Context {
	ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: requestID})
	//lint:ignore SA1029 the key of aws-lambda-go is a string
	return context.WithValue(ctx, "x-amzn-trace-id", header)
}
