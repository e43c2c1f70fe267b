package main

import (
	"context"

	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/order/checker"
)

type judge struct {
	accounts *ledger.Ledger
}

func (j *judge) judge(ctx context.Context, o checker.Order) (passed bool, log string, err error) {
	short, err := j.accounts.CheckOne(ctx, ledger.Want{ID: o.CustomerID, Amount: o.TotalAmount})
	if err != nil {
		return false, "", err
	}
	if len(short) > 0 {
		return false, ledger.Accounts.Explain(short...), nil
	}
	return true, "Sufficient account balance", nil
}
