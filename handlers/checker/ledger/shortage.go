package ledger

import (
	"fmt"
	"strings"

	"github.com/order-patterns/order-patterns/order/money"
)

// Want is what is wanted of one balance.
type Want struct {
	ID     string
	Amount money.Amount
}

// Shortage is a Want that a balance does not meet.
type Shortage struct {
	Want
	Left  money.Amount
	Known bool // whether there is a balance at all
}

// shortage compares what is wanted with what is there.
func (w Want) shortage(left money.Amount, known bool) (s Shortage, short bool) {
	return Shortage{Want: w, Left: left, Known: known}, !known || left < w.Amount
}

// Explain tells shortages as a log line.
func (k Kind) Explain(shortages ...Shortage) string {
	var parts []string
	for _, s := range shortages {
		if s.Known {
			parts = append(parts, fmt.Sprintf("%s: %s wanted, %s left", strings.ReplaceAll(k.insufficient, "{id}", s.ID), s.Amount, s.Left))
		} else {
			parts = append(parts, strings.ReplaceAll(k.unknown, "{id}", s.ID))
		}
	}
	return strings.Join(parts, "; ")
}
