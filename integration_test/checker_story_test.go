package integration_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheStoryOfAnOrderOfTheChecker finds all lines about an order by its id, and by the trace of its request, whether it is
// sampled or not. The lines of its outcomes have the metrics.
func TestTheStoryOfAnOrderOfTheChecker(t *testing.T) {
	embedded(t)
	c := checkerPattern(t)
	customer, product := c.newCustomerAndProduct(t, "10", 10)
	var groups []string
	for _, fn := range c.Functions {
		groups = append(groups, fn.LogGroup)
	}
	for _, sampled := range []string{"1", "0"} {
		for _, tt := range []struct {
			quantity int
			story    []string // the outcomes of its lines
		}{
			{1, []string{"accepted", "sufficient", "sufficient", "applied", "ready", "shipped", "ready", "decided"}},
			{11, []string{"accepted", "insufficient", "sufficient", "rejected", "applied", "decided"}},
		} {
			t.Run(fmt.Sprintf("%d pieces, sampled %s", tt.quantity, sampled), func(t *testing.T) {
				id, header := newTrace()
				header[1] = strings.Replace(header[1], "Sampled=1", "Sampled="+sampled, 1)
				orderID := c.placeOrder(t, checkerOrder(customer, product, tt.quantity, "1"), header...)
				c.waitForDecision(t, orderID)
				waitUntilEmpty(t, c.queues()...) // of the finding that does not matter any more
				c.relayed(t)
				const fields = "fields orderId, customerId, traceId, pattern, outcome, message, Accepted, Shipped, Rejected, Reason, SecondsToDone | filter "
				var rows []map[string]string
				err := wait{}.until("the story is complete", func() (bool, error) {
					rows = runQuery(t, groups, fields+fmt.Sprintf("traceId = %q", id))
					return len(rows) >= len(tt.story), nil
				})
				require.NoError(t, err, "%v", rows)
				metrics, outcomes := map[string]string{}, []string{}
				for _, row := range rows {
					require.Equal(t, []string{orderID, customer, id, "checker"}, []string{row["orderId"], row["customerId"], row["traceId"], row["pattern"]}, "%v", row)
					outcomes = append(outcomes, row["outcome"])
					for _, name := range []string{"Accepted", "Shipped", "Rejected", "Reason"} {
						if row[name] != "" {
							metrics[name] += row[name]
						}
					}
					if row["Shipped"]+row["Rejected"] != "" {
						require.NotEmpty(t, row["SecondsToDone"])
					}
				}
				slices.Sort(outcomes)
				require.Equal(t, slices.Sorted(slices.Values(tt.story)), outcomes)
				if tt.quantity == 1 {
					require.Equal(t, map[string]string{"Accepted": "1", "Shipped": "1"}, metrics)
				} else {
					require.Equal(t, map[string]string{"Accepted": "1", "Rejected": "1", "Reason": "Stock"}, metrics)
				}
				require.Len(t, runQuery(t, groups, fields+fmt.Sprintf("orderId = %q", orderID)), len(rows))
			})
		}
	}
}
