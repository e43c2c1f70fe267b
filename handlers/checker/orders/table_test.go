package orders_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/handlers/checker/orders"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/order/checker"
)

func TestItemHasTheAttributesOfTheContract(t *testing.T) {
	b, db := start(t)
	create(t, b, "o1")
	product := func(id, qty string) types.AttributeValue {
		return &types.AttributeValueMemberM{Value: dynamodbtest.Item{"productId": s(id), "qty": n(qty)}}
	}
	want := dynamodbtest.Item{
		"orderId": s("o1"), "customerId": s("c1"), "totalAmount": n("10.5"), "status": s("Pending"), "createdAt": s("2026-03-01T08:30:00.123Z"),
		"items":          &types.AttributeValueMemberL{Value: []types.AttributeValue{product("123", "2"), product("456", "1")}},
		"accountChecked": &types.AttributeValueMemberBOOL{}, "stockChecked": &types.AttributeValueMemberBOOL{},
		"logs": &types.AttributeValueMemberL{Value: []types.AttributeValue{}},
	}
	require.Empty(t, cmp.Diff(want, db.Get(t, "orders", "orderId", "o1"), cmpopts.IgnoreUnexported(
		types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberL{}, types.AttributeValueMemberM{}, types.AttributeValueMemberBOOL{})))
}

func TestGetReturnsWhatWasCreated(t *testing.T) {
	b, _ := start(t)
	_, err := b.Get(t.Context(), "o1")
	require.ErrorIs(t, err, orders.ErrNotFound)

	rec, err := b.Create(t.Context(), checker.NewRecord(order("o1"), now))
	require.NoError(t, err)
	require.Equal(t, checker.NewRecord(order("o1"), now), rec)
	require.Equal(t, rec, get(t, b, "o1"))
}

func TestAnIDThatIsTakenChangesNothing(t *testing.T) {
	b, _ := start(t)
	create(t, b, "o1")
	_, _, err := b.Apply(t.Context(), found(checker.Account, false))
	require.NoError(t, err)
	before := get(t, b, "o1")

	again, err := b.Create(t.Context(), checker.NewRecord(order("o1"), now.Add(1)))
	require.NoError(t, err)
	require.Equal(t, before, again, "the order as it is now")

	other := order("o1")
	other.TotalAmount++
	_, err = b.Create(t.Context(), checker.NewRecord(other, now))
	require.ErrorIs(t, err, orders.ErrDifferent)
	require.Equal(t, before, get(t, b, "o1"))
}

func TestManyCreatesUnderOneIDAreOneOrder(t *testing.T) {
	b, _ := start(t)
	together(20, func(i int) {
		rec, err := b.Create(context.Background(), checker.NewRecord(order("o1"), now))
		assert.NoError(t, err)
		assert.Equal(t, "o1", rec.OrderID)
	})
	require.Equal(t, checker.Pending, get(t, b, "o1").Status)
}

func TestACreateWhoseAnswerWasLostIsMadeOnce(t *testing.T) {
	b, db := start(t)
	db.Fault(fault.Rule{Action: "dynamodb:PutItem", When: fault.After, Times: 1, Do: dynamodbtest.Answer(errors.New("lost"))})
	rec, err := retrying(b).Create(t.Context(), checker.NewRecord(order("o1"), now))
	require.NoError(t, err)
	require.Equal(t, get(t, b, "o1"), rec)
}

func TestAnItemThatIsNoOrderIsAnErrorThatNamesTheAttributes(t *testing.T) {
	b, db := start(t)
	create(t, b, "o1")
	it := db.Get(t, "orders", "orderId", "o1")
	for name, c := range map[string]struct {
		value types.AttributeValue
		want  string
	}{
		"totalAmount":    {s("10.5"), "attribute totalAmount is not a number"},
		"status":         {n("1"), "attribute status is not a string"},
		"accountChecked": {s("true"), "attribute accountChecked is not true or false"},
		"logs":           {s("none"), "attribute logs is not a list"},
		"createdAt":      {s("today"), "attribute createdAt is not a time"},
		"items":          {&types.AttributeValueMemberL{Value: []types.AttributeValue{s("x")}}, "attribute items is not a list of maps"},
	} {
		bad := dynamodbtest.Item{}
		for k, v := range it {
			bad[k] = v
		}
		bad[name] = c.value
		db.Put(t, "orders", bad)
		_, err := b.Get(t.Context(), "o1")
		require.ErrorContains(t, err, "reading order o1 from table orders: the item is not an order: "+c.want)
		require.NotErrorIs(t, err, orders.ErrNotFound)
	}
	bad := dynamodbtest.Item{}
	for k, v := range it {
		bad[k] = v
	}
	delete(bad, "customerId")
	db.Put(t, "orders", bad)
	_, err := b.Get(t.Context(), "o1")
	require.ErrorContains(t, err, "attribute customerId is not a string")
}

func TestErrorsSayWhatWasBeingDone(t *testing.T) {
	b, _ := start(t)
	b.Name = "elsewhere"
	_, err := b.Get(t.Context(), "o1")
	require.ErrorContains(t, err, "reading order o1 from table elsewhere: ")
	_, err = b.Create(t.Context(), checker.NewRecord(order("o1"), now))
	require.ErrorContains(t, err, "storing order o1 in table elsewhere: ")
	_, _, err = b.Apply(t.Context(), found(checker.Stock, true))
	require.ErrorContains(t, err, "updating order o1 in table elsewhere: ")
}

// Every method needs only the permission that its doc comment names.
func TestPermissions(t *testing.T) {
	b, db := start(t)
	create(t, b, "o1", "o2")
	allowed := func(action string) *orders.Table {
		document := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:%s","Resource":"%s"}]}`, action, dynamodbtest.ARN("orders"))
		return &orders.Table{Client: db.Role(t, action, document), Name: "orders"}
	}
	_, err := allowed("GetItem").Get(t.Context(), "o1")
	require.NoError(t, err)
	putter := allowed("PutItem")
	for range 2 {
		_, err = putter.Create(t.Context(), checker.NewRecord(order("o3"), now))
		require.NoError(t, err)
	}
	updater := allowed("UpdateItem")
	for range 2 {
		for _, c := range []checker.Check{checker.Account, checker.Stock} {
			_, _, err = updater.Apply(t.Context(), found(c, true))
			require.NoError(t, err)
		}
		_, _, err = updater.Reject(t.Context(), "o2", checker.Pending, "why")
		require.NoError(t, err)
	}
	require.NoError(t, ship(t.Context(), updater, "o1"))
	require.Equal(t, checker.Shipped, get(t, b, "o1").Status)
}
