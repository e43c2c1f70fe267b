package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/provider"
)

// Meter computes what AWS charges, at list prices, for what ran in the resources of a stack from start to end.
type Meter func(ctx context.Context, config aws.Config, resources []provider.Resource, start, end time.Time) (*Charges, error)

// Charges are in dollars. What depends on time and not on traffic, such as alarms, is in the idle month only.
type Charges struct {
	Region, Date string // of the prices
	Traffic      []Charge
	IdleMonthUSD float64
}

// Charge is for a resource, by its name in the program.
type Charge struct {
	Service, Resource string
	USD               float64
}

// cost is a part of a bill.
type cost struct {
	Service string  `json:"service,omitempty"`
	Name    string  `json:"name,omitempty"` // of a component
	USD     float64 `json:"usd"`
	Share   float64 `json:"share"` // of the whole, from 0 to 1
}

// bill is what AWS would have charged for the traffic of the last minutes.
type bill struct {
	Region        string  `json:"region"`
	Date          string  `json:"date"` // of the prices
	Records       int     `json:"records"`
	Services      []cost  `json:"services"`
	Components    []cost  `json:"components"`
	TotalUSD      float64 `json:"totalUsd"`
	PerMillionUSD float64 `json:"perMillionUsd"` // for a million records
	IdleMonthUSD  float64 `json:"idleMonthUsd"`
}

// maxBill is for how many minutes the embedded cloud keeps metrics.
const maxBill = 24 * 60

func (c *Console) getBill(ctx context.Context, r *http.Request, _ *struct{}) (*bill, error) {
	minutes, err := number(r, "minutes", 60, maxBill)
	if err != nil {
		return nil, err
	}
	if c.meter == nil {
		return nil, absent("this program has no meter")
	}
	deployed, _ := c.cloud.Provider.Resources()
	end := c.cloud.Account.Clock.Now()
	start := end.Add(-time.Duration(minutes) * time.Minute)
	charged, err := c.meter(ctx, c.config, deployed, start, end)
	if err != nil {
		return nil, err
	}
	out := &bill{Region: charged.Region, Date: charged.Date, IdleMonthUSD: charged.IdleMonthUSD}
	for _, l := range charged.Traffic {
		out.TotalUSD += l.USD
	}
	if err := c.indexed(ctx, func(x *records) {
		for _, r := range x.list {
			if !r.Started.Before(start) {
				out.Records++
			}
		}
	}); err != nil {
		return nil, err
	}
	if out.Records > 0 {
		out.PerMillionUSD = out.TotalUSD / float64(out.Records) * 1e6
	}
	g := c.graph()
	out.Services = costs(charged.Traffic, out.TotalUSD, func(l Charge) cost { return cost{Service: l.Service} })
	out.Components = costs(charged.Traffic, out.TotalUSD, func(l Charge) cost { return cost{Name: cmp.Or(g.componentName(l.Resource), l.Resource)} })
	return out, nil
}

// costs adds up the lines that are of the same service or component, the highest first.
func costs(lines []Charge, total float64, of func(Charge) cost) []cost {
	sums := map[cost]float64{}
	for _, l := range lines {
		sums[of(l)] += l.USD
	}
	all := []cost{}
	for part, usd := range sums {
		part.USD, part.Share = usd, usd/total
		all = append(all, part)
	}
	slices.SortFunc(all, func(a, b cost) int {
		return cmp.Or(cmp.Compare(b.USD, a.USD), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// componentName is the name of the component that a resource belongs to by its own name, or "".
func (g *graph) componentName(resource string) (name string) {
	for _, c := range g.Components {
		if (resource == c.Name || strings.HasPrefix(resource, c.Name+"-")) && len(c.Name) > len(name) {
			name = c.Name
		}
	}
	return name
}
