package lambda

import (
	"encoding/json"
	"fmt"
	"time"
)

// Lambda's own lines in a function's log. In the format Text they are those of
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html, in the format JSON the events of
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html.

const logTime = "2006-01-02T15:04:05.000Z"

// record is the content of an event.
type record map[string]any

// platform logs an event of this type in the format JSON, and the result of text in the format Text. An event without a type
// is logged as text only.
func (w *logWriter) platform(kind string, r record, text func() string) {
	line := ""
	switch {
	case !w.rev.jsonLogs:
		line = text()
	case kind == "":
		return
	default:
		b, err := json.Marshal(record{"time": w.s.account.Clock.Now().UTC().Format(logTime), "type": kind, "record": r})
		if err != nil {
			panic("lambda: " + err.Error()) // numbers and strings
		}
		line = string(b)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(line)
}

// start begins the log of an invocation.
func (w *logWriter) start(inv *invoke) {
	w.mu.Lock()
	w.tail = inv.tail
	w.mu.Unlock()
	w.platform("platform.start", inv.trace.add(record{"requestId": inv.id, "version": latest}), func() string {
		return "START RequestId: " + inv.id + " Version: " + latest
	})
}

// timeout and exited log why there is no answer. In the format JSON, that is in the report.
func (w *logWriter) timeout(inv *invoke, limit time.Duration) {
	w.platform("", nil, func() string {
		return fmt.Sprintf("%s %s Task timed out after %.2f seconds", w.s.account.Clock.Now().UTC().Format(logTime), inv.id, limit.Seconds())
	})
}

func (w *logWriter) exited(inv *invoke, state string) {
	w.platform("", nil, func() string {
		return "RequestId: " + inv.id + " Error: Runtime exited with error: " + state + "\nRuntime.ExitError"
	})
}

// end ends the log of an invocation with its report.
func (w *logWriter) end(inv *invoke) {
	duration, billed := milliseconds(inv.duration), int64((inv.duration+inv.initTime+time.Millisecond-1)/time.Millisecond)
	metrics := record{"durationMs": duration, "billedDurationMs": billed, "memorySizeMB": *w.rev.args.MemorySize}
	if inv.initTime > 0 {
		metrics["initDurationMs"] = milliseconds(inv.initTime) // the init phase is billed too
	}
	r := inv.trace.add(record{"requestId": inv.id, "status": inv.reportStatus(), "metrics": metrics})
	if inv.failed {
		r["errorType"] = inv.errorType
	}
	w.platform("", nil, func() string { return "END RequestId: " + inv.id })
	w.platform("platform.report", r, func() string {
		line := fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %d ms\tMemory Size: %d MB\t",
			inv.id, duration, billed, *w.rev.args.MemorySize)
		if inv.initTime > 0 {
			line += fmt.Sprintf("Init Duration: %.2f ms\t", milliseconds(inv.initTime))
		}
		if inv.status != "" {
			line += "Status: " + inv.status
		}
		if inv.status == "error" {
			line += "\tError Type: " + inv.errorType
		}
		if t := inv.trace; t.sampled {
			line += "\nXRAY TraceId: " + t.root + "\tSegmentId: " + t.function + "\tSampled: true\t"
		}
		return line
	})
	w.mu.Lock()
	w.tail = nil
	w.mu.Unlock()
}

// initReport logs how an init phase failed. One that succeeded is in the report of the first invocation.
func (w *logWriter) initReport(phase, status, errorType string, took time.Duration) {
	r := record{"initializationType": "on-demand", "phase": phase, "status": status, "metrics": record{"durationMs": milliseconds(took)}}
	if errorType != "" {
		r["errorType"] = errorType
	}
	w.platform("platform.initReport", r, func() string {
		line := fmt.Sprintf("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s", milliseconds(took), phase, status)
		if errorType != "" {
			line += "\tError Type: " + errorType
		}
		return line
	})
}

func (inv *invoke) reportStatus() string {
	switch {
	case inv.status != "":
		return inv.status
	case inv.failed:
		return "error"
	}
	return "success"
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
