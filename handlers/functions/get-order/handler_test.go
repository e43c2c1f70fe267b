package main

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/coffee/store"
	"github.com/order-patterns/order-patterns/handlers/kit/caller"
	"github.com/order-patterns/order-patterns/handlers/kit/handlertest"
	"github.com/order-patterns/order-patterns/handlers/kit/httpapi"
)

// table holds one item, for account a0 at vendor v0.
type table struct {
	item map[string]types.AttributeValue
	fail error
}

func (t *table) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if t.fail != nil {
		return nil, t.fail
	}
	for name, want := range map[string]string{"accountid": "a0", "vendorid": "v0"} {
		if in.Key[name].(*types.AttributeValueMemberS).Value != want {
			return &dynamodb.GetItemOutput{}, nil
		}
	}
	return &dynamodb.GetItemOutput{Item: t.item}, nil
}

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func n(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

func item(eventType string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"accountid": s("a0"), "vendorid": s("v0"), "orderid": s("o1"), "orderdate": s("2026-03-01T08:30:00Z"), "version": n("1772353800000000"), "tie": s("0#o1#f"),
		"eventtype": &types.AttributeValueMemberL{Value: []types.AttributeValue{s(eventType)}}, "city": s("Berlin"),
		"details": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"coffeetype": s("latte"), "coffeesize": s("small"), "unitprice": n("1.1"), "quantity": n("3")}},
	}
}

func call(t *testing.T, tab *table, r httpapi.Request) (int, string) {
	t.Helper()
	h := &handler{orders: &store.Reader{Client: tab, Table: "orders"}}
	answer, err := h.handle(context.Background(), r)
	return handlertest.Answer(t, answer, err)
}

func request(t *testing.T) httpapi.Request {
	return handlertest.Event[httpapi.Request](t, "get-order.json")
}

func TestActiveOrderIsAnsweredWithExactNumbersAndNoInternals(t *testing.T) {
	status, body := call(t, &table{item: item("new_order")}, request(t))
	require.Equal(t, 200, status)
	require.Equal(t, `{"Item":{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T08:30:00Z","city":"Berlin",`+
		`"details":{"coffeetype":"latte","coffeesize":"small","unitprice":1.1,"quantity":3},"eventtype":["new_order"]}}`, body)
}

func TestAbsentOrCompletedOrderIsNotFound(t *testing.T) {
	for name, tab := range map[string]*table{"absent": {}, "completed": {item: item("order_completed")}} {
		status, body := call(t, tab, request(t))
		require.Equal(t, 404, status, name)
		require.JSONEq(t, `{"message":"account a0 has no active order at vendor v0"}`, body, name)
	}
}

func TestParameterThatIsMissingOrInvalidIsNamed(t *testing.T) {
	for want, query := range map[string]map[string]string{
		"query parameter accountid: is missing":          {"vendorid": "v0"},
		"query parameter vendorid: is missing":           {"accountid": "a0"},
		"query parameter accountid: must be 1 to 128":    {"accountid": "a/b", "vendorid": "v0"},
		"query parameter vendorid: must not be a dot or": {"accountid": "a0", "vendorid": ".."},
	} {
		status, body := call(t, &table{}, httpapi.Request{QueryStringParameters: query})
		require.Equal(t, 400, status)
		require.Contains(t, body, want)
	}
}

func TestTableThatFailsIsNotAnAbsentOrder(t *testing.T) {
	status, body := call(t, &table{fail: errors.New("AccessDenied on arn:table")}, request(t))
	require.Equal(t, 503, status)
	require.JSONEq(t, `{"message":"the order could not be read; please try again"}`, body)
}

func TestOnlyTheOwnAccountsOrderIsAnsweredWithAToken(t *testing.T) {
	for name, c := range handlertest.Callers(request(t), "a0") {
		for _, tab := range []*table{{item: item("new_order")}, {}} {
			h := &handler{orders: &store.Reader{Client: tab, Table: "orders"}, callers: caller.Check{ByToken: true}}
			answer, err := h.handle(t.Context(), c.Request)
			status, body := handlertest.Answer(t, answer, err)
			if c.Allowed {
				require.Equal(t, tab.item == nil, status == 404, name)
				continue
			}
			require.Equal(t, 403, status, name)
			require.Equal(t, `{"message":"not allowed for this account"}`, body, "the same whether there is an order or not: %s", name)
		}
		status, _ := call(t, &table{item: item("new_order")}, c.Request)
		require.Equal(t, 200, status, "%s, without a token", name)
	}
}
