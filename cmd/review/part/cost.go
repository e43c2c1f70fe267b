package part

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
)

// Cost compares what a month costs in which nothing runs, and what orders cost.
type Cost struct {
	// Load is what orders show. Required.
	Load *Load

	idle []meter.Bill // base, head
}

// priceRegion is the Region of the prices, that of Pulumi.local.yaml.
const priceRegion = "us-east-1"

// Title implements Part.
func (c *Cost) Title() string { return "Cost" }

// Measure implements Part.
func (c *Cost) Measure(_ context.Context, v Version) error {
	text, err := v.export()
	if err != nil {
		return err
	}
	resources, err := meter.ReadState(text)
	if err != nil {
		return err
	}
	prices, err := meter.PricesOf(priceRegion)
	if err != nil {
		return err
	}
	bill, err := prices.Bill(append(meter.Idle(resources, meter.Month), meter.MethodMetrics(resources, false)...))
	if err != nil {
		return err
	}
	c.idle = append(c.idle, bill)
	return nil
}

// Section implements Part.
func (c *Cost) Section(context.Context) (Section, error) {
	section, err := c.month()
	if err != nil {
		return Section{}, err
	}
	return section.and(c.Load.cost()), nil
}

// month compares what a month costs in which nothing runs.
func (c *Cost) month() (Section, error) {
	prices, err := meter.PricesOf(priceRegion)
	if err != nil {
		return Section{}, err
	}
	before, after := c.idle[0], c.idle[1]
	rows := compareBills(before, after)
	if len(rows) == 0 {
		return Section{Markdown: fmt.Sprintf("A month in which nothing runs costs what it did: %.2f dollars.", after.Total())}, nil
	}
	section := Section{Markdown: fmt.Sprintf("A month in which nothing runs costs %.2f dollars, before %.2f (list prices of %s, %s). What differs:\n\n"+
		"| pattern | what | before | after | difference |\n|---|---|--:|--:|--:|\n", after.Total(), before.Total(), prices.Region, prices.Date) + strings.Join(rows, "\n")}
	if by := after.Total() - before.Total(); math.Abs(by) >= rounding {
		section.Summary = fmt.Sprintf("idle month: %+.2f dollars", by)
	}
	return section, nil
}

// rounding is the smallest difference that is shown, in dollars.
const rounding = 0.005

// compareBills returns rows for each pattern that costs more or less than before: one for each unit, such as alarms, with the
// resources that make the difference, and the sum. The name of a resource begins with that of its pattern.
func compareBills(before, after meter.Bill) (rows []string) {
	was, is := byPattern(before), byPattern(after)
	patterns := maps.Clone(was)
	maps.Copy(patterns, is)
	for _, pattern := range slices.Sorted(maps.Keys(patterns)) {
		old, new := was[pattern], is[pattern]
		units := unitRows(pattern, old, new)
		if len(units) > 0 {
			rows = append(append(rows, units...), costRow(pattern, "in all", old.Total(), new.Total()))
		}
	}
	return rows
}

func byPattern(b meter.Bill) map[string]meter.Bill {
	all := map[string]meter.Bill{}
	for _, l := range b {
		pattern, _, _ := strings.Cut(l.Resource, "-")
		all[pattern] = append(all[pattern], l)
	}
	return all
}

// unitRows leaves out the resources that cost what they did, and units of which one resource costs as much more as another less.
func unitRows(pattern string, before, after meter.Bill) (rows []string) {
	type cost struct{ before, after float64 }
	units := map[string]map[string]cost{} // by the name of the resource
	add := func(bill meter.Bill, to func(*cost) *float64) {
		for _, l := range bill {
			unit := l.Service + ", " + l.Unit
			if units[unit] == nil {
				units[unit] = map[string]cost{}
			}
			c := units[unit][l.Resource]
			*to(&c) += l.USD
			units[unit][l.Resource] = c
		}
	}
	add(before, func(c *cost) *float64 { return &c.before })
	add(after, func(c *cost) *float64 { return &c.after })
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		var sum cost
		var resources []string
		for _, name := range slices.Sorted(maps.Keys(units[unit])) {
			if c := units[unit][name]; math.Abs(c.after-c.before) >= rounding {
				sum.before, sum.after = sum.before+c.before, sum.after+c.after
				resources = append(resources, "`"+name+"`")
			}
		}
		if math.Abs(sum.after-sum.before) >= rounding {
			rows = append(rows, costRow(pattern, unit+": "+strings.Join(resources, ", "), sum.before, sum.after))
		}
	}
	return rows
}

func costRow(pattern, what string, before, after float64) string {
	return fmt.Sprintf("| `%s` | %s | %.2f | %.2f | %+.2f |", pattern, what, before, after, after-before)
}
