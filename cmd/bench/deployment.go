package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// deployment is a stack with all patterns on an embedded cloud.
type deployment struct {
	project string
	stack   localstack.Stack
	cloud   localstack.Cloud
	outputs map[string]outputs // by pattern
}

// outputs are those of a pattern that are used here.
type outputs struct {
	URL, APIKey string
	Functions   map[string]struct{ LogGroup string }
}

// local runs the command that `make up` and `make down` run, and returns how long it took.
func (d *deployment) local(ctx context.Context, args ...string) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(d.project, ".tools", "bin", "local"), append(args, "--home", d.stack.Home)...)
	cmd.Dir = d.project
	began := time.Now()
	if printed, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("local %s: %w: %s", args[0], err, printed)
	}
	return time.Since(began), nil
}

// up deploys with values for the stack's config, like key=value.
func (d *deployment) up(ctx context.Context, config ...string) error {
	args := []string{"up", "--pattern", "all"}
	for _, value := range config {
		args = append(args, "--config", value)
	}
	if _, err := d.local(ctx, args...); err != nil {
		return err
	}
	var err error
	d.cloud, err = d.stack.Cloud()
	return errors.Join(err, d.stack.Outputs(&d.outputs))
}

func (d *deployment) remove(ctx context.Context) error {
	_, err := d.local(ctx, "down")
	return errors.Join(err, os.RemoveAll(d.stack.Home))
}

// printTimes deploys, and prints how long that takes.
func (d *deployment) printTimes(ctx context.Context, out io.Writer) error {
	fmt.Fprint(out, "\n## Deploying\n\nAll patterns, with everything built.\n\n")
	header(out, "command", "time")
	for _, c := range [][2]string{
		{"up", "`local up`: starts the embedded cloud, and deploys to it"},
		{"up", "`local up` with nothing to change"},
		{"preview", "`local preview`"},
	} {
		took, err := d.local(ctx, c[0], "--pattern", "all")
		if err != nil {
			return err
		}
		row(out, c[1], fmt.Sprintf("%.1f s", took.Seconds()))
	}
	return nil
}

// logged is what a function logged.
type logged struct {
	orders  map[string]time.Time // when it logged an order first, by order id
	reports []time.Time          // when invocations ended
}

// logs reads what a function has logged since a time.
func (d *deployment) logs(ctx context.Context, group string, since time.Time) (logged, error) {
	all := logged{orders: map[string]time.Time{}}
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(d.cloud.Config("us-east-1")),
		&cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: aws.Int64(since.UnixMilli())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return all, fmt.Errorf("reading the log group %s: %w", group, err)
		}
		for _, e := range page.Events {
			all.add(time.UnixMilli(*e.Timestamp), *e.Message)
		}
	}
	return all, nil
}

// add reads a line. A function logs each order that it has processed with level INFO. Other lines are ignored.
func (l *logged) add(at time.Time, text string) {
	var line struct{ Type, Level, OrderID string }
	if json.Unmarshal([]byte(text), &line) != nil {
		return
	}
	switch first, known := l.orders[line.OrderID]; {
	case line.Type == "platform.report":
		l.reports = append(l.reports, at)
	case line.OrderID != "" && line.Level == "INFO" && (!known || at.Before(first)):
		l.orders[line.OrderID] = at
	}
}

// quantile is the smallest of the values that a share q of them do not exceed.
func quantile(values []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(values))
	return s[max(0, int(math.Ceil(q*float64(len(s))))-1)]
}

// short formats a duration with the digits that matter.
func short(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
