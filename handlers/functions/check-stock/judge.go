package main

import (
	"context"

	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/order/checker"
)

type judge struct {
	stock *ledger.Ledger
}

func (j *judge) judge(ctx context.Context, o checker.Order) (passed bool, log string, err error) {
	var wants []ledger.Want
	for _, product := range o.Wanted() {
		wants = append(wants, ledger.WantOf(product.ProductID, product.Qty))
	}
	short, err := j.stock.Check(ctx, wants)
	if err != nil {
		return false, "", err
	}
	if len(short) > 0 {
		return false, ledger.Stock.Explain(short...), nil
	}
	return true, "Sufficient stock", nil
}
