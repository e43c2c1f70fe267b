package checkerclient

import (
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/order/checker"
)

// What steps that went well log.
const (
	accountSuffices = "Sufficient account balance"
	stockSuffices   = "Sufficient stock"
	shipped         = string(checker.Shipped)
)

var wentWell = []string{accountSuffices, stockSuffices, shipped}

// Reasons are the log lines that say why an order was rejected.
func Reasons(logs []string) []string {
	return slices.DeleteFunc(slices.Clone(logs), func(line string) bool { return slices.Contains(wentWell, line) })
}

// Kind is what an order's reasons have in common with those of others: without ids and numbers, sorted, joined with
// "; ". "" means that there are none.
func Kind(logs []string) string {
	var kinds []string
	for _, line := range Reasons(logs) {
		for reason := range strings.SplitSeq(line, "; ") {
			kinds = append(kinds, withoutID(reason))
		}
	}
	slices.Sort(kinds)
	return strings.Join(slices.Compact(kinds), "; ")
}

func withoutID(reason string) string {
	reason, _, _ = strings.Cut(reason, ": ")
	for _, kind := range []string{"Insufficient stock", "Unknown customer", "Unknown product"} {
		if strings.HasPrefix(reason, kind+" ") {
			return kind
		}
	}
	return reason
}
