package checker_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/order/checker"
)

func TestAProductThatIsOrderedTwiceIsWantedInSum(t *testing.T) {
	o := checker.Order{Items: []checker.Item{{ProductID: "b", Qty: 1}, {ProductID: "a", Qty: 2}, {ProductID: "b", Qty: 3}, {ProductID: "c", Qty: 1}, {ProductID: "b", Qty: 1}}}
	require.Equal(t, []checker.Item{{ProductID: "b", Qty: 5}, {ProductID: "a", Qty: 2}, {ProductID: "c", Qty: 1}}, o.Wanted())
	require.Equal(t, int64(1), o.Items[0].Qty, "the order itself stays as it is")

	rapid.Check(t, func(t *rapid.T) {
		o := orders().Draw(t, "order")
		sums, want := map[string]int64{}, map[string]int64{}
		for _, i := range o.Items {
			want[i.ProductID] += i.Qty
		}
		for _, i := range o.Wanted() {
			require.NotContains(t, sums, i.ProductID)
			sums[i.ProductID] = i.Qty
		}
		require.Equal(t, want, sums)
	})
}

func TestSameIgnoresTheID(t *testing.T) {
	one := checker.Order{OrderID: "1", CustomerID: "c", Items: []checker.Item{{ProductID: "p", Qty: 1}}, TotalAmount: 5}
	for name, c := range map[string]struct {
		change func(*checker.Order)
		same   bool
	}{
		"the id":       {func(o *checker.Order) { o.OrderID = "2" }, true},
		"the customer": {func(o *checker.Order) { o.CustomerID = "d" }, false},
		"the amount":   {func(o *checker.Order) { o.TotalAmount = 6 }, false},
		"a number":     {func(o *checker.Order) { o.Items = []checker.Item{{ProductID: "p", Qty: 2}} }, false},
		"more":         {func(o *checker.Order) { o.Items = append(o.Items, o.Items[0]) }, false},
	} {
		two := one
		c.change(&two)
		require.Equal(t, c.same, one.Same(two), name)
	}
}

func TestARecordIsEncodedAsInTheContract(t *testing.T) {
	o := checker.Order{OrderID: "o1", CustomerID: "c1", Items: []checker.Item{{ProductID: "456", Qty: 3}}, TotalAmount: 105_000}
	shown, err := json.Marshal(checker.NewRecord(o, time.Now()))
	require.NoError(t, err)
	require.Equal(t, `{"orderId":"o1","customerId":"c1","items":[{"productId":"456","qty":3}],"totalAmount":10.5,`+
		`"status":"Pending","accountChecked":false,"stockChecked":false,"logs":[]}`, string(shown))
}

func TestARecordContainsItsOwnChecks(t *testing.T) {
	o := checker.Order{OrderID: "o1", CustomerID: "c1", Items: []checker.Item{{ProductID: "456", Qty: 3}}, TotalAmount: 105_000}
	shown, err := json.Marshal(checker.NewRecord(o, time.Now(), "fraud", "age"))
	require.NoError(t, err)
	require.Equal(t, `{"orderId":"o1","customerId":"c1","items":[{"productId":"456","qty":3}],"totalAmount":10.5,`+
		`"status":"Pending","accountChecked":false,"stockChecked":false,"checks":{"age":false,"fraud":false},"logs":[]}`, string(shown))
}

func TestEachCheckIsNotedOnItsOwn(t *testing.T) {
	all := []checker.Check{checker.Account, checker.Stock, "fraud"}
	for _, c := range all {
		r := checker.NewRecord(checker.Order{}, time.Now(), "fraud")
		require.False(t, r.Found())
		r.SetChecked(c, true)
		require.True(t, r.Found())
		for _, other := range all {
			require.Equal(t, c == other, r.Checked(other), "%s, after %s", other, c)
		}
	}
}

func TestAnOrderWaitsForTheChecksThatWereRequiredWhenItWasCapturedAndAreStill(t *testing.T) {
	for name, c := range map[string]struct{ captured, now, want []checker.Check }{
		"two checks":              {nil, nil, []checker.Check{"account", "stock"}},
		"a third one":             {[]checker.Check{"fraud"}, []checker.Check{"fraud"}, []checker.Check{"account", "stock", "fraud"}},
		"one that was added":      {nil, []checker.Check{"fraud"}, []checker.Check{"account", "stock"}},
		"one that was removed":    {[]checker.Check{"fraud"}, nil, []checker.Check{"account", "stock"}},
		"one instead of another":  {[]checker.Check{"fraud"}, []checker.Check{"age"}, []checker.Check{"account", "stock"}},
		"one besides another one": {[]checker.Check{"fraud"}, []checker.Check{"age", "fraud"}, []checker.Check{"account", "stock", "fraud"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := checker.NewRecord(checker.Order{}, time.Now(), c.captured...)
			for len(c.want) > 0 {
				require.Equal(t, c.want, r.WaitsFor(c.now))
				r.SetChecked(c.want[0], true)
				c.want = c.want[1:]
			}
			require.Empty(t, r.WaitsFor(c.now))
		})
	}
}
