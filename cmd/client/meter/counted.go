package meter

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/xray"
)

// eventOverhead is what CloudWatch Logs adds to the bytes of each event:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const eventOverhead = 26

// countLog adds the bytes written to a log group: IncomingBytes, or the events if that metric is not published.
func (u *usage) countLog(r *Resource) error {
	for name := range u.Without {
		if r.Name == name+"-logs" {
			return nil
		}
	}
	bytes := u.value(r, "IncomingBytes")
	if bytes == 0 {
		pages := cloudwatchlogs.NewFilterLogEventsPaginator(u.Logs, &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: aws.String(r.name()), StartTime: aws.Int64(u.start.UnixMilli()), EndTime: aws.Int64(u.end.UnixMilli()),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(u.ctx)
			if err != nil {
				return fmt.Errorf("reading the log group %s: %w", r.name(), err)
			}
			for _, e := range page.Events {
				bytes += float64(len(aws.ToString(e.Message)) + eventOverhead)
			}
		}
	}
	// The lines of requests are about equally long.
	for i := range u.Resources {
		if api := &u.Resources[i]; api.is("apigateway/restApi") && strings.HasPrefix(r.Name, api.Name+"-access-log") && bytes > 0 {
			bytes *= 1 - min(1, u.requestsLeft(api)/max(1, u.value(api, "Count")))
		}
	}
	u.add("logs.gb", r, bytes/1e9)
	return nil
}

// countObjects adds a PUT request for each object that was written last in the range.
func (u *usage) countObjects(r *Resource) error {
	bucket := r.text("bucket")
	if bucket == "" {
		bucket = r.ID
	}
	puts := 0
	pages := s3.NewListObjectsV2Paginator(u.Objects, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(u.ctx)
		if err != nil {
			return fmt.Errorf("listing the bucket %s: %w", bucket, err)
		}
		for _, o := range page.Contents {
			if at := aws.ToTime(o.LastModified); !at.Before(u.start) && at.Before(u.end) {
				puts++
			}
		}
	}
	u.add("s3.put", r, float64(puts))
	return nil
}

// countTraces adds the traces that were recorded, except those of functions that are left out. If Resources are not of the whole
// account, only those of one of their functions or machines are counted.
func (u *usage) countTraces() error {
	var in, out []string
	for i := range u.Resources {
		r := &u.Resources[i]
		if !r.is("lambda/function") && !r.is("sfn/stateMachine") {
			continue
		}
		if u.without(r) {
			out = append(out, r.name())
		} else {
			in = append(in, r.name())
		}
	}
	traces := 0
	// A request may cover six hours: https://docs.aws.amazon.com/xray/latest/api/API_GetTraceSummaries.html
	for from := u.start; from.Before(u.end); from = from.Add(6 * time.Hour) {
		to := from.Add(6 * time.Hour)
		if to.After(u.end) {
			to = u.end
		}
		pages := xray.NewGetTraceSummariesPaginator(u.Traces, &xray.GetTraceSummariesInput{StartTime: &from, EndTime: &to})
		for pages.HasMorePages() {
			page, err := pages.NextPage(u.ctx)
			if err != nil {
				return fmt.Errorf("reading traces: %w", err)
			}
			for _, t := range page.TraceSummaries {
				counted := false
				for _, s := range t.ServiceIds {
					if slices.Contains(out, aws.ToString(s.Name)) {
						counted = false
						break
					}
					counted = counted || slices.Contains(in, aws.ToString(s.Name))
				}
				if counted {
					traces++
				}
			}
		}
	}
	if traces > 0 {
		u.used = append(u.used, Quantity{Price: "xray.trace", Resource: "traces", Amount: float64(traces)})
	}
	return nil
}

const (
	// sampled executions are read for the transitions of all.
	sampled = 20
	// expressStep and expressGB are the steps in which an Express execution is billed, at its least memory:
	// https://aws.amazon.com/step-functions/pricing/
	expressStep = 100.0 // milliseconds
	expressGB   = 64.0 / 1024
)

// countExecutions adds the transitions of Standard executions, or the executions and the memory of Express ones.
func (u *usage) countExecutions(r *Resource) error {
	started := u.value(r, "ExecutionsStarted")
	if started == 0 {
		return nil
	}
	if r.text("type") == "EXPRESS" {
		billed := math.Ceil(u.value(r, "ExecutionTime")/started/expressStep) * expressStep
		u.add("states.express-request", r, started)
		u.add("states.express-gb-hour", r, started*billed/1000/3600*expressGB)
		return nil
	}
	list, err := u.Machines.ListExecutions(u.ctx, &sfn.ListExecutionsInput{StateMachineArn: aws.String(r.text("arn")), MaxResults: sampled})
	if err != nil {
		return fmt.Errorf("listing the executions of %s: %w", r.Name, err)
	}
	transitions, executions := 0, 0
	for _, e := range list.Executions {
		if e.Status == types.ExecutionStatusRunning {
			continue
		}
		executions++
		pages := sfn.NewGetExecutionHistoryPaginator(u.Machines, &sfn.GetExecutionHistoryInput{ExecutionArn: e.ExecutionArn})
		for pages.HasMorePages() {
			page, err := pages.NextPage(u.ctx)
			if err != nil {
				return fmt.Errorf("reading the history of an execution of %s: %w", r.Name, err)
			}
			transitions += countTransitions(page.Events)
		}
	}
	if executions > 0 {
		u.add("states.transition", r, started*float64(transitions)/float64(executions))
	}
	return nil
}

// countTransitions counts the states that were entered, and the retries.
func countTransitions(events []types.HistoryEvent) (n int) {
	retries := 0
	for _, e := range events {
		switch {
		case strings.HasSuffix(string(e.Type), "StateEntered"):
			n++
			if e.Type == types.HistoryEventTypeTaskStateEntered {
				retries--
			}
		case e.Type == types.HistoryEventTypeTaskScheduled, e.Type == types.HistoryEventTypeLambdaFunctionScheduled:
			retries++
		}
	}
	return n + max(retries, 0)
}
