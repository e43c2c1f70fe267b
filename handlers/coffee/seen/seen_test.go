package seen_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/seen"
	"github.com/order-patterns/order-patterns/handlers/kit/logfields"
	"github.com/order-patterns/order-patterns/order/coffee"
)

func TestLinesSayWhichOrderTheyAreAbout(t *testing.T) {
	o := coffee.Order{OrderID: "o1", AccountID: "a0", VendorID: "v0", City: "Rome", EventType: coffee.NewOrder}
	require.Equal(t, "[orderId=o1 accountId=a0 vendorId=v0 eventType=new_order]", fmt.Sprint(logfields.Of(seen.Order(t.Context(), o))))
}

func TestTheIDsOfARefusedOrderAreThoseThatAreValid(t *testing.T) {
	for document, want := range map[string]string{
		``:      "[]",
		`hello`: "[]",
		`[1]`:   "[]",
		`{"orderid":"o1","accountid":"a0","vendorid":"v0","city":"Rome"}`:                                   "[orderId=o1 accountId=a0 vendorId=v0]",
		`{"id":1,"order":{"orderid":"o1","accountid":7,"vendorid":"v0"}}`:                                   "[orderId=o1 vendorId=v0]",
		`{"orderid":"assigned","order":{"accountid":"a/0"}}`:                                                "[orderId=assigned]",
		`{"orderid":"assigned","body":"{\"order\":{\"orderid\":\"mine\",\"accountid\":\"a0\"}}"}`:           "[orderId=mine accountId=a0]",
		`{"orderid":"assigned","body":"hello"}`:                                                             "[orderId=assigned]",
		`{"orderid":"o1\n{\"level\":\"ERROR\"}","accountid":{"a":1},"vendorid":"../secret","order":"text"}`: "[]",
	} {
		require.Equal(t, want, fmt.Sprint(logfields.Of(seen.Refused(t.Context(), []byte(document)))), document)
	}
}
