package lambda

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/logs"
)

const insightsGroup = "/aws/lambda-insights"

// insightsLayer is the only layer that functions can have: the embedded cloud measures their processes instead of running it.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-extension-versions.html
var insightsLayer = regexp.MustCompile(`^arn:aws:lambda:` + account.Region + `:\d{12}:layer:LambdaInsightsExtension(-Arm64)?:\d+$`)

// usage is what a process has used since it started, by /proc. Systems without /proc do not tell.
type usage struct {
	memory       int           // the most, in MB
	user, system time.Duration // in steps of 10 ms, as on AWS
}

// measure returns the usage of the process of a function with Lambda Insights, else nil.
func (e *environment) measure() *usage {
	if len(e.pool.rev.args.Layers) == 0 {
		return nil
	}
	dir := fmt.Sprintf("/proc/%d/", e.process.cmd.Process.Pid)
	stat, _ := os.ReadFile(dir + "stat")
	status, err := os.ReadFile(dir + "status")
	_, after, _ := strings.Cut(string(stat), ") ") // the name may contain spaces
	_, peak, known := strings.Cut(string(status), "VmHWM:")
	fields, kilobytes := strings.Fields(after), strings.Fields(peak)
	if err != nil || !known || len(fields) < 13 || len(kilobytes) == 0 {
		return nil // the process has ended
	}
	const tick = 10 * time.Millisecond
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	memory, _ := strconv.Atoi(kilobytes[0])
	return &usage{(memory + 1023) / 1024, time.Duration(user) * tick, time.Duration(system) * tick}
}

// insights logs the event of an invocation that the extension would log, without what the process does not tell: the network and
// /tmp. It uses the permissions of the role. Without them the event is lost.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-metrics.html
func (e *environment) insights(inv *invoke) {
	rev := e.pool.rev
	if len(rev.args.Layers) == 0 {
		return
	}
	billed := billedMilliseconds(inv)
	event := record{
		"event_type": "performance", "function_name": rev.fn.name, "version": latest, "request_id": inv.id, "trace_id": inv.trace.root,
		"duration": inv.duration.Milliseconds(), "billed_duration": billed, "billed_mb_ms": billed * int64(*rev.args.MemorySize),
		"cold_start": inv.initTime > 0, "total_memory": *rev.args.MemorySize,
	}
	if inv.initTime > 0 {
		event["init_duration"] = inv.initTime.Milliseconds()
	}
	if inv.timedOut {
		event["timeout"], event["shutdown_reason"] = true, "Timeout"
	}
	if before, now := inv.before, inv.after; before != nil && now != nil {
		user, system := (now.user - before.user).Milliseconds(), (now.system - before.system).Milliseconds()
		event["cpu_user_time"], event["cpu_system_time"], event["cpu_total_time"] = user, system, user+system
		event["used_memory_max"], event["memory_utilization"] = now.memory, now.memory*100 / *rev.args.MemorySize
	}
	now := e.s.account.Clock.Now()
	event["_aws"] = record{"Timestamp": now.UnixMilli(), "CloudWatchMetrics": []record{{
		"Namespace": "LambdaInsights", "Dimensions": [][]string{{"function_name"}, {"function_name", "version"}},
		"Metrics": []record{{"Name": "memory_utilization", "Unit": "Percent"}, {"Name": "total_memory", "Unit": "Megabytes"},
			{"Name": "used_memory_max", "Unit": "Megabytes"}, {"Name": "cpu_total_time", "Unit": "Milliseconds"},
			{"Name": "init_duration", "Unit": "Milliseconds"}},
	}}}
	line, _ := json.Marshal(event) // numbers and strings
	err := e.s.Logs.EnsureGroup(e.s.ctx, e.principal, insightsGroup)
	if err == nil {
		err = e.s.Logs.Put(e.s.ctx, e.principal, insightsGroup, rev.fn.name, []logs.Event{{Time: now, Message: string(line)}})
	}
	if err != nil {
		e.s.account.Log.Warn("an event of Lambda Insights is lost", "function", rev.fn.name, "error", err)
	}
}
