package lambda

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// What Lambda itself writes into a function's log, as text
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html) or, if the function's log format is
// JSON, as the events of https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html.

const logTime = "2006-01-02T15:04:05.000Z"

type platformEvent struct {
	Time   string `json:"time"`
	Type   string `json:"type"`
	Record any    `json:"record"`
}

type startRecord struct {
	RequestID string         `json:"requestId"`
	Version   string         `json:"version"`
	Tracing   *tracingRecord `json:"tracing,omitempty"`
}

type tracingRecord struct {
	SpanID string `json:"spanId,omitempty"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

type reportMetrics struct {
	DurationMs       float64 `json:"durationMs"`
	BilledDurationMs int64   `json:"billedDurationMs"`
	MemorySizeMB     int     `json:"memorySizeMB"`
	MaxMemoryUsedMB  int     `json:"maxMemoryUsedMB"`
	InitDurationMs   float64 `json:"initDurationMs,omitempty"`
}

type reportRecord struct {
	RequestID string         `json:"requestId"`
	Metrics   reportMetrics  `json:"metrics"`
	Tracing   *tracingRecord `json:"tracing,omitempty"`
	Status    string         `json:"status"`
	ErrorType string         `json:"errorType,omitempty"`
}

type initReportRecord struct {
	InitializationType string `json:"initializationType"`
	Phase              string `json:"phase"`
	Status             string `json:"status"`
	ErrorType          string `json:"errorType,omitempty"`
	Metrics            struct {
		DurationMs float64 `json:"durationMs"`
	} `json:"metrics"`
}

// platform logs a line of Lambda's own: text, or, for the JSON format, an event of the given type and level.
func (w *logWriter) platform(level, kind string, record any, text func() string) {
	c := &w.rev.config
	if c.jsonLogs {
		if levels[level] < levels[c.system] {
			return
		}
		line, err := json.Marshal(platformEvent{w.s.account.Clock.Now().UTC().Format(logTime), kind, record})
		if err != nil {
			panic("lambda: " + err.Error()) // numbers and strings
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.add(string(line))
		return
	}
	line := text()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(line)
}

// start begins the log of an invocation.
func (w *logWriter) start(inv *invoke) {
	w.mu.Lock()
	w.tail = inv.tail
	w.mu.Unlock()
	w.platform("INFO", "platform.start", startRecord{inv.id, latest, inv.trace.record()}, func() string {
		return "START RequestId: " + inv.id + " Version: " + latest
	})
}

// timeout and exited say why there is no answer; the JSON format says it in the report.
func (w *logWriter) timeout(inv *invoke, limit time.Duration) {
	w.textOnly(func() string {
		return fmt.Sprintf("%s %s Task timed out after %.2f seconds", w.s.account.Clock.Now().UTC().Format(logTime), inv.id, limit.Seconds())
	})
}

func (w *logWriter) exited(inv *invoke, state string) {
	w.textOnly(func() string {
		return "RequestId: " + inv.id + " Error: Runtime exited with error: " + state + "\nRuntime.ExitError"
	})
}

func (w *logWriter) textOnly(text func() string) {
	if w.rev.config.jsonLogs {
		return
	}
	w.platform("", "", nil, text)
}

// end closes the log of an invocation with its report.
func (w *logWriter) end(inv *invoke) {
	ms := milliseconds(inv.duration)
	// Init is billed with the first invocation.
	billed := (inv.duration + inv.initTime + time.Millisecond - 1) / time.Millisecond
	record := reportRecord{RequestID: inv.id, Status: inv.reportStatus(), Tracing: inv.trace.record(), Metrics: reportMetrics{
		DurationMs: ms, BilledDurationMs: int64(billed), MemorySizeMB: w.rev.config.memory, MaxMemoryUsedMB: inv.memory,
		InitDurationMs: milliseconds(inv.initTime),
	}}
	if inv.failed {
		record.ErrorType = inv.errorType
	}
	w.textOnly(func() string { return "END RequestId: " + inv.id })
	w.platform("INFO", "platform.report", record, func() string {
		m := &record.Metrics
		b := make([]byte, 0, 256)
		b = append(append(b, "REPORT RequestId: "...), inv.id...)
		b = strconv.AppendFloat(append(b, "\tDuration: "...), m.DurationMs, 'f', 2, 64)
		b = strconv.AppendInt(append(b, " ms\tBilled Duration: "...), m.BilledDurationMs, 10)
		b = strconv.AppendInt(append(b, " ms\tMemory Size: "...), int64(m.MemorySizeMB), 10)
		b = strconv.AppendInt(append(b, " MB\tMax Memory Used: "...), int64(m.MaxMemoryUsedMB), 10)
		b = append(b, " MB\t"...)
		if m.InitDurationMs > 0 {
			b = append(strconv.AppendFloat(append(b, "Init Duration: "...), m.InitDurationMs, 'f', 2, 64), " ms\t"...)
		}
		if inv.status != "" {
			b = append(append(b, "Status: "...), inv.status...)
			if inv.status == "error" {
				b = append(append(b, "\tError Type: "...), inv.errorType...)
			}
		}
		if t := inv.trace; t.sampled {
			b = append(b, "\nXRAY TraceId: "+t.root+"\tSegmentId: "+t.function+"\tSampled: true\t"...)
		}
		return string(b)
	})
	w.mu.Lock()
	w.tail = nil
	w.mu.Unlock()
}

// initReport says how an init phase failed. One that succeeds is in the report of the first invocation.
func (w *logWriter) initReport(phase, status, errorType string, took time.Duration) {
	record := initReportRecord{InitializationType: "on-demand", Phase: phase, Status: status, ErrorType: errorType}
	record.Metrics.DurationMs = milliseconds(took)
	w.platform("INFO", "platform.initReport", record, func() string {
		line := fmt.Sprintf("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s", record.Metrics.DurationMs, phase, status)
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
