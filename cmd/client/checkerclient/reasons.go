package checkerclient

import (
	"slices"
	"strings"

	"github.com/order-patterns/order-patterns/order/checker"
)

// The log lines of steps that succeeded.
const (
	accountSufficient = "Sufficient account balance"
	stockSufficient   = "Sufficient stock"
	shipped           = string(checker.Shipped)
)

var successLogs = []string{accountSufficient, stockSufficient, shipped}

// Reasons returns the log lines that say why an order was rejected.
func Reasons(logs []string) []string {
	return slices.DeleteFunc(slices.Clone(logs), func(line string) bool { return slices.Contains(successLogs, line) })
}

// Kind returns an order's reasons without ids and numbers, so that orders can be counted by it. Several are sorted and joined with "; ". ""
// means that there is none.
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
