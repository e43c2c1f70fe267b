package checkerclient

import (
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

const (
	maxLines  = 4 // items of an order, 1 to this many; a product may occur twice
	maxPieces = 5 // pieces of an item, 1 to this many
	// piecesTwice is twice the number of pieces that an order has on average.
	piecesTwice = (1 + maxLines) * (1 + maxPieces) / 2
	// unknownOneIn is how seldom an order is of a customer, or for a product, that nobody knows.
	unknownOneIn = 100
)

const (
	cent               = money.Amount(100)
	minPrice, maxPrice = 100 * cent, 2000 * cent
)

// Balances are the money in accounts, and the pieces in stock, by id.
type Balances struct {
	Accounts map[string]money.Amount
	Stock    map[string]int64
}

// Generator makes accounts, stock and random orders. The seed decides who orders what; the ids of customers and products
// are new in every run, so that what is left in the end is of this run alone.
type Generator struct {
	random    *rand.Rand
	run       string
	customers []string
	products  []string
	prices    []money.Amount
	// Opening is what there is before the first order.
	Opening Balances
}

// NewGenerator makes a generator of about so many orders, customers and products, each at least 1. The balances are
// about what all the orders come to, some less and some more: some orders will find the account or the stock empty.
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
		g.Opening.Stock[id] = g.about(piecesTwice*perHead(orders, products)) / 2
	}
	var sum money.Amount
	for _, price := range g.prices {
		sum += price
	}
	perOrder := sum / money.Amount(products) * piecesTwice / 2
	for i := range customers {
		id := fmt.Sprintf("customer-%s-%d", g.run, i)
		g.customers = append(g.customers, id)
		cents := g.about(int64(perOrder/cent) * perHead(orders, customers))
		g.Opening.Accounts[id] = money.Amount(cents) * cent
	}
	return g
}

func perHead(orders, heads int) int64 { return int64((orders + heads - 1) / heads) }

// about gives n, three quarters of it, twice of it, or something in between.
func (g *Generator) about(n int64) int64 { return n * (750 + g.random.Int64N(1250)) / 1000 }

// Next makes an order, without an id. It is not for several goroutines at once.
func (g *Generator) Next() checker.Order {
	o := checker.Order{CustomerID: g.customers[g.random.IntN(len(g.customers))]}
	for range 1 + g.random.IntN(maxLines) {
		product, qty := g.random.IntN(len(g.products)), 1+g.random.Int64N(maxPieces)
		o.Items = append(o.Items, checker.Item{ProductID: g.products[product], Qty: qty})
		o.TotalAmount += g.prices[product] * money.Amount(qty)
	}
	if g.random.IntN(unknownOneIn) == 0 {
		o.CustomerID = "stranger-" + g.run
	}
	if g.random.IntN(unknownOneIn) == 0 {
		o.Items[0].ProductID = "unicorn-" + g.run
	}
	return o
}
