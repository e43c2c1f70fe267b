package lambda

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/order-patterns/order-patterns/local/xray"
)

type traceContext struct {
	header   string // for the function
	root     string
	parent   string // the caller's segment
	service  string // AWS::Lambda's segment
	function string // AWS::Lambda::Function's segment, the parent of the function's own segments
	sampled  bool
}

// newTrace decides whether an invocation is traced. A function with active tracing continues the caller's trace or starts
// one. Others are traced only if the caller's request is.
// https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
func (s *Service) newTrace(rev *revision, incoming string) traceContext {
	var h xray.Header
	if rev.args.TracingConfig.Mode == "Active" {
		h = s.Traces.Sample(incoming)
	} else {
		var ok bool
		if h, ok = xray.ParseHeader(incoming); !ok {
			h = xray.Header{Root: fmt.Sprintf("1-%08x-%s", s.account.Clock.Now().Unix(), randomHex(12))}
		}
	}
	t := traceContext{root: h.Root, parent: h.Parent, sampled: h.Sampled, service: xray.NewID(), function: xray.NewID()}
	h.Parent = t.function
	t.header = h.String()
	return t
}

func (t traceContext) incoming() string {
	return xray.Header{Root: t.root, Parent: t.parent, Sampled: t.sampled}.String()
}

func (t traceContext) add(r record) record {
	if t.sampled {
		r["tracing"] = record{"spanId": t.function, "type": "X-Amzn-Trace-Id", "value": t.header}
	}
	return r
}

// trace puts the two segments of an invocation, with the permissions of the function's role. Without permission they are
// lost, as on AWS.
func (s *Service) trace(e *environment, inv *invoke, end time.Time) {
	t := inv.trace
	if !t.sampled {
		return
	}
	name := e.pool.rev.fn.name
	err := s.Traces.Put(s.ctx, e.principal,
		xray.Segment{TraceID: t.root, ID: t.service, ParentID: t.parent, Name: name, Origin: "AWS::Lambda",
			Start: inv.accepted, End: end, Fault: inv.failed, HTTP: &xray.HTTP{Status: 200}},
		xray.Segment{TraceID: t.root, ID: t.function, ParentID: t.service, Name: name, Origin: "AWS::Lambda::Function",
			Start: inv.begun, End: end, Fault: inv.failed, Links: inv.links})
	if err != nil {
		s.account.Log.Debug("the segments of a function are lost", "function", name, "error", err)
	}
}

// daemon is the X-Ray daemon of one environment. It listens on a UDP port of its own, so that it knows whose documents it
// gets, and puts them with the permissions of the function's role. Without permission they are lost, as on AWS.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
type daemon struct {
	conn    *net.UDPConn
	closing atomic.Bool
	done    chan struct{}
}

// maxDatagram is the largest payload of UDP.
const maxDatagram = 65507

func listenDaemon() (*daemon, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	return &daemon{conn: conn, done: make(chan struct{})}, err
}

// serve puts documents until close.
func (d *daemon) serve(e *environment) {
	defer close(d.done)
	for b := make([]byte, maxDatagram); ; {
		n, err := d.conn.Read(b)
		if err != nil || n == 0 && d.closing.Load() {
			return
		}
		_, document, _ := bytes.Cut(b[:n], []byte("\n")) // the first line is {"format": "json", "version": 1}
		document, err = moved(document, time.Until(e.s.account.Clock.Now()))
		if err == nil {
			err = e.s.Traces.PutDocument(e.s.ctx, e.principal, string(document))
		}
		if err != nil {
			e.s.account.Log.Debug("a function's segment is lost", "function", e.pool.rev.fn.name, "error", err)
		}
	}
}

// moved adds to the times of a document, which are the machine's, what the account's clock is ahead.
func moved(document []byte, ahead time.Duration) ([]byte, error) {
	if ahead.Abs() < time.Millisecond {
		return document, nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(document, &fields); err != nil {
		return nil, err
	}
	for _, name := range []string{"start_time", "end_time"} {
		var seconds float64
		if json.Unmarshal(fields[name], &seconds) == nil {
			fields[name] = fmt.Appendf(nil, "%f", seconds+ahead.Seconds())
		}
	}
	return json.Marshal(fields)
}

// close ends the daemon of a process that has ended, after everything that it sent: an empty datagram is the last one. If the
// buffer of the port is too full for it, the time limit ends the daemon.
func (d *daemon) close() {
	d.closing.Store(true)
	_ = d.conn.SetReadDeadline(time.Now().Add(time.Second))
	_, _ = d.conn.WriteTo(nil, d.conn.LocalAddr())
	<-d.done
	_ = d.conn.Close()
}
