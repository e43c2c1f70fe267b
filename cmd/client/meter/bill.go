package meter

import (
	"cmp"
	"fmt"
	"slices"
)

// Quantity is how many units of one price a resource has used.
type Quantity struct {
	Price    string // the key in the price list, such as sqs.request
	Resource string // its name in the program, such as fanout-store-order
	Amount   float64
	// Standing is true of what depends on time and not on orders.
	Standing bool
}

// Minus returns what was used between two measurements that begin at the same time.
func Minus(later, earlier []Quantity) []Quantity {
	type key struct{ price, resource string }
	before := map[key]float64{}
	for _, q := range earlier {
		before[key{q.Price, q.Resource}] += q.Amount
	}
	var left []Quantity
	for _, q := range later {
		q.Amount -= before[key{q.Price, q.Resource}]
		if q.Amount > 0 {
			left = append(left, q)
		}
	}
	return left
}

// Line is the cost of a Quantity.
type Line struct {
	Quantity
	Service, Unit string
	USD           float64
}

// Bill is a list of costs, the highest first.
type Bill []Line

// Bill prices quantities. It is an error if the list lacks a price.
func (p *Prices) Bill(quantities []Quantity) (Bill, error) {
	var b Bill
	for _, q := range quantities {
		price, ok := p.prices[q.Price]
		if !ok {
			return nil, fmt.Errorf("the price list has no %s in %s", q.Price, p.Region)
		}
		b = append(b, Line{Quantity: q, Service: price.Service, Unit: price.Unit, USD: q.Amount * price.USD})
	}
	b.sort()
	return b, nil
}

func (b Bill) sort() {
	slices.SortStableFunc(b, func(x, y Line) int {
		return cmp.Or(cmp.Compare(y.USD, x.USD), cmp.Compare(x.Service, y.Service), cmp.Compare(x.Unit, y.Unit), cmp.Compare(x.Resource, y.Resource))
	})
}

// Total is the sum in US dollars.
func (b Bill) Total() (usd float64) {
	for _, l := range b {
		usd += l.USD
	}
	return usd
}

// Orders returns the lines that depend on orders.
func (b Bill) Orders() Bill { return b.of(false) }

// Standing returns the lines that depend on time.
func (b Bill) Standing() Bill { return b.of(true) }

func (b Bill) of(standing bool) (lines Bill) {
	for _, l := range b {
		if l.Standing == standing {
			lines = append(lines, l)
		}
	}
	return lines
}

// By returns a line for each value of key. It adds amounts of the same unit; a line of several units has no amount.
func (b Bill) By(key func(Line) string) Bill {
	at := map[string]int{}
	var sums Bill
	for _, l := range b {
		name := key(l)
		i, ok := at[name]
		if !ok {
			at[name] = len(sums)
			sums = append(sums, l)
			continue
		}
		s := &sums[i]
		s.USD += l.USD
		if s.Resource != l.Resource {
			s.Resource = ""
		}
		if s.Service != l.Service {
			s.Service = ""
		}
		if s.Price == l.Price {
			s.Amount += l.Amount
		} else {
			s.Price, s.Unit, s.Amount = "", "", 0
		}
	}
	sums.sort()
	return sums
}

// ByService returns a line for each service.
func (b Bill) ByService() Bill { return b.By(func(l Line) string { return l.Service }) }

// ByUnit returns a line for each unit of each service.
func (b Bill) ByUnit() Bill { return b.By(func(l Line) string { return l.Price }) }

// ByResource returns a line for each unit of each resource.
func (b Bill) ByResource() Bill {
	return b.By(func(l Line) string { return l.Resource + "\n" + l.Price })
}

// PerMillion returns the cost of a million orders from that of some.
func (b Bill) PerMillion(orders int) Bill {
	scaled := slices.Clone(b)
	for i := range scaled {
		scaled[i].USD *= 1e6 / float64(orders)
		scaled[i].Amount *= 1e6 / float64(orders)
	}
	return scaled
}
