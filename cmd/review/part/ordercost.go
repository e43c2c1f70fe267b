package part

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/cmd/client/meter"
	"github.com/order-patterns/order-patterns/cmd/review/loadtest"
)

// cost compares what a million orders cost: the units, such as requests of SQS, whose difference the spread does not explain. The total
// is said of each pattern.
func (l *Load) cost() (s Section) {
	var rows, same, changes []string
	for _, r := range l.Results {
		if r.Failure != nil {
			continue
		}
		before, after := totals(r.Before.Bills), totals(r.After.Bills)
		units := orderRows(r)
		if len(units) == 0 {
			same = append(same, fmt.Sprintf("`%s` %.2f dollars", r.Pattern, quantile(after, 2)))
			continue
		}
		rows = append(append(rows, units...), orderRow(r.Pattern, "in all", before, after))
		if share, explained := compare(before, after); !explained {
			changes = append(changes, fmt.Sprintf("`%s` %+.1f %%", r.Pattern, 100*share))
		}
	}
	var text []string
	if len(rows) > 0 {
		text = append(text, "A million orders, from those that were placed to measure the speed: median and quartiles of the rounds of each version, in dollars. "+
			"Compute time is that of this machine. What differs, and the spread does not explain it:\n\n"+
			"| pattern | what | before | after | difference |\n|---|---|--:|--:|--:|\n"+strings.Join(rows, "\n"))
	}
	if len(same) > 0 {
		text = append(text, fmt.Sprintf("A million orders cost what they did, within the spread: %s.", strings.Join(same, ", ")))
	}
	if len(changes) > 0 {
		s.Summary = "cost of orders: " + strings.Join(changes, ", ")
	}
	s.Markdown = strings.Join(text, "\n\n")
	return s
}

func totals(bills []meter.Bill) (usd []float64) {
	for _, b := range bills {
		usd = append(usd, b.Total())
	}
	return usd
}

// orderRows returns a row for each unit whose cost differs.
func orderRows(r loadtest.Result) (rows []string) {
	before, after := byUnit(r.Before.Bills), byUnit(r.After.Bills)
	units := maps.Clone(before)
	maps.Copy(units, after)
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		old, new := before[unit], after[unit]
		if old == nil {
			old = make([]float64, len(r.Before.Bills))
		}
		if new == nil {
			new = make([]float64, len(r.After.Bills))
		}
		if _, explained := compare(old, new); !explained && math.Abs(quantile(new, 2)-quantile(old, 2)) >= rounding {
			rows = append(rows, orderRow(r.Pattern, unit, old, new))
		}
	}
	return rows
}

// byUnit returns the cost of each unit in each round.
func byUnit(bills []meter.Bill) map[string][]float64 {
	units := map[string][]float64{}
	for i, b := range bills {
		for _, l := range b {
			unit := l.Service + ", " + l.Unit
			if units[unit] == nil {
				units[unit] = make([]float64, len(bills))
			}
			units[unit][i] += l.USD
		}
	}
	return units
}

func orderRow(pattern, what string, before, after []float64) string {
	same := func(usd float64) float64 { return usd }
	return fmt.Sprintf("| `%s` | %s | %s | %s | %+.2f |", pattern, what, spread(before, "%.2f", "", same), spread(after, "%.2f", "", same),
		quantile(after, 2)-quantile(before, 2))
}
