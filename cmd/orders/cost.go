package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/spf13/cobra"

	"github.com/order-patterns/order-patterns/cmd/client/localstack"
	"github.com/order-patterns/order-patterns/cmd/client/meter"
)

type costFlags struct {
	since     time.Duration
	state     string
	region    string
	resources bool
}

func costCommand(t *target) *cobra.Command {
	var f costFlags
	cmd := &cobra.Command{
		Use:   "cost",
		Short: "Print what AWS charges for the last hour, and for a month without requests",
		Long: "Print what AWS charges for the requests to a stack in the last hour, and for a month without requests: by service, or with\n" +
			"--resources by resource. Prices are list prices; free tiers and stored data are not counted. For the local stack, print\n" +
			"what the same requests would cost on AWS, with functions for arm64.\n\n" +
			"For a stack on AWS, --state names a file with the output of `pulumi stack export`. Needs cloudwatch:GetMetricData,\n" +
			"cloudwatch:ListMetrics, logs:FilterLogEvents, xray:GetTraceSummaries, states:ListExecutions, states:GetExecutionHistory\n" +
			"and s3:ListBucket.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.url != "" {
				return errors.New("cost needs the state of a stack, not a URL: name the state of a stack on AWS with --state")
			}
			if f.since < time.Minute || f.since > 15*24*time.Hour {
				return fmt.Errorf("--since must be from 1m to 360h, got %s", f.since)
			}
			return cost(cmd, t, f)
		},
	}
	cmd.Flags().DurationVar(&f.since, "since", time.Hour, "length of the time range that ends now, 1m to 360h; an embedded cloud keeps metrics for 24h")
	cmd.Flags().StringVar(&f.state, "state", "", "file with the output of `pulumi stack export` (default: the running local stack)")
	cmd.Flags().StringVar(&f.region, "region", "", "Region of the stack and of the prices (default: the Region of your AWS configuration; "+localRegion+" for the local stack)")
	cmd.Flags().BoolVar(&f.resources, "resources", false, "print each resource")
	return cmd
}

func cost(cmd *cobra.Command, t *target, f costFlags) error {
	m, region, err := findMeter(cmd.Context(), f.state, f.region)
	if err != nil {
		return err
	}
	if t.pattern != "" && t.pattern != "all" {
		if m.Resources = meter.OfComponent(m.Resources, t.pattern); len(m.Resources) == 0 {
			return fmt.Errorf("the stack has no resource of the pattern %q", t.pattern)
		}
		m.Dimensions = map[string]string{"Pattern": t.pattern}
	}
	prices, err := meter.PricesOf(region)
	if err != nil {
		return err
	}
	end := time.Now()
	used, err := m.Used(cmd.Context(), end.Add(-f.since), end)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		title string
		used  []meter.Quantity
	}{
		{fmt.Sprintf("From %s to %s UTC", end.Add(-f.since).UTC().Format("2006-01-02 15:04"), end.UTC().Format("15:04")), used},
		{"A month in which nothing runs", append(meter.Idle(m.Resources, meter.Month), meter.MethodMetrics(m.Resources, false)...)},
	} {
		bill, err := prices.Bill(part.used)
		if err != nil {
			return err
		}
		if !f.resources {
			bill = bill.ByUnit()
		}
		fmt.Fprintf(cmd.OutOrStdout(), "%s, at list prices of %s (%s):\n", part.title, prices.Region, prices.Date)
		if err := bill.Print(cmd.OutOrStdout(), f.resources); err != nil {
			return err
		}
	}
	return nil
}

// orderMetrics is the namespace of the metrics of orders: see handlers/kit/metric.
const orderMetrics = "OrderPatterns"

// findMeter returns a meter of the stack in a file, or else of the local stack, and its Region.
func findMeter(ctx context.Context, state, region string) (*meter.Meter, string, error) {
	var data []byte
	var cfg aws.Config
	local := state == ""
	if local {
		stack, err := localstack.Find()
		if err != nil {
			return nil, "", err
		}
		cloud, err := stack.Cloud()
		if err != nil {
			return nil, "", err
		}
		if data, err = stack.State(); err != nil {
			return nil, "", err
		}
		cfg = cloud.Config(localRegion)
	} else {
		var err error
		if data, err = os.ReadFile(state); err != nil {
			return nil, "", fmt.Errorf("reading the state of the stack: %w", err)
		}
		var options []func(*config.LoadOptions) error
		if region != "" {
			options = append(options, config.WithRegion(region))
		}
		if cfg, err = config.LoadDefaultConfig(ctx, options...); err != nil {
			return nil, "", fmt.Errorf("loading the AWS configuration: %w", err)
		}
	}
	if region == "" {
		region = cfg.Region
	}
	resources, err := meter.ReadState(data)
	if err != nil {
		return nil, "", err
	}
	m := meter.New(cfg, resources)
	m.Namespace = orderMetrics
	if local {
		m.Architecture = "arm64" // the default on AWS
	}
	return m, region, nil
}

// costs measures what the orders of a demo use.
type costs struct {
	meter  *meter.Meter
	start  time.Time
	before []meter.Quantity
	err    error
}

// notOrders are the functions of a demo that only read orders or set balances.
func notOrders(pattern string) map[string]meter.Left {
	return map[string]meter.Left{
		pattern + "-get-order":        {Reads: pattern + "-orders"},
		pattern + "-get-order-status": {Reads: pattern + "-orders"},
		pattern + "-get-invoice":      {},
		pattern + "-update-account":   {Writes: pattern + "-accounts"},
		pattern + "-update-stock":     {Writes: pattern + "-stock"},
	}
}

func beginCosts(ctx context.Context, pattern string) costs {
	c := costs{start: time.Now()}
	if c.meter, _, c.err = findMeter(ctx, "", ""); c.err != nil {
		return c
	}
	c.meter.Resources = meter.OfComponent(c.meter.Resources, pattern)
	c.meter.Without, c.meter.Namespace = notOrders(pattern), ""
	c.before, c.err = c.meter.Used(ctx, c.start, c.start)
	return c
}

// line returns what a million orders cost, based on the n orders since the beginning.
func (c costs) line(ctx context.Context, n int) (string, error) {
	if c.err != nil {
		return "", c.err
	}
	prices, err := meter.PricesOf(localRegion)
	if err != nil {
		return "", err
	}
	after, err := c.meter.Used(ctx, c.start, time.Now())
	if err != nil {
		return "", err
	}
	bill, err := prices.Bill(meter.Minus(after, c.before))
	if err != nil {
		return "", err
	}
	bill = bill.Orders().PerMillion(n)
	return fmt.Sprintf("on AWS, a million of these orders would cost %s dollars (list prices of %s, %s): %s",
		meter.Dollars(bill.Total()), prices.Region, prices.Date, strings.TrimSpace(bill.Most(3))), nil
}
