package lambda

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"sync/atomic"
	"time"
)

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

// datagramHeader precedes each document.
var datagramHeader = regexp.MustCompile(`^\s*\{\s*"format"\s*:\s*"json"\s*,\s*"version"\s*:\s*1\s*\}\n`)

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
		header := datagramHeader.Find(b[:n])
		if header == nil {
			continue
		}
		document, err := moved(b[len(header):n], e.s.account.Clock.Now().Sub(time.Now()))
		if err == nil {
			err = e.s.Traces.PutDocument(context.Background(), e.principal, string(document))
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
