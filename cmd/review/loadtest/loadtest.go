// Package loadtest places orders in a pattern of two deployments, by rounds in turn, and measures throughput, latency and cost of both.
// What else the machine does affects both.
package loadtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/cmd/client/rounds"
)

const (
	// Rounds is how many rounds of each deployment are measured, after one that starts its functions.
	Rounds = 20
	// Orders is how many orders a round has.
	Orders = 150
	// AtOnce is how many of them are placed at a time.
	AtOnce = 16
)

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
	// Bills are of a million orders, one line for each unit. See side.bills.
	Bills []meter.Bill
}

// Result compares two deployments.
type Result struct {
	Pattern       string
	Before, After Measured
	// Failure is nil if all orders of both deployments were completed. Otherwise there is nothing to compare.
	Failure *Failure
}

// Failure is the reason why orders of a version were not accepted, or not completed.
type Failure struct {
	Version string // base or head
	Err     error
}

// Compare measures a pattern, which both deployments must have.
func Compare(ctx context.Context, pattern string, before, after Deployment) (Result, error) {
	r := Result{Pattern: pattern}
	base, head := newSide("base", pattern, before), newSide("head", pattern, after)
	// A round of each that is not measured, and then A B B A A B B A ..., so that a drift affects both alike.
	turns := []*side{base, head}
	for i := range Rounds {
		pair := []*side{base, head}
		if i%2 == 1 {
			slices.Reverse(pair)
		}
		turns = append(turns, pair...)
	}
	for _, s := range []*side{base, head} {
		if failure, err := s.check(s.prepare(ctx)); failure != nil || err != nil {
			r.Failure = failure
			return r, err
		}
	}
	for _, s := range turns {
		if failure, err := s.check(s.round(ctx)); failure != nil || err != nil {
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

// side is one of the two deployments.
type side struct {
	version  string
	pattern  *rounds.Pattern
	costs    *costs
	measured Measured
	warm     bool
}

func newSide(version, pattern string, d Deployment) *side {
	cfg, outputs := d.Cloud.Config(Region), d.Outputs[pattern]
	return &side{
		version: version,
		pattern: &rounds.Pattern{
			Name: pattern, Outputs: outputs, Logs: cloudwatchlogs.NewFromConfig(cfg), AtOnce: AtOnce,
			Authorize: d.Cloud.Authorize(outputs.Auth, Region), Poll: poll, Limit: limit,
		},
		costs: newCosts(cfg, meter.OfComponent(d.Resources, pattern)),
	}
}

// check returns what the page says about an error, or the error itself if it says nothing about the version.
func (s *side) check(err error) (*Failure, error) {
	var incomplete *rounds.IncompleteError
	var unprepared *rounds.UnpreparedError
	if errors.As(err, &incomplete) || errors.As(err, &unprepared) {
		return &Failure{s.version, err}, nil
	}
	return nil, err
}

func (s *side) prepare(ctx context.Context) error { return s.pattern.Prepare(ctx) }

// round places the orders of one round. The first one is not measured.
func (s *side) round(ctx context.Context) error {
	r, err := s.pattern.Round(ctx, Orders)
	if err != nil {
		return fmt.Errorf("the %s: %w", s.version, err)
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
	m.PerOrder = append(m.PerOrder, rounds.Quantile(r.Completed, 1)/Orders)
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
	s.measured.Bills, err = s.costs.bills(ctx)
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
