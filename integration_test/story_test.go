package integration_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

// requireStory asserts that one query by an order's id finds a line of each of the functions that worked on it, all with the id of
// the order's trace, and that one query by this id finds the line of the access log besides. The queries are those that the stack
// has saved.
func requireStory(t *testing.T, traceID, orderID string, functions map[string]function, accessLog string, work ...string) {
	t.Helper()
	slices.Sort(work)
	byLog := map[string]string{accessLog: "access log"}
	for zip, fn := range functions {
		byLog[fn.LogGroup] = zip
	}
	story := func(query, placeholder, id string) (logs []string, lines []map[string]string) {
		lines = runSavedQuery(t, functions[work[0]].LogGroup, query, placeholder, id)
		found := map[string]bool{}
		for _, line := range lines {
			_, group, _ := strings.Cut(line["@log"], ":")
			found[byLog[group]] = true
		}
		return slices.Sorted(maps.Keys(found)), lines
	}
	var lines []map[string]string
	eventuallyAdvancing(t, "each function has logged the order", func() (complete bool) {
		var logs []string
		logs, lines = story("order", "ORDER-ID", orderID)
		return slices.Equal(work, logs)
	})
	for _, line := range lines {
		require.Equal(t, traceID, line["traceId"], line)
	}
	if accessLog == "" {
		return
	}
	eventuallyAdvancing(t, "the access log tells of the order's request", func() bool {
		logs, _ := story("trace", "TRACE-ID", traceID)
		return slices.Equal(slices.Sorted(slices.Values(append([]string{"access log"}, work...))), logs)
	})
}

// runSavedQuery runs the saved query with this name for a log group, with an id in the place of its placeholder, and returns the
// fields of the lines.
func runSavedQuery(t *testing.T, logGroup, name, placeholder, id string) (lines []map[string]string) {
	t.Helper()
	client := logsClient(t)
	saved, err := client.DescribeQueryDefinitions(t.Context(), &cloudwatchlogs.DescribeQueryDefinitionsInput{})
	require.NoError(t, err)
	i := slices.IndexFunc(saved.QueryDefinitions, func(q types.QueryDefinition) bool {
		return strings.HasSuffix(*q.Name, "/"+name) && slices.Contains(q.LogGroupNames, logGroup)
	})
	require.NotEqual(t, -1, i, "there is no saved query %s for %s", name, logGroup)
	query := saved.QueryDefinitions[i]
	return runQuery(t, query.LogGroupNames, strings.Replace(*query.QueryString, placeholder, id, 1))
}

// runQuery runs a query on the last hour of log groups, and returns the fields of the lines.
func runQuery(t *testing.T, logGroups []string, text string) (lines []map[string]string) {
	t.Helper()
	client := logsClient(t)
	started, err := client.StartQuery(t.Context(), &cloudwatchlogs.StartQueryInput{
		LogGroupNames: logGroups, QueryString: &text,
		StartTime: aws.Int64(now().Add(-time.Hour).Unix()), EndTime: aws.Int64(now().Add(time.Minute).Unix()),
	})
	require.NoError(t, err)
	eventually(t, "the query has ended", func() bool {
		got, err := client.GetQueryResults(t.Context(), &cloudwatchlogs.GetQueryResultsInput{QueryId: started.QueryId})
		require.NoError(t, err)
		lines = nil
		for _, result := range got.Results {
			line := map[string]string{}
			for _, field := range result {
				line[*field.Field] = *field.Value
			}
			lines = append(lines, line)
		}
		return got.Status == types.QueryStatusComplete
	})
	return lines
}

// The saved query counts errors by what they have in common: their texts have the ids of orders and requests.
func TestErrorsAreCountedByTheirCause(t *testing.T) {
	f := fanOut(t)
	fn := f.Functions["write-invoice"]
	resume := inject(t, fault.Rule{Action: "s3:PutObject", Principal: "*:assumed-role/" + fn.RoleName + "/*", Do: fail(accessDenied)})
	for range 3 {
		place(t, f.URL, newOrder(newAccount(), "v0", time.Now()))
	}
	eventuallyAdvancing(t, "the failures are one row", func() bool {
		for _, row := range runSavedQuery(t, fn.LogGroup, "errors", "", "") {
			count, err := strconv.Atoi(row["lines"])
			require.NoError(t, err)
			if strings.HasSuffix(row["@log"], fn.LogGroup) && row["cause"] == "AccessDenied" && count >= 3 {
				return true
			}
		}
		return false
	})
	resume()
}
