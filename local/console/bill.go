package console

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/meter"
)

// cost is a part of a bill.
type cost struct {
	Service string  `json:"service,omitempty"`
	Name    string  `json:"name,omitempty"` // of a component
	USD     float64 `json:"usd"`
	Share   float64 `json:"share"` // of the whole, from 0 to 1
}

// bill is what AWS would have charged for the traffic of the last minutes, at list prices. What depends on time and not on traffic, such
// as alarms, is in the idle month only.
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
	deployed, _ := c.cloud.Provider.Resources()
	resources := make([]meter.Resource, len(deployed))
	for i, d := range deployed {
		resources[i] = meter.Resource{Type: d.Type, Name: d.Name, ID: d.ID, Properties: d.Properties}
	}
	g, m := c.graph(), meter.New(c.config, resources)
	m.Architecture = "arm64" // the default on AWS
	end := c.cloud.Account.Clock.Now()
	start := end.Add(-time.Duration(minutes) * time.Minute)
	used, err := m.Used(ctx, start, end)
	if err != nil {
		return nil, err
	}
	prices, err := meter.PricesOf(c.config.Region)
	if err != nil {
		return nil, err
	}
	all, err := prices.Bill(used)
	if err != nil {
		return nil, err
	}
	idle, err := prices.Bill(append(meter.Idle(resources, meter.Month), meter.MethodMetrics(resources, false)...))
	if err != nil {
		return nil, err
	}
	traffic := all.Orders()
	out := &bill{Region: prices.Region, Date: prices.Date, TotalUSD: traffic.Total(), IdleMonthUSD: idle.Total()}
	if err := c.indexed(ctx, func(x *records) error {
		for _, r := range x.list {
			if !r.Started.Before(start) {
				out.Records++
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if out.Records > 0 {
		out.PerMillionUSD = traffic.PerMillion(out.Records).Total()
	}
	out.Services = costs(traffic, func(l meter.Line) cost { return cost{Service: l.Service} })
	out.Components = costs(traffic, func(l meter.Line) cost { return cost{Name: cmp.Or(g.componentName(l.Resource), l.Resource)} })
	return out, nil
}

// costs adds up the lines that are of the same service or component, the highest first.
func costs(lines meter.Bill, of func(meter.Line) cost) []cost {
	sums, total := []cost{}, max(lines.Total(), math.SmallestNonzeroFloat64)
	for _, l := range lines {
		part := of(l)
		i := slices.IndexFunc(sums, func(c cost) bool { return c.Service == part.Service && c.Name == part.Name })
		if i < 0 {
			i, sums = len(sums), append(sums, part)
		}
		sums[i].USD += l.USD
		sums[i].Share += l.USD / total
	}
	slices.SortStableFunc(sums, func(a, b cost) int { return cmp.Compare(b.USD, a.USD) })
	return sums
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
