package rounds

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// Log is the log of a function.
type Log struct {
	// Orders is the time of the first line about each order, by order id.
	Orders map[string]time.Time
	// Reports are the times at which invocations ended.
	Reports []time.Time
	// Error is the message of the last error, with its cause, or empty.
	Error string
}

// read returns the log of a function since a time.
func (p *Pattern) read(ctx context.Context, group string, since time.Time) (Log, error) {
	l := Log{Orders: map[string]time.Time{}}
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(p.Logs, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: aws.Int64(since.UnixMilli())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return l, fmt.Errorf("reading the log group %s: %w", group, err)
		}
		for _, e := range page.Events {
			l.add(time.UnixMilli(*e.Timestamp), *e.Message)
		}
	}
	return l, nil
}

// add parses a line. A function logs each order that it has processed at level INFO. Other lines that are neither an error nor a report are
// ignored.
func (l *Log) add(at time.Time, text string) {
	var line struct{ Type, Level, OrderID, Message, Error string }
	if json.Unmarshal([]byte(text), &line) != nil {
		return
	}
	switch first, known := l.Orders[line.OrderID]; {
	case line.Type == "platform.report":
		l.Reports = append(l.Reports, at)
	case line.Level == "ERROR":
		l.Error = strings.TrimSuffix(line.Message+": "+line.Error, ": ")
	case line.OrderID != "" && line.Level == "INFO" && (!known || at.Before(first)):
		l.Orders[line.OrderID] = at
	}
}

// completed returns when the last of the functions logged an order. ok is false if one of them has not logged it.
func completed(id string, logs []Log) (last time.Time, ok bool) {
	for _, l := range logs {
		at, ok := l.Orders[id]
		if !ok {
			return last, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}
