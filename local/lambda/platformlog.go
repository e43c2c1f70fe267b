package lambda

import (
	"encoding/json"
	"time"
)

// Lambda's own lines in a function's log are the events of
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html. On AWS they are plain text if the log format
// is Text.

const logTime = "2006-01-02T15:04:05.000Z"

// record is the content of an event.
type record map[string]any

// platform logs an event of this type.
func (w *logWriter) platform(kind string, r record) {
	line, err := json.Marshal(record{"time": w.s.account.Clock.Now().UTC().Format(logTime), "type": kind, "record": r})
	if err != nil {
		panic("lambda: " + err.Error()) // numbers and strings
	}
	w.add(string(line))
}

// start begins the log of an invocation.
func (w *logWriter) start(inv *invoke) {
	w.platform("platform.start", inv.trace.add(record{"requestId": inv.id, "version": latest}))
}

// end ends the log of an invocation with its report.
func (w *logWriter) end(inv *invoke) {
	metrics := record{"durationMs": milliseconds(inv.duration), "billedDurationMs": billedMilliseconds(inv), "memorySizeMB": *w.rev.args.MemorySize}
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
	switch {
	case inv.status != "":
		return inv.status
	case inv.failed:
		return "error"
	}
	return "success"
}

func billedMilliseconds(inv *invoke) int64 {
	return int64((inv.duration + inv.initTime + time.Millisecond - 1) / time.Millisecond)
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}
