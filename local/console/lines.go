package console

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// line is a line of JSON that a function has logged.
type line struct {
	at       time.Time
	function string // ARN
	fields   map[string]any
}

func (l *line) text(key string) string {
	s, _ := l.fields[key].(string)
	return s
}

// unsuccessful are the outcomes of work that did not succeed, of functions that are made with handlers/kit.
var unsuccessful = []string{"failed", "rejected", "refused"}

// failed reports whether the work did not succeed, or the record has a status that says so.
func (l *line) failed() bool {
	outcome := l.text("outcome")
	return slices.Contains(unsuccessful, outcome) || slices.Contains(unsuccessful, strings.ToLower(l.text("status"))) || outcome == "" && l.text("level") == "ERROR"
}

// reason says why the work failed.
func (l *line) reason() string {
	if err := l.text("error"); err != "" {
		return l.text("message") + ": " + err
	}
	return cmp.Or(l.text("outcome"), l.text("level")) + ": " + cmp.Or(l.text("reason"), l.text("Reason"), l.text("message"))
}

// logGroup is where a function logs.
func logGroup(function *Node) string {
	return cmp.Or(function.deployed.Text("loggingConfig", "logGroup"), "/aws/lambda/"+function.Resource)
}

// lines calls f with each line of a function from a time on that has a text in it.
func (c *Console) lines(ctx context.Context, function *Node, from time.Time, text string, f func(id string, l *line)) error {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(c.logs, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: aws.String(logGroup(function)), FilterPattern: aws.String(`"` + text + `"`), StartTime: aws.Int64(max(from.UnixMilli(), 0)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if _, none := errors.AsType[*types.ResourceNotFoundException](err); none {
			return nil // it is created with the first line
		}
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			l := &line{at: time.UnixMilli(*e.Timestamp).UTC(), function: function.ID}
			if json.Unmarshal([]byte(*e.Message), &l.fields) == nil { // a line that is not JSON is about no record
				f(*e.EventId, l)
			}
		}
	}
	return nil
}
