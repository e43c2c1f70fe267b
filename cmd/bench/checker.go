package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/order-patterns/order-patterns/cmd/client/checkerclient"
	"github.com/order-patterns/order-patterns/cmd/client/load"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// A shop with so many customers and products that a transaction seldom meets another at the same account or stock, as
// it would with one best-selling product. Neither money nor stock ends.
const (
	customers, products = 1000, 100
	maxItems            = 3
	plentyOfMoney       = 1_000_000_000
	plentyOfPieces      = 1_000_000_000
)

func (d *deployment) checker() *pattern {
	o := d.outputs.Checker
	client := func(atOnce int) *checkerclient.Client { return checkerclient.NewClient(o.URL, o.APIKey, atOnce) }
	givenUp := d.deadLetters(o.BalanceDeadLettersURL, o.StockDeadLettersURL, o.UpdateDeadLettersURL, o.ShipFailuresURL)
	return &pattern{
		part: "checker", name: "CheckerPipeline",
		prepare: func(ctx context.Context) error { return client(16).Open(ctx, plenty(), 16) },
		place: func(ctx context.Context, n, atOnce int) (ids []string, answers *load.Answers, err error) {
			placing := checkerclient.Load{
				Client: client(atOnce), Next: nextPurchase, Count: n, AtOnce: atOnce,
				Accepted: func(rec checker.Record) error {
					ids = append(ids, rec.OrderID)
					return nil
				},
			}
			answers, err = placing.Run(ctx)
			return ids, answers, err
		},
		watch: func(ids []string, begun time.Time) look {
			return (&completions{journals: []*journal{d.shipments(begun)}}).of(ids)
		},
		failed: func(ctx context.Context) error {
			rejections, err := d.rejections(ctx)
			return errors.Join(rejections.err(), err, givenUp(ctx))
		},
		check: func(ctx context.Context, placed int) error {
			shipped, err := d.withStatus(ctx, checker.Shipped, nil)
			return errors.Join(err, amount("shipped orders", shipped, placed))
		},
	}
}

// shipments follows the orders that are shipped. One whose invocation was repeated was shipped by an earlier one.
func (d *deployment) shipments(begun time.Time) *journal {
	return d.journal(d.outputs.Checker.Functions["ship-order"].LogGroup, "order", begun, "order shipped", "order is Shipped: nothing to do")
}

func customer(i int) string { return fmt.Sprintf("customer-%d", i) }
func product(i int) string  { return fmt.Sprintf("product-%d", i) }

// plenty is what all customers and products have.
func plenty() checkerclient.Balances {
	b := checkerclient.Balances{Accounts: map[string]money.Amount{}, Stock: map[string]int64{}}
	for i := range customers {
		b.Accounts[customer(i)] = money.FromInt(plentyOfMoney)
	}
	for i := range products {
		b.Stock[product(i)] = plentyOfPieces
	}
	return b
}

// nextPurchase makes a random order of 1 to maxItems products.
func nextPurchase() checker.Order {
	o := checker.Order{CustomerID: customer(rand.IntN(customers))}
	for range 1 + rand.IntN(maxItems) {
		qty := 1 + rand.Int64N(5)
		o.Items = append(o.Items, checker.Item{ProductID: product(rand.IntN(products)), Qty: qty})
		o.TotalAmount += money.FromInt(10 * qty)
	}
	return o
}

// withStatus counts the orders that have come so far, and gives the logs of each to take, unless that is nil.
func (d *deployment) withStatus(ctx context.Context, status checker.Status, take func(logs []string)) (n int, err error) {
	in := &dynamodb.ScanInput{
		TableName:                 &d.outputs.Checker.OrdersTableName,
		FilterExpression:          aws.String("#status = :status"),
		ExpressionAttributeNames:  map[string]string{"#status": "status"},
		ExpressionAttributeValues: map[string]dynamodbtypes.AttributeValue{":status": &dynamodbtypes.AttributeValueMemberS{Value: string(status)}},
	}
	if take == nil {
		in.Select = dynamodbtypes.SelectCount
	}
	err = d.scan(ctx, in, func(page *dynamodb.ScanOutput) {
		n += int(page.Count)
		for _, item := range page.Items {
			take(lines(item["logs"]))
		}
	})
	return n, err
}

// lines reads a list of strings.
func lines(value dynamodbtypes.AttributeValue) (texts []string) {
	list, _ := value.(*dynamodbtypes.AttributeValueMemberL)
	if list == nil {
		return nil
	}
	for _, v := range list.Value {
		if s, ok := v.(*dynamodbtypes.AttributeValueMemberS); ok {
			texts = append(texts, s.Value)
		}
	}
	return texts
}

// reasons counts rejected orders by the kind of reason.
type reasons map[string]int

func (d *deployment) rejections(ctx context.Context) (reasons, error) {
	r := reasons{}
	_, err := d.withStatus(ctx, checker.Rejected, func(logs []string) { r[checkerclient.Kind(logs)]++ })
	return r, err
}

// err is nil if no order was rejected.
func (r reasons) err() error {
	if len(r) == 0 {
		return nil
	}
	all, texts := 0, []string{}
	for _, kind := range sorted(r) {
		all += r[kind]
		texts = append(texts, fmt.Sprintf("%d: %s", r[kind], kind))
	}
	return fmt.Errorf("%d orders were rejected (%s)", all, strings.Join(texts, "; "))
}
