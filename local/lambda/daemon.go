package lambda

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"syscall"
	"time"
)

// daemon is the X-Ray daemon of one environment. It listens on a UDP port of its own, so that whose documents these are needs
// no proof, and puts them with the permissions of the function's role. Without permission they are lost, as on AWS.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html
type daemon struct {
	conn *net.UDPConn
	done chan struct{}
}

// maxDatagram is the largest payload of UDP.
const maxDatagram = 65507

func listenDaemon() (*daemon, error) {
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	return &daemon{conn, make(chan struct{})}, err
}

// serve puts documents until close.
func (d *daemon) serve(e *environment) {
	defer close(d.done)
	b := make([]byte, maxDatagram)
	for {
		n, err := d.conn.Read(b)
		if err != nil {
			break
		}
		d.put(e, b[:n])
	}
	// What the process sent before its end is still there.
	raw, err := d.conn.SyscallConn()
	if err != nil {
		return
	}
	_ = d.conn.SetReadDeadline(time.Time{})
	_ = raw.Read(func(fd uintptr) bool {
		for {
			n, _, err := syscall.Recvfrom(int(fd), b, syscall.MSG_DONTWAIT)
			if err != nil {
				return true
			}
			d.put(e, b[:n])
		}
	})
}

// put puts the document of a datagram, which begins with a line of JSON.
func (d *daemon) put(e *environment, datagram []byte) {
	var header struct {
		Format  string
		Version int
	}
	line, document, _ := bytes.Cut(datagram, []byte("\n"))
	err := json.Unmarshal(line, &header)
	if err == nil && (header.Format != "json" || header.Version != 1) {
		err = fmt.Errorf("the datagram begins with %q", line)
	}
	if err == nil {
		document, err = moved(document, e.s.account.Clock.Now().Sub(time.Now()))
	}
	if err == nil {
		err = e.s.Traces.PutDocument(context.Background(), e.principal, string(document))
	}
	if err != nil {
		e.s.account.Log.Debug("a function's segment is lost", "function", e.pool.rev.fn.name, "error", err)
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

// close ends the daemon of a process that has ended, when everything that it sent has been put.
func (d *daemon) close() {
	_ = d.conn.SetReadDeadline(time.Now())
	<-d.done
	_ = d.conn.Close()
}
