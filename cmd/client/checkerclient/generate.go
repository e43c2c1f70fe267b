package checkerclient

import (
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

const (
	maxItems = 4 // an order has 1 to maxItems items; a product may occur twice
	maxQty   = 5 // an item has 1 to maxQty pieces
	// doublePieces is twice the mean number of pieces of an order.
	doublePieces = (1 + maxItems) * (1 + maxQty) / 2
	// One in unknownOneIn orders has an unknown customer, and one in as many an unknown product.
	unknownOneIn = 100
)

const (
	cent               = money.Amount(100)
	minPrice, maxPrice = 100 * cent, 2000 * cent
)

// Balances are the balances of customers and the stock of products, by id.
type Balances struct {
	Accounts map[string]money.Amount
	Stock    map[string]int64
}

// Generator generates accounts, stock and random orders. The seed determines the orders. The ids of customers and products are new in every
// run, so that other runs do not change their balances.
type Generator struct {
	random    *rand.Rand
	run       string
	customers []string
	products  []string
	prices    []money.Amount
	// Opening are the balances before the first order.
	Opening Balances
}

// NewGenerator returns a generator for about this many orders, customers and products, each at least 1. The opening balances are 0.75 to 2
// times the average need, so some orders find too little in an account or in stock.
func NewGenerator(seed uint64, orders, customers, products int) *Generator {
	g := &Generator{
		random:  rand.New(rand.NewPCG(seed, seed)),
		run:     uuid.NewString()[:8],
		Opening: Balances{Accounts: map[string]money.Amount{}, Stock: map[string]int64{}},
	}
	for i := range products {
		id := fmt.Sprintf("product-%s-%d", g.run, i)
		price := minPrice + cent*money.Amount(g.random.Int64N(int64((maxPrice-minPrice)/cent)+1))
		g.products, g.prices = append(g.products, id), append(g.prices, price)
		g.Opening.Stock[id] = g.about(doublePieces*perHead(orders, products)) / 2
	}
	var sum money.Amount
	for _, price := range g.prices {
		sum += price
	}
	perOrder := sum / money.Amount(products) * doublePieces / 2
	for i := range customers {
		id := fmt.Sprintf("customer-%s-%d", g.run, i)
		g.customers = append(g.customers, id)
		cents := g.about(int64(perOrder/cent) * perHead(orders, customers))
		g.Opening.Accounts[id] = money.Amount(cents) * cent
	}
	return g
}

// perHead returns orders divided by heads, rounded up.
func perHead(orders, heads int) int64 { return int64((orders + heads - 1) / heads) }

// about returns a random number from 0.75 n to 2 n.
func (g *Generator) about(n int64) int64 { return n * (750 + g.random.Int64N(1250)) / 1000 }

// Next generates an order without an id. It is not safe for concurrent use.
func (g *Generator) Next() checker.Order {
	o := checker.Order{CustomerID: g.customers[g.random.IntN(len(g.customers))]}
	for range 1 + g.random.IntN(maxItems) {
		product, qty := g.random.IntN(len(g.products)), 1+g.random.Int64N(maxQty)
		o.Items = append(o.Items, checker.Item{ProductID: g.products[product], Qty: qty})
		o.TotalAmount += g.prices[product] * money.Amount(qty)
	}
	if g.random.IntN(unknownOneIn) == 0 {
		o.CustomerID = "unknown-customer-" + g.run
	}
	if g.random.IntN(unknownOneIn) == 0 {
		o.Items[0].ProductID = "unknown-product-" + g.run
	}
	return o
}
