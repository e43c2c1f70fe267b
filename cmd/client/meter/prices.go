package meter

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed prices.json
var priceList []byte

// Prices are the prices of one Region.
type Prices struct {
	Region string
	// Date is the day on which the list was made, like 2026-11-26.
	Date   string
	prices map[string]Price
}

// Price is what AWS charges for one unit.
type Price struct {
	Service string  // such as SQS
	Unit    string  // in the plural, such as requests
	USD     float64 // for one unit
	Source  string  // the page of AWS
	// Evidence says where the price was read. It is empty if the price is not Confirmed: then it may be that of another Region.
	Evidence  string
	Confirmed bool
}

// PricesOf returns the prices of a Region. It is an error if the list has none.
func PricesOf(region string) (*Prices, error) {
	var list struct {
		Date   string
		Prices map[string]struct {
			Service, Unit, Source string
			Regions               map[string]struct {
				Price     float64
				Evidence  string
				Confirmed bool
			}
		}
	}
	if err := json.Unmarshal(priceList, &list); err != nil {
		return nil, fmt.Errorf("reading the price list: %w", err)
	}
	p := &Prices{Region: region, Date: list.Date, prices: map[string]Price{}}
	known := map[string]bool{}
	for key, item := range list.Prices {
		for name := range item.Regions {
			known[name] = true
		}
		if here, ok := item.Regions[region]; ok {
			p.prices[key] = Price{item.Service, item.Unit, here.Price, item.Source, here.Evidence, here.Confirmed}
		}
	}
	if len(p.prices) == 0 {
		return nil, fmt.Errorf("the price list has no Region %q, only %s", region, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	return p, nil
}

// month is what AWS bills as a month: https://aws.amazon.com/calculator/calculator-assumptions/
const month = 730 * time.Hour

// Month is the length of a month for Idle: 730 hours.
const Month = month
