package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/kit/contention"
	"github.com/order-patterns/order-patterns/handlers/kit/metric"
	"github.com/order-patterns/order-patterns/handlers/ordermetric"
	"github.com/order-patterns/order-patterns/order/checker"
)

// debit is an amount to subtract from a balance of a table.
type debit struct {
	from *balances.Table
	want balances.Want
}

func (h *handler) debits(o checker.Order) []debit {
	debits := []debit{{h.accounts, balances.Want{ID: o.CustomerID, Amount: o.TotalAmount}}}
	// A transaction may contain an item only once, so a product that was ordered twice is one debit of the sum.
	for _, product := range o.Wanted() {
		debits = append(debits, debit{h.stock, balances.Pieces(product.ProductID, product.Qty)})
	}
	return debits
}

// transact marks the order as shipped and makes the debits, in one transaction. It is retried while it conflicts with other transactions,
// which is usual when many orders compete for one product. The SDK gives each transaction a token: if the answer is lost and the SDK
// repeats the request, the transaction is made once.
//
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func (h *handler) transact(ctx context.Context, orderID string, debits []debit) error {
	return contention.Retry(ctx, func(ctx context.Context) error {
		in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{h.orders.Shipped(orderID)}}
		now := h.now()
		for _, d := range debits {
			in.TransactItems = append(in.TransactItems, d.from.Debit(d.want, now))
		}
		_, err := h.client.TransactWriteItems(ctx, in)
		return err
	})
}

// explain returns why the transaction was canceled: the shortages as a log line, or "" if the order was no longer "Ready to ship". reason
// belongs to the first shortage: Balance if both account and stock are not sufficient. It returns any other err unchanged.
func (h *handler) explain(err error, debits []debit) (shortages string, reason metric.Reason, _ error) {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) || len(cancelled.CancellationReasons) != 1+len(debits) || contention.Is(err) {
		return "", "", err
	}
	// The reasons are in the order of the actions: the order first, then the debits.
	ofOrder, ofDebits := cancelled.CancellationReasons[0], cancelled.CancellationReasons[1:]
	if aws.ToString(ofOrder.Code) == "ConditionalCheckFailed" {
		return "", "", nil
	}
	var lines []string
	for i, d := range debits {
		shortage, failed, err := d.from.DebitShortage(d.want, ofDebits[i])
		if err != nil {
			return "", "", err
		}
		if failed {
			reason = cmp.Or(reason, reasons[d.from.Kind.Check])
			lines = append(lines, d.from.Kind.Explain(shortage))
		}
	}
	if lines == nil {
		return "", "", fmt.Errorf("the transaction was cancelled, but no condition failed: %w", err)
	}
	return strings.Join(lines, "; "), reason, nil
}

var reasons = map[checker.Check]metric.Reason{checker.Account: ordermetric.Balance, checker.Stock: ordermetric.Stock}
