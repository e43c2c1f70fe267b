package part

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/order-patterns/order-patterns/cmd/review/loadtest"
)

// Load is what orders show that were placed in both versions. It is filled before the sections are written.
type Load struct {
	Results []loadtest.Result
	// Same are patterns in which nothing differs that orders run through. No orders are placed in them.
	Same []string
	// New are patterns that the base does not have.
	New []string
	// Without is why no orders were placed in any pattern, or empty.
	Without string
}

// rest says in which patterns no orders are placed.
func (l *Load) rest() string {
	if l.Without != "" {
		return fmt.Sprintf("No orders were placed: %s.", l.Without)
	}
	var text []string
	if len(l.Same) > 0 {
		text = append(text, fmt.Sprintf("No orders were placed in %s: nothing differs there that they run through.", list(l.Same)))
	}
	if len(l.New) > 0 {
		text = append(text, fmt.Sprintf("No orders were placed in %s: the base does not have it.", list(l.New)))
	}
	return strings.Join(text, " ")
}

// speed compares throughput and latency.
func (l *Load) speed() Section {
	var rows, failures, slow, broken []string
	worst := 0.0 // orders that fail are infinitely slow
	rounds := 0
	for _, r := range l.Results {
		if r.Failure != nil {
			text := fmt.Sprintf("Orders of `%s` fail in the %s: %s.", r.Pattern, r.Failure.Version, strings.TrimSuffix(r.Failure.Err.Error(), "."))
			if r.Failure.Version == "head" {
				text, worst, broken = "**"+text+"**", math.Inf(1), append(broken, r.Pattern)
			}
			failures = append(failures, text)
			continue
		}
		rounds = len(r.Before.PerOrder)
		by, some := speedRows(r)
		if rows = append(rows, some...); by > 0 {
			worst, slow = max(worst, by), append(slow, r.Pattern)
		}
	}
	text := failures
	if len(rows) > 0 {
		text = append(text, fmt.Sprintf("Orders were placed in both versions, each deployed to an empty embedded cloud of its own, by rounds in turn, %d at a time. "+
			"Median and quartiles of %d rounds of each version. Completion is from the API's answer until the last function has processed the order. "+
			"For throughput the difference is that of the time for an order.\n\n"+
			"| pattern | measured | before | after | difference |\n|---|---|--:|--:|---|\n", loadtest.AtOnce, rounds)+strings.Join(rows, "\n"))
	}
	if rest := l.rest(); rest != "" {
		text = append(text, rest)
	}
	section := Section{Markdown: strings.Join(text, "\n\n")}
	if len(broken) > 0 {
		section = section.and(Section{Summary: "**orders of " + list(broken) + " fail**"})
	}
	if len(slow) > 0 {
		section = section.and(Section{Summary: "**slower orders of " + list(slow) + "**"})
	}
	if worst > 0 {
		section.Met = map[string]float64{"slower": worst}
	}
	return section
}

// speedRows compares one pattern. It returns the largest share by which something is slower.
func speedRows(r loadtest.Result) (worst float64, rows []string) {
	perSecond := func(values []time.Duration) string {
		return spread(values, "%.0f", "", func(d time.Duration) float64 { return 1 / max(d, 1).Seconds() })
	}
	for i, m := range []struct {
		name     string
		old, new []time.Duration
		text     func([]time.Duration) string
	}{
		{"orders completed a second", r.Before.PerOrder, r.After.PerOrder, perSecond},
		{"answer, p50", r.Before.AnswersP50, r.After.AnswersP50, milliseconds},
		{"answer, p99", r.Before.AnswersP99, r.After.AnswersP99, milliseconds},
		{"completion, p50", r.Before.CompletionP50, r.After.CompletionP50, milliseconds},
		{"completion, p99", r.Before.CompletionP99, r.After.CompletionP99, milliseconds},
	} {
		pattern := ""
		if i == 0 {
			pattern = fmt.Sprintf("`%s`, rounds of %d", r.Pattern, r.Orders)
		}
		by, verdict := slower(m.old, m.new)
		worst = max(worst, by)
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |", pattern, m.name, m.text(m.old), m.text(m.new), verdict))
	}
	return worst, rows
}

func list(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }
