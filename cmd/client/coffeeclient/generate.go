package coffeeclient

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

const shops = 50

var (
	cities = []string{"Amsterdam", "Berlin", "Chicago", "Lisbon", "Melbourne", "Montréal", "New York", "Seattle", "Tokyo", "Zürich"}
	// Prices in ten-thousandths: that of the small cup, and the surcharge for each size.
	coffees = []struct {
		kind  string
		price money.Amount
	}{
		{"americano", 28_000}, {"cappuccino", 34_500}, {"cold brew", 39_900}, {"espresso", 22_000}, {"flat white", 36_000}, {"latte", 37_500}, {"mocha", 41_250},
	}
	sizes = []struct {
		size      string
		surcharge money.Amount
	}{
		{"small", 0}, {"medium", 5_000}, {"large", 9_500},
	}
)

// Generator generates random orders. The seed determines the products and the vendors. Each order has a new account, so that no other order
// replaces it.
type Generator struct {
	random *rand.Rand
	run    string
	made   int
	now    func() time.Time
}

// NewGenerator returns a generator whose orders have the dates that now returns.
func NewGenerator(seed uint64, now func() time.Time) *Generator {
	return &Generator{random: rand.New(rand.NewPCG(seed, seed)), run: uuid.NewString()[:8], now: now}
}

// Next generates an order. It is not safe for concurrent use.
func (g *Generator) Next() coffee.Order {
	drink, size := coffees[g.random.IntN(len(coffees))], sizes[g.random.IntN(len(sizes))]
	o := coffee.Order{
		AccountID: fmt.Sprintf("commuter-%s-%d", g.run, g.made),
		VendorID:  fmt.Sprintf("shop-%d", g.random.IntN(shops)),
		OrderDate: g.now().UTC().Truncate(time.Microsecond),
		City:      cities[g.random.IntN(len(cities))],
		Details: coffee.Details{
			CoffeeType: drink.kind,
			CoffeeSize: size.size,
			UnitPrice:  drink.price + size.surcharge,
			Quantity:   1 + g.random.Int64N(4),
		},
		EventType: coffee.NewOrder,
	}
	g.made++
	return o
}
