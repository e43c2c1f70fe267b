package integration_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// readItems reads the items of these accounts from the table, in the form of accountHistory.items.
func readItems(t *testing.T, table string, histories []accountHistory) map[string]string {
	t.Helper()
	items := map[string]string{}
	pages := dynamodb.NewScanPaginator(dynamoDBClient(t), &dynamodb.ScanInput{
		TableName: &table, ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("begins_with(accountid, :prefix)"),
		ExpressionAttributeValues: map[string]dbtypes.AttributeValue{":prefix": &dbtypes.AttributeValueMemberS{Value: accountPrefix(histories[0].account)}},
	})
	text := func(v dbtypes.AttributeValue) string { return v.(*dbtypes.AttributeValueMemberS).Value }
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, it := range page.Items {
			what := it["eventtype"].(*dbtypes.AttributeValueMemberL).Value[0]
			items[text(it["accountid"])+"/"+text(it["vendorid"])] = text(it["orderid"]) + " " + text(what)
		}
	}
	return items
}

// appliedEvent is the log line that the function project-order writes for an event.
type appliedEvent struct {
	Time               time.Time `json:"timestamp"`
	OrderID, EventType string
}

// appliedEvents returns the first log line of each event of these accounts, sorted by time. The log names no account, so
// events with ids that other accounts use too are left out.
func appliedEvents(t *testing.T, e *eventStreamOutputs, from time.Time, histories []accountHistory) []appliedEvent {
	t.Helper()
	var lines []appliedEvent
	prefix := accountPrefix(histories[0].account)
	group := e.Functions["project-order"].LogGroup
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(logsClient(t), &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName: &group, StartTime: aws.Int64(from.UnixMilli()), FilterPattern: aws.String(`"` + prefix + `"`),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, event := range page.Events {
			var line appliedEvent
			require.NoError(t, json.Unmarshal([]byte(*event.Message), &line))
			if strings.HasPrefix(line.OrderID, prefix) {
				lines = append(lines, line)
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b appliedEvent) int { return a.Time.Compare(b.Time) })
	seen := map[string]bool{}
	return slices.DeleteFunc(lines, func(l appliedEvent) bool {
		event := l.OrderID + " " + l.EventType
		repeated := seen[event]
		seen[event] = true
		return repeated
	})
}

// countEvents returns how many events appliedEvents returns in the end.
func countEvents(histories []accountHistory) (n int) {
	for _, h := range histories {
		if h.hasOwnIDs() {
			n += len(h.events())
		}
	}
	return n
}

// requireAppliedInOrder asserts that each account's events were first applied in the order in which they were placed.
func requireAppliedInOrder(t *testing.T, e *eventStreamOutputs, from time.Time, histories []accountHistory) {
	t.Helper()
	order := map[string][]string{}
	for _, line := range appliedEvents(t, e, from, histories) {
		account, _, _ := strings.Cut(line.OrderID, ".")
		order[account] = append(order[account], line.OrderID+" "+line.EventType)
	}
	for _, h := range histories {
		if h.hasOwnIDs() {
			require.Equal(t, h.events(), order[h.account])
		}
	}
}

// readInvoices lists the invoices of these accounts, by account.
func readInvoices(t *testing.T, bucket string, histories []accountHistory) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, h := range histories {
		all[h.account] = invoices(t, bucket, h.account)
	}
	return all
}

// allInvoiced returns whether each account has at least as many invoices as its history requires.
func allInvoiced(t *testing.T, bucket string, histories []accountHistory) bool {
	t.Helper()
	return !slices.ContainsFunc(histories, func(h accountHistory) bool {
		return len(invoices(t, bucket, h.account)) < len(h.invoiced())
	})
}
