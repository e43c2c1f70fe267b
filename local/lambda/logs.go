package lambda

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/jonboulle/clockwork"

	"github.com/order-patterns/order-patterns/local/internal/strictjson"
	"github.com/order-patterns/order-patterns/local/logs"
)

const (
	// logInterval is how long a line waits for others, so that they are put together. It is by the machine's clock, because
	// logs must also arrive when a test stops the account's clock.
	logInterval = 100 * time.Millisecond
	maxLogLine  = 256 << 10
)

// logWriter collects the lines that an environment's process prints, and those of Lambda itself. It puts them in batches into
// the environment's log stream with the permissions of the function's role. Without permission they are lost.
type logWriter struct {
	*environment
	raw    syscall.RawConn // the pipe that is the process's output
	events *logs.Buffer[logs.Event]

	reading sync.Mutex
	buffer  []byte
	line    []byte // an incomplete line

	lost sync.Once
}

func newLogWriter(e *environment) *logWriter {
	w := &logWriter{environment: e, buffer: make([]byte, 16<<10)}
	w.events = logs.NewBuffer(clockwork.NewRealClock(), logInterval, w.put)
	raw, err := e.process.output.SyscallConn()
	if err != nil {
		panic("lambda: a pipe without descriptor: " + err.Error()) // it was opened just now
	}
	w.raw = raw
	go w.pump()
	return w
}

func (w *logWriter) pump() {
	_ = w.raw.Read(func(fd uintptr) (done bool) { // an error means that the pipe was closed
		return !errors.Is(w.read(fd), syscall.EAGAIN)
	})
}

// drain reads what the process has printed so far, so that it comes before Lambda's next line.
func (w *logWriter) drain() {
	_ = w.raw.Control(func(fd uintptr) { _ = w.read(fd) }) // an error means that the pipe was closed
}

// read reads everything that is in the pipe. Its descriptor does not block.
func (w *logWriter) read(fd uintptr) error {
	w.reading.Lock()
	defer w.reading.Unlock()
	for {
		n, err := syscall.Read(int(fd), w.buffer)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return err
		case n <= 0:
			return io.EOF
		default:
			w.split(w.buffer[:n])
		}
	}
}

// split makes events of complete lines and keeps the rest. The caller holds the lock.
func (w *logWriter) split(text []byte) {
	w.line = append(w.line, text...)
	for {
		line, rest, complete := bytes.Cut(w.line, []byte("\n"))
		if !complete && len(line) < maxLogLine {
			return
		}
		w.add(string(line))
		w.line = rest
	}
}

func (w *logWriter) add(line string) {
	if line != "" { // CloudWatch Logs has no empty events
		w.events.Add(logs.Event{Time: w.s.account.Clock.Now(), Message: line})
	}
}

func (w *logWriter) put(events []logs.Event) {
	rev := w.pool.rev
	if err := w.s.Logs.Put(w.s.ctx, w.principal, rev.logGroup, w.stream, events); err != nil {
		w.lost.Do(func() {
			w.s.account.Log.Warn("the logs of a function are lost", "function", rev.fn.name, "group", rev.logGroup, "error", err)
		})
	}
}

func (w *logWriter) close() {
	w.drain()
	w.process.output.Close()
	w.reading.Lock()
	w.add(string(w.line))
	w.line = nil
	w.reading.Unlock()
	w.events.Flush()
}

// Lambda's own lines in a function's log are the events of
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html. On AWS they are plain text if the log format
// is Text.

type record map[string]any

func (w *logWriter) platform(kind string, r record) {
	w.add(string(strictjson.Encode(record{"time": millis(w.s.account.Clock.Now()), "type": kind, "record": r})))
}

func (w *logWriter) start(inv *invoke) {
	w.platform("platform.start", inv.trace.add(record{"requestId": inv.id, "version": latest}))
}

func (w *logWriter) end(inv *invoke) {
	metrics := record{"durationMs": milliseconds(inv.duration), "billedDurationMs": billedMilliseconds(inv), "memorySizeMB": *w.pool.rev.args.MemorySize}
	if inv.initTime > 0 {
		metrics["initDurationMs"] = milliseconds(inv.initTime) // the init phase is billed too
	}
	r := inv.trace.add(record{"requestId": inv.id, "status": inv.reportStatus(), "metrics": metrics})
	if inv.failed {
		r["errorType"] = inv.errorType
	}
	w.platform("platform.report", r)
}

// initReport logs how an init phase failed. One that succeeded is in the report of the first invocation.
func (w *logWriter) initReport(phase, status, errorType string, took time.Duration) {
	r := record{"initializationType": "on-demand", "phase": phase, "status": status, "metrics": record{"durationMs": milliseconds(took)}}
	if errorType != "" {
		r["errorType"] = errorType
	}
	w.platform("platform.initReport", r)
}

func (inv *invoke) reportStatus() string {
	if !inv.failed {
		return "success"
	}
	return cmp.Or(inv.status, "error")
}

func billedMilliseconds(inv *invoke) int64 {
	return int64((inv.duration + inv.initTime + time.Millisecond - 1) / time.Millisecond)
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
