// Package loadtest places orders in a pattern of two deployments, by rounds in turn, and measures throughput, latency and cost of both.
// What else the machine does affects both.
package loadtest

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/cmd/client/rounds"
)

// AtOnce is how many orders are placed at a time.
const AtOnce = 16

// orders is how many orders a round has. The readers of a stream look for records once a second, so a round must be longer. A log group
// of the embedded cloud keeps 8 MiB, which suffices for 10,000 orders: the meter reads those of all rounds.
func orders(pattern string) int {
	if pattern == "eventstream" {
		return 350
	}
	return 150
}

const (
	poll  = 200 * time.Millisecond
	limit = time.Minute            // for the completion of a round
	pause = 300 * time.Millisecond // after a round, in which functions finish what follows the completion of an order
	// Region is that of the embedded cloud.
	Region = "us-east-1"
)

// Deployment is a deployed version of the program.
type Deployment struct {
	Cloud     localstack.Cloud
	Outputs   map[string]rounds.Outputs // by pattern
	Resources []meter.Resource
}

// Measured is what the rounds of a deployment took and cost. Each list has an entry for each round.
type Measured struct {
	// PerOrder is the time of the round divided by its orders. The time ends when the last order is completed.
	PerOrder []time.Duration
	// Answers are percentiles of the time until the API's answer, Completion those from the answer to the order's completion.
	AnswersP50, AnswersP99, CompletionP50, CompletionP99 []time.Duration
	// Bills are of a million orders, with one line for each unit, such as requests of SQS.
	Bills []meter.Bill
}

// Result compares two deployments.
type Result struct {
	Pattern string
	// Orders is how many orders each round has.
	Orders        int
	Before, After Measured
	// Failure is nil if all orders of both deployments were completed. Otherwise there is nothing to compare.
	Failure *Failure
}

// Failure is the reason why orders of a version were not accepted, or not completed.
type Failure struct {
	Version string // base or head
	Err     error
}

// Compare measures a pattern, which both deployments must have. count is how many rounds of each are measured, at least 1.
func Compare(ctx context.Context, pattern string, count int, before, after Deployment) (Result, error) {
	r := Result{Pattern: pattern, Orders: orders(pattern)}
	base, head := newSide("base", pattern, before), newSide("head", pattern, after)
	for _, s := range []*side{base, head} {
		if failure, err := s.check(ctx, s.pattern.Prepare(ctx)); failure != nil || err != nil {
			r.Failure = failure
			return r, err
		}
	}
	for _, s := range turns(base, head, count) {
		if failure, err := s.check(ctx, s.round(ctx)); failure != nil || err != nil {
			r.Failure = failure
			return r, err
		}
	}
	for _, s := range []*side{base, head} {
		if err := s.finish(ctx); err != nil {
			return r, err
		}
	}
	r.Before, r.After = base.measured, head.measured
	return r, nil
}

// turns returns in which order the rounds are placed: one of each that is not measured, because it starts functions, and then
// A B B A A B B A ..., so that a drift of the machine affects both alike.
func turns[T any](a, b T, count int) []T {
	list := []T{a, b}
	for i := range count {
		if i%2 == 0 {
			list = append(list, a, b)
		} else {
			list = append(list, b, a)
		}
	}
	return list
}

// side is one of the two deployments.
type side struct {
	version  string
	pattern  *rounds.Pattern
	orders   int // of a round
	costs    *costs
	measured Measured
	warm     bool
}

func newSide(version, pattern string, d Deployment) *side {
	cfg, outputs := d.Cloud.Config(Region), d.Outputs[pattern]
	return &side{
		version: version, orders: orders(pattern),
		pattern: &rounds.Pattern{
			Name: pattern, Outputs: outputs, Logs: cloudwatchlogs.NewFromConfig(cfg), AtOnce: AtOnce,
			Authorize: d.Cloud.Authorize(outputs.Auth, Region), Poll: poll, Limit: limit,
		},
		costs: newCosts(cfg, meter.OfComponent(d.Resources, pattern)),
	}
}

// check returns what the page says about an error, or the error itself if it says nothing about the version.
func (s *side) check(ctx context.Context, err error) (*Failure, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var incomplete *rounds.IncompleteError
	var unprepared *rounds.UnpreparedError
	if errors.As(err, &incomplete) || errors.As(err, &unprepared) {
		return &Failure{s.version, err}, nil
	}
	return nil, err
}

// round places the orders of one round. The first one is not measured.
func (s *side) round(ctx context.Context) error {
	r, err := s.pattern.Round(ctx, s.orders)
	if err != nil {
		return err
	}
	if err := wait(ctx, pause); err != nil {
		return err
	}
	if err := s.costs.read(ctx); err != nil {
		return err
	}
	if !s.warm {
		s.warm = true
		return nil
	}
	m := &s.measured
	m.PerOrder = append(m.PerOrder, rounds.Quantile(r.Completed, 1)/time.Duration(s.orders))
	m.AnswersP50, m.AnswersP99 = append(m.AnswersP50, r.Answers.Latency(50)), append(m.AnswersP99, r.Answers.Latency(99))
	m.CompletionP50 = append(m.CompletionP50, rounds.Quantile(r.Delays, 0.5))
	m.CompletionP99 = append(m.CompletionP99, rounds.Quantile(r.Delays, 0.99))
	return nil
}

// finish reads what is billed after the last round.
func (s *side) finish(ctx context.Context) (err error) {
	if err := s.costs.drain(ctx); err != nil {
		return err
	}
	s.measured.Bills, err = s.costs.bills(ctx, s.orders)
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
