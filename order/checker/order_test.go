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

func TestEachCheckHasItsOwnAttribute(t *testing.T) {
	require.Equal(t, checker.Stock, checker.Account.Other())
	require.Equal(t, checker.Account, checker.Stock.Other())
	r := checker.Record{AccountChecked: true}
	require.True(t, r.Checked(checker.Account))
	require.False(t, r.Checked(checker.Stock))
}
