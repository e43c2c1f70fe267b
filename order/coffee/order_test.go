package coffee_test

import (
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

func orders() *rapid.Generator[coffee.Order] {
	id := rapid.StringMatching(coffee.IDPattern).Filter(func(s string) bool { return len(s) <= coffee.MaxOrderID })
	text := rapid.StringMatching(`[\pL<&"\\][\pL <>&"'\\]{0,40}`)
	return rapid.Custom(func(t *rapid.T) coffee.Order {
		o := coffee.Order{
			OrderID: id.Draw(t, "orderid"), AccountID: id.Draw(t, "accountid"), VendorID: id.Draw(t, "vendorid"),
			OrderDate: time.UnixMicro(rapid.Int64Range(-62167219200000000, 253402300799999999).Draw(t, "micros")).UTC(),
			EventType: rapid.SampledFrom([]coffee.EventType{coffee.NewOrder, coffee.OrderCompleted}).Draw(t, "eventtype"),
		}
		if !o.Completed() {
			o.City = text.Draw(t, "city")
			o.Details = coffee.Details{
				CoffeeType: text.Draw(t, "coffeetype"), CoffeeSize: text.Draw(t, "coffeesize"),
				UnitPrice: money.Amount(rapid.Int64Range(0, 10_000_000_000).Draw(t, "unitprice")),
				Quantity:  rapid.Int64Range(1, coffee.MaxQuantity).Draw(t, "quantity"),
			}
		}
		return o
	})
}

func TestParseReadsBackWhatJSONWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := orders().Draw(t, "order")
		doc, err := o.JSON()
		require.NoError(t, err)
		back, err := coffee.Parse(doc)
		require.NoError(t, err)
		require.Equal(t, o, back)

		wrapped, err := coffee.EncodeJSON(map[string]coffee.Order{"order": o})
		require.NoError(t, err)
		if !o.OrderDate.Before(coffee.Earliest) {
			back, err = coffee.ParseRequest(wrapped, o.OrderDate)
			require.NoError(t, err)
			require.Equal(t, o, back)
		}

		_, err = o.Details.Total()
		require.NoError(t, err)
	})
}

func TestIDPatternAndCheckIDAgree(t *testing.T) {
	pattern := regexp.MustCompile(coffee.IDPattern)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a.Z_\-/ é]{0,12}`).Draw(t, "id")
		require.Equal(t, pattern.MatchString(s), coffee.CheckID(s) == "", "%q", s)
	})
}

func TestFingerprintDistinguishesDuplicatesFromChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := orders().Draw(t, "a"), orders().Draw(t, "b")
		fa, err := a.Fingerprint()
		require.NoError(t, err)
		fb, err := b.Fingerprint()
		require.NoError(t, err)
		require.Equal(t, a == b, fa == fb)
	})
}

func TestFingerprintNeverChanges(t *testing.T) {
	o, err := coffee.Parse([]byte(`{"orderid":"o1","accountid":"a0","vendorid":"v0","orderdate":"2026-03-01T09:00:00Z","eventtype":["order_completed"]}`))
	require.NoError(t, err)
	f, err := o.Fingerprint()
	require.NoError(t, err)
	require.Equal(t, "cb91e677-cbc8-5a8d-a689-13bfa7696ae0", f.String())
	require.Equal(t, uuid.Version(5), f.Version())
}

func TestAssignIDKeepsTheClientsID(t *testing.T) {
	o := coffee.Order{OrderID: "mine"}
	require.NoError(t, o.AssignID())
	require.Equal(t, "mine", o.OrderID)

	o = coffee.Order{}
	require.NoError(t, o.AssignID())
	id, err := uuid.Parse(o.OrderID)
	require.NoError(t, err)
	require.Equal(t, uuid.Version(7), id.Version())
	require.Empty(t, coffee.CheckOrderID(o.OrderID))
}

func TestOrderInsideAnotherDocumentIsItsCanonicalForm(t *testing.T) {
	o, err := coffee.ParseRequest([]byte(request), clock)
	require.NoError(t, err)
	doc, err := o.JSON()
	require.NoError(t, err)
	item, err := json.Marshal(map[string]coffee.Order{"Item": o})
	require.NoError(t, err)
	require.JSONEq(t, `{"Item":`+string(doc)+`}`, string(item))
}
