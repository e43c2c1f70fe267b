package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// logLag is how much later than its time a log event may come to be found, and rather too much.
const logLag = 5 * time.Second

// journal is what a function has logged about orders. What happened and when is exact, however seldom it is read; a
// reading takes only what is new. The embedded cloud keeps the newest 8 MiB of a log group.
type journal struct {
	client   cloudwatchlogs.FilterLogEventsAPIClient
	group    string
	pattern  string    // of CloudWatch Logs, which finds the messages and may find others
	messages []string  // that say that the function has done with an order
	from     time.Time // events before it are not read (again)
	seen     map[string]bool
	times    map[string]time.Time // of the first such message, by order id
}

// journal follows what a function logs from a moment on.
func (d *deployment) journal(group, pattern string, from time.Time, messages ...string) *journal {
	return &journal{
		client: cloudwatchlogs.NewFromConfig(d.config()), group: group, pattern: pattern, messages: messages,
		from: from, seen: map[string]bool{}, times: map[string]time.Time{},
	}
}

// read takes what has been logged since the last reading.
func (j *journal) read(ctx context.Context) error {
	newest := j.from
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(j.client, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &j.group, FilterPattern: &j.pattern, StartTime: aws.Int64(j.from.UnixMilli()),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("reading the log group %s: %w", j.group, err)
		}
		for _, e := range page.Events {
			if j.seen[*e.EventId] {
				continue
			}
			j.seen[*e.EventId] = true
			if at := time.UnixMilli(*e.Timestamp).Add(-logLag); at.After(newest) {
				newest = at
			}
			if err := j.take(*e.Message); err != nil {
				return fmt.Errorf("the log group %s has the line %q: %w", j.group, *e.Message, err)
			}
		}
	}
	j.from = newest
	return nil
}

// take reads one line.
func (j *journal) take(text string) error {
	var line struct {
		Timestamp        time.Time
		Message, OrderID string
	}
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		return err
	}
	if !slices.Contains(j.messages, line.Message) {
		return nil
	}
	if at, known := j.times[line.OrderID]; !known || line.Timestamp.Before(at) {
		j.times[line.OrderID] = line.Timestamp
	}
	return nil
}

// completions are orders that are complete once each of several functions has done with them.
type completions struct{ journals []*journal }

// read takes what has been logged since the last reading.
func (c *completions) read(ctx context.Context) error {
	for _, j := range c.journals {
		if err := j.read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// at is when an order was completed, if it was.
func (c *completions) at(id string) (last time.Time, ok bool) {
	for _, j := range c.journals {
		at, done := j.times[id]
		if !done {
			return time.Time{}, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}

// of looks after some orders.
func (c *completions) of(ids []string) look {
	pending, last := slices.Clone(ids), time.Time{}
	return func(ctx context.Context) (int, time.Time, error) {
		if err := c.read(ctx); err != nil {
			return len(pending), last, err
		}
		pending = slices.DeleteFunc(pending, func(id string) bool {
			at, done := c.at(id)
			if done && at.After(last) {
				last = at
			}
			return done
		})
		return len(pending), last, nil
	}
}
