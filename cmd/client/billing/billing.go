// Package billing computes the bill that the page of an embedded cloud shows.
package billing

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/local/console"
	"github.com/order-patterns/order-patterns/local/provider"
)

// Charges is a console.Meter with the list prices of package meter. Functions have the prices of arm64, the default architecture on AWS.
func Charges(ctx context.Context, config aws.Config, deployed []provider.Resource, start, end time.Time) (*console.Charges, error) {
	resources := make([]meter.Resource, len(deployed))
	for i, d := range deployed {
		resources[i] = meter.Resource{Type: d.Type, Name: d.Name, ID: d.ID, Properties: d.Properties}
	}
	m := meter.New(config, resources)
	m.Architecture = "arm64"
	used, err := m.Used(ctx, start, end)
	if err != nil {
		return nil, err
	}
	prices, err := meter.PricesOf(config.Region)
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
	out := &console.Charges{Region: prices.Region, Date: prices.Date, IdleMonthUSD: idle.Total()}
	for _, l := range all.Orders() {
		out.Traffic = append(out.Traffic, console.Charge{Service: l.Service, Resource: l.Resource, USD: l.USD})
	}
	return out, nil
}
