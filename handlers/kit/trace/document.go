package trace

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"time"

	"github.com/aws/smithy-go"
)

// document is a subsegment that is sent separately, or a segment, which has no type.
type document struct {
	TraceID     string                    `json:"trace_id"`
	ID          string                    `json:"id"`
	ParentID    string                    `json:"parent_id,omitempty"`
	Type        string                    `json:"type,omitempty"`
	Name        string                    `json:"name"`
	Origin      string                    `json:"origin,omitempty"`
	StartTime   float64                   `json:"start_time"`
	EndTime     float64                   `json:"end_time"`
	Namespace   string                    `json:"namespace,omitempty"`
	Error       bool                      `json:"error,omitempty"`
	Throttle    bool                      `json:"throttle,omitempty"`
	Fault       bool                      `json:"fault,omitempty"`
	Cause       *cause                    `json:"cause,omitempty"`
	HTTP        *httpData                 `json:"http,omitempty"`
	AWS         *awsData                  `json:"aws,omitempty"`
	Annotations map[string]string         `json:"annotations,omitempty"`
	Metadata    map[string]map[string]any `json:"metadata,omitempty"`
}

type httpData struct {
	Response httpResponse `json:"response"`
}

type httpResponse struct {
	Status int `json:"status"`
}

type awsData struct {
	Operation string `json:"operation,omitempty"`
	Region    string `json:"region,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	TableName string `json:"table_name,omitempty"`
	QueueURL  string `json:"queue_url,omitempty"`
	Retries   int    `json:"retries,omitempty"`
}

type cause struct {
	Exceptions []exception `json:"exceptions"`
}

type exception struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// causeOf returns the name of the error: its code if it is an AWS service's, else the type of the innermost error.
func causeOf(err error) *cause {
	var kind string
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		kind = api.ErrorCode()
	} else {
		for next := err; next != nil; next = errors.Unwrap(next) {
			kind = fmt.Sprintf("%T", next)
		}
	}
	return &cause{[]exception{{ID: newID(), Type: kind}}}
}

// newID returns a new segment id.
func newID() string { return fmt.Sprintf("%016x", rand.Uint64()) }

// seconds converts a time to X-Ray's unit.
func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// prefix precedes each document in a datagram.
const prefix = `{"format":"json","version":1}` + "\n"

// connect is called when the first document is sent, so that tracing does not delay the start of a function.
var connect = sync.OnceValue(func() net.Conn {
	conn, err := net.Dial("udp", os.Getenv("AWS_XRAY_DAEMON_ADDRESS"))
	if err != nil {
		return nil
	}
	return conn
})

// send writes one datagram without waiting. Errors are ignored: a function works without traces.
func send(d *document) {
	text, err := json.Marshal(d)
	conn := connect()
	if err != nil || conn == nil {
		return
	}
	_, _ = conn.Write(append([]byte(prefix), text...))
}
