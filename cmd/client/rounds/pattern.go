// Package rounds places orders in a deployed pattern concurrently, and measures when they are accepted and when they are completed. The
// times of completion are the times of log lines of the pattern's functions.
package rounds

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/order-patterns/order-patterns/cmd/client/auth"
	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/cmd/client/coffeeclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/coffee"
)

// functions are the functions that complete an order, by pattern. An order is completed once each of them has logged it.
var functions = map[string][]string{
	"fanout":       {"store-order", "write-invoice"},
	"orchestrator": {"store-order-task", "write-invoice-task"},
	"eventstream":  {"project-order", "invoice-order"},
	"checker":      {"ship-order"},
}

// Outputs are the outputs of a pattern that this package uses.
type Outputs struct {
	URL, APIKey, Auth string
	Functions         map[string]struct{ LogGroup string }
}

// Pattern is a deployed pattern. Prepare must be called before Round.
type Pattern struct {
	Name    string
	Outputs Outputs
	Logs    cloudwatchlogs.FilterLogEventsAPIClient
	// AtOnce is the number of concurrent requests. At least 1.
	AtOnce int
	// Authorize authenticates each request. Optional.
	Authorize auth.Authorize
	// Poll is the interval between reads of the logs, which cause load themselves. Default 1 second.
	Poll time.Duration
	// Limit is how long a round waits until its orders are completed. Default 5 minutes.
	Limit time.Duration

	groups []string // the log groups of the functions that complete an order
	place  func(ctx context.Context, n int, accepted func(id string)) (*load.Answers, error)
}

// UnpreparedError says why no orders can be placed in a pattern.
type UnpreparedError struct {
	Pattern string
	Err     error
}

func (e *UnpreparedError) Error() string {
	return fmt.Sprintf("no orders can be placed in %s: %v", e.Pattern, e.Err)
}

// Unwrap returns the cause.
func (e *UnpreparedError) Unwrap() error { return e.Err }

// Prepare creates the clients of the pattern's API. In the checker pattern it also sets the balances of new customers and products. They
// are sufficient for a million orders, so that all are shipped. There are so many of them that transactions rarely conflict. Errors are of
// type *UnpreparedError.
func (p *Pattern) Prepare(ctx context.Context) error {
	names, known := functions[p.Name]
	if !known {
		return &UnpreparedError{p.Name, errors.New("it is not known which functions complete them")}
	}
	for _, name := range names {
		group := p.Outputs.Functions[name].LogGroup
		if group == "" {
			return &UnpreparedError{p.Name, fmt.Errorf("its outputs have no log group of the function %s, which completes them", name)}
		}
		p.groups = append(p.groups, group)
	}
	if p.Name == "checker" {
		return p.prepareChecker(ctx)
	}
	client := coffeeclient.NewClient(p.Outputs.URL, p.AtOnce).Authorized(p.Authorize)
	p.place = func(ctx context.Context, n int, accepted func(id string)) (*load.Answers, error) {
		return (&coffeeclient.Load{
			Client: client, Generator: coffeeclient.NewGenerator(rand.Uint64(), time.Now), Count: n, AtOnce: p.AtOnce,
			Accepted: func(o coffee.Order) error { accepted(o.OrderID); return nil },
		}).Run(ctx)
	}
	return nil
}

func (p *Pattern) prepareChecker(ctx context.Context) error {
	client := checkerclient.NewClient(p.Outputs.URL, p.Outputs.APIKey, p.AtOnce).Authorized(p.Authorize)
	generator := checkerclient.NewGenerator(rand.Uint64(), 1_000_000, 1000, 100)
	if err := client.SetBalances(ctx, generator.Opening, p.AtOnce); err != nil {
		return &UnpreparedError{p.Name, err}
	}
	// Orders of unknown customers or products are skipped.
	next := func() checker.Order {
		for {
			order := generator.Next()
			_, customer := generator.Opening.Accounts[order.CustomerID]
			_, product := generator.Opening.Stock[order.Items[0].ProductID]
			if customer && product {
				return order
			}
		}
	}
	p.place = func(ctx context.Context, n int, accepted func(id string)) (*load.Answers, error) {
		return (&checkerclient.Load{
			Client: client, Next: next, Count: n, AtOnce: p.AtOnce,
			Accepted: func(r checker.Record) error { accepted(r.OrderID); return nil },
		}).Run(ctx)
	}
	return nil
}
