package part

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/cmd/review/loadtest"
)

// around are durations whose median is a number of milliseconds.
func around(ms int) (list []time.Duration) {
	for i := -2; i <= 2; i++ {
		list = append(list, time.Duration(ms*100+i)*time.Millisecond/100)
	}
	return list
}

// measured has a bill with these costs of SQS and Lambda in each round.
func measured(perOrder, completion int, sqs, lambda float64) loadtest.Measured {
	m := loadtest.Measured{
		PerOrder: around(perOrder), AnswersP50: around(5), AnswersP99: around(9), CompletionP50: around(completion), CompletionP99: around(2 * completion),
	}
	for i := range 5 {
		noise := float64(i) / 100
		m.Bills = append(m.Bills, meter.Bill{
			{Service: "SQS", Unit: "requests", USD: sqs + noise}, {Service: "Lambda", Unit: "requests", USD: lambda + noise},
		})
	}
	return m
}

func TestOrdersAreComparedByPattern(t *testing.T) {
	l := &Load{
		Results: []loadtest.Result{
			{Pattern: "checker", Orders: 150, Before: measured(2, 50, 1, 3), After: measured(2, 50, 1, 3)},
			{Pattern: "fanout", Orders: 150, Before: measured(2, 50, 1, 3), After: measured(4, 60, 2, 3)},
		},
		Same: []string{"eventstream", "orchestrator"},
		New:  []string{"other"},
	}
	speed := l.speed()
	require.Equal(t, "Orders were placed in both versions, each deployed to an empty embedded cloud of its own, by rounds in turn, 16 at a time. "+
		"Median and quartiles of 5 rounds of each version. Completion is from the API's answer until the last function has processed the order. "+
		"For throughput the difference is that of the time for an order.\n\n"+
		"| pattern | measured | before | after | difference |\n|---|---|--:|--:|---|\n"+
		"| `checker`, rounds of 150 | orders completed a second | 500 (498 to 503) | 500 (498 to 503) | within the spread |\n"+
		"|  | answer, p50 | 5.0 ms (5.0 to 5.0) | 5.0 ms (5.0 to 5.0) | within the spread |\n"+
		"|  | answer, p99 | 9.0 ms (9.0 to 9.0) | 9.0 ms (9.0 to 9.0) | within the spread |\n"+
		"|  | completion, p50 | 50.0 ms (50.0 to 50.0) | 50.0 ms (50.0 to 50.0) | within the spread |\n"+
		"|  | completion, p99 | 100.0 ms (100.0 to 100.0) | 100.0 ms (100.0 to 100.0) | within the spread |\n"+
		"| `fanout`, rounds of 150 | orders completed a second | 500 (498 to 503) | 250 (249 to 251) | **100 % slower** |\n"+
		"|  | answer, p50 | 5.0 ms (5.0 to 5.0) | 5.0 ms (5.0 to 5.0) | within the spread |\n"+
		"|  | answer, p99 | 9.0 ms (9.0 to 9.0) | 9.0 ms (9.0 to 9.0) | within the spread |\n"+
		"|  | completion, p50 | 50.0 ms (50.0 to 50.0) | 60.0 ms (60.0 to 60.0) | **20 % slower** |\n"+
		"|  | completion, p99 | 100.0 ms (100.0 to 100.0) | 120.0 ms (120.0 to 120.0) | **20 % slower** |\n\n"+
		"No orders were placed in `eventstream`, `orchestrator`: nothing differs there that they run through. No orders were placed in `other`: the base does not have it.",
		speed.Markdown)
	require.Equal(t, "**slower orders of `fanout`**", speed.Summary)
	require.Equal(t, map[string]float64{"slower": 1}, speed.Met)

	cost := l.cost()
	require.Equal(t, "A million orders, from those that were placed to measure the speed: median and quartiles of the rounds of each version, in dollars. "+
		"Compute time is that of this machine. What differs, and the spread does not explain it:\n\n"+
		"| pattern | what | before | after | difference |\n|---|---|--:|--:|--:|\n"+
		"| `fanout` | SQS, requests | 1.02 (1.01 to 1.03) | 2.02 (2.01 to 2.03) | +1.00 |\n"+
		"| `fanout` | in all | 4.04 (4.02 to 4.06) | 5.04 (5.02 to 5.06) | +1.00 |\n\n"+
		"A million orders cost what they did, within the spread: `checker` 4.04 dollars.", cost.Markdown)
	require.Equal(t, "cost of orders: `fanout` +24.8 %", cost.Summary)
	require.Empty(t, cost.Met)
}

func TestServiceThatOnlyOneVersionUses(t *testing.T) {
	r := loadtest.Result{Pattern: "fanout", Before: measured(2, 50, 1, 3), After: measured(2, 50, 1, 3)}
	for i := range r.After.Bills {
		r.After.Bills[i] = append(r.After.Bills[i], meter.Line{Service: "S3", USD: 5})
	}
	require.Equal(t, []string{"| `fanout` | S3,  | 0.00 (0.00 to 0.00) | 5.00 (5.00 to 5.00) | +5.00 |"}, orderRows(r))
}

func TestOrdersThatFail(t *testing.T) {
	l := &Load{Results: []loadtest.Result{
		{Pattern: "checker", Failure: &loadtest.Failure{Version: "base", Err: errors.New("it was broken before")}},
		{Pattern: "fanout", Failure: &loadtest.Failure{Version: "head", Err: errors.New("150 of 150 orders were not completed")}},
	}}
	speed := l.speed()
	require.Equal(t, "Orders of `checker` fail in the base: it was broken before.\n\n**Orders of `fanout` fail in the head: 150 of 150 orders were not completed.**", speed.Markdown)
	require.Equal(t, "**orders of `fanout` fail**", speed.Summary)
	require.Equal(t, map[string]float64{"slower": math.Inf(1)}, speed.Met)
	require.Equal(t, Section{}, l.cost())
}

func TestNoOrdersWerePlaced(t *testing.T) {
	require.Equal(t, Section{Markdown: "No orders were placed: the change cannot be deployed."}, (&Load{Without: "the change cannot be deployed"}).speed())
}
