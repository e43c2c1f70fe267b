package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/checker/ledger"
	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/order/checker"
)

// debit is what is taken from one balance.
type debit struct {
	from *ledger.Ledger
	want ledger.Want
}

// shipment is the transaction of an order: its first action is the order's, then come the debits.
type shipment struct {
	handler *handler
	orderID string
	debits  []debit
}

func (h *handler) shipment(o checker.Order) shipment {
	s := shipment{handler: h, orderID: o.OrderID}
	s.debits = append(s.debits, debit{h.accounts, ledger.Want{ID: o.CustomerID, Amount: o.TotalAmount}})
	// A transaction may touch an item once: a product that was ordered twice is one debit of the sum.
	for _, product := range o.Wanted() {
		s.debits = append(s.debits, debit{h.stock, ledger.WantOf(product.ProductID, product.Qty)})
	}
	return s
}

// transact makes the transaction, and makes it again as long as it meets others at the same items, which under a rush
// for one product is the rule. The SDK gives each a token of its own: one whose answer was lost, and which the SDK sends
// again, is made once.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func (s shipment) transact(ctx context.Context) error {
	return contention.Retry(ctx, func(ctx context.Context) error {
		in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{s.handler.orders.Shipped(s.orderID)}}
		now := s.handler.now()
		for _, d := range s.debits {
			in.TransactItems = append(in.TransactItems, d.from.Debit(d.want, now))
		}
		_, err := s.handler.client.TransactWriteItems(ctx, in)
		return err
	})
}

// explain tells why the transaction was cancelled: which balances came short, in the words of the checks, or "" if the
// order itself was not to be shipped any more. If err is nothing of the kind, it comes back.
func (s shipment) explain(err error) (verdict string, _ error) {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 1+len(s.debits) || contention.Is(err) {
		return "", err
	}
	of, reasons := cancelled.CancellationReasons[0], cancelled.CancellationReasons[1:]
	if aws.ToString(of.Code) == "ConditionalCheckFailed" {
		return "", nil
	}
	var accounts, stock []ledger.Shortage
	for i, d := range s.debits {
		shortage, short, failed := d.from.Refused(d.want, reasons[i])
		switch {
		case failed != nil:
			return "", failed
		case !short:
		case d.from == s.handler.accounts:
			accounts = append(accounts, shortage)
		default:
			stock = append(stock, shortage)
		}
	}
	var parts []string
	if len(accounts) > 0 {
		parts = append(parts, ledger.Accounts.Explain(accounts...))
	}
	if len(stock) > 0 {
		parts = append(parts, ledger.Stock.Explain(stock...))
	}
	if parts == nil {
		return "", fmt.Errorf("the transaction was cancelled for another reason than a condition: %w", err)
	}
	return strings.Join(parts, "; "), nil
}
