package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
)

// deployment is a stack on an embedded cloud.
type deployment struct {
	stack   localstack.Stack
	cloud   localstack.Cloud
	outputs map[string]outputs // by pattern
}

// outputs are those of a pattern that are used here.
type outputs struct {
	URL, APIKey string
	Functions   map[string]struct{ LogGroup string }
}

// newDeployment returns one that is removed at the end of the benchmark.
func newDeployment(b *testing.B) *deployment {
	b.Helper()
	d := &deployment{stack: localstack.Stack{Home: b.TempDir()}}
	b.Cleanup(func() {
		if _, err := d.local(context.Background(), "down"); err != nil {
			b.Error(err)
		}
	})
	return d
}

// local runs the command that `make up` and `make down` run, and returns how long it took.
func (d *deployment) local(ctx context.Context, args ...string) (time.Duration, error) {
	project, err := localstack.Project()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(project, ".tools", "bin", "local"), append(args, "--home", d.stack.Home)...)
	cmd.Dir = project
	began := time.Now()
	if printed, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("local %s: %w: %s", strings.Join(args, " "), err, printed)
	}
	return time.Since(began), nil
}

// up deploys patterns, with values for the stack's config like key=value.
func (d *deployment) up(b *testing.B, patterns string, config ...string) {
	b.Helper()
	args := []string{"up", "--pattern", patterns}
	for _, value := range config {
		args = append(args, "--config", value)
	}
	_, err := d.local(ctx, args...)
	require.NoError(b, err)
	d.cloud, err = d.stack.Cloud()
	require.NoError(b, err)
	require.NoError(b, d.stack.Outputs(&d.outputs))
}

// BenchmarkDeploying measures how long the deployment of all patterns takes, with everything built.
func BenchmarkDeploying(b *testing.B) {
	d := newDeployment(b)
	section("Deploying", "All patterns, with everything built.", "command", "time")
	for _, c := range []struct{ name, text string }{
		{"up", "`local up`: starts the embedded cloud, and deploys to it"},
		{"up", "`local up` with nothing to change"},
		{"preview", "`local preview`"},
	} {
		took, err := d.local(ctx, c.name, "--pattern", "all")
		require.NoError(b, err)
		row(c.text, fmt.Sprintf("%.1f s", took.Seconds()))
	}
}

// logged is what a function logged.
type logged struct {
	orders  map[string]time.Time // when it logged an order first, by order id
	reports []time.Time          // when invocations ended
}

// logs reads what a function has logged since a time.
func (d *deployment) logs(b *testing.B, group string, since time.Time) logged {
	b.Helper()
	l := logged{orders: map[string]time.Time{}}
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(d.cloud.Config("us-east-1")),
		&cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: aws.Int64(since.UnixMilli())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(b, err)
		for _, e := range page.Events {
			l.add(time.UnixMilli(*e.Timestamp), *e.Message)
		}
	}
	return l
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

// completed returns when the last of the functions logged an order. It returns false if one has not.
func completed(id string, logs []logged) (last time.Time, ok bool) {
	for _, l := range logs {
		at, ok := l.orders[id]
		if !ok {
			return last, false
		}
		if at.After(last) {
			last = at
		}
	}
	return last, true
}

func TestOrderIsCompletedWhenTheLastFunctionHasLoggedIt(t *testing.T) {
	began := time.Now()
	stored, invoiced := logged{orders: map[string]time.Time{}}, logged{orders: map[string]time.Time{}}
	stored.add(began.Add(2*time.Second), `{"level":"INFO","message":"order stored","orderid":"o1"}`)
	stored.add(began.Add(time.Second), `{"level":"INFO","message":"order stored","orderid":"o1"}`)
	stored.add(began.Add(time.Second), `{"level":"ERROR","orderid":"o2"}`)
	stored.add(began.Add(time.Second), `{"type":"platform.report"}`)
	stored.add(began, `not JSON`)
	_, ok := completed("o1", []logged{stored, invoiced})
	require.False(t, ok)
	invoiced.add(began.Add(5*time.Second), `{"level":"INFO","orderId":"o1"}`)
	at, ok := completed("o1", []logged{stored, invoiced})
	require.True(t, ok)
	require.Equal(t, began.Add(5*time.Second), at)
	require.Equal(t, map[string]time.Time{"o1": began.Add(time.Second)}, stored.orders)
	require.Len(t, stored.reports, 1)
}
