package coffee_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/coffee"
)

// submission returns request with more fields beside its order, and with an id inside unless that is empty.
func submission(beside, inside string) []byte {
	s := strings.Replace(request, `{"order":{`, `{`+beside+`"order":{`, 1)
	if inside != "" {
		s = strings.Replace(s, `"accountid"`, `"orderid":"`+inside+`","accountid"`, 1)
	}
	return []byte(s)
}

func TestTheClientsOrderIDCountsElseTheAssignedOne(t *testing.T) {
	for name, c := range map[string]struct{ beside, inside, want string }{
		"assigned":         {`"orderid":"assigned",`, "", "assigned"},
		"chosen":           {``, "chosen", "chosen"},
		"both":             {`"orderid":"assigned",`, "chosen", "chosen"},
		"with a requestid": {`"requestid":"r-1","orderid":"assigned",`, "", "assigned"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := coffee.ParseSubmission(submission(c.beside, c.inside))
			require.NoError(t, err)
			require.Equal(t, c.want, s.Order.OrderID)
			want, err := coffee.ParseRequest([]byte(request), clock)
			require.NoError(t, err)
			want.OrderID = c.want
			require.Equal(t, want, s.Order)
			require.Equal(t, strings.Contains(c.beside, "r-1"), s.RequestID == "r-1")
		})
	}
}

func TestASubmissionHoldsTheBodyAsTheClientWroteIt(t *testing.T) {
	body := strings.Replace(request, "Zürich", `it's "\\\"\ud83d\ude42`, 1)
	body = strings.Replace(body, `it's "`, `it's \"`, 1)
	want, err := coffee.ParseRequest([]byte(body), clock)
	require.NoError(t, err)
	want.OrderID = "r-1"
	input, err := coffee.EncodeJSON(map[string]any{"orderid": "r-1", "requestid": "r-1", "accepted": 1772353800123, "execution": "e-1", "attempt": 2, "caller": "a7", "body": body})
	require.NoError(t, err)
	s, err := coffee.ParseSubmission(input)
	require.NoError(t, err)
	require.Equal(t, coffee.Submission{
		Order: want, RequestID: "r-1", Execution: "e-1", Attempt: 2, Caller: "a7", Accepted: time.Date(2026, 3, 1, 8, 30, 0, 123e6, time.UTC),
	}, s)
}

func TestTheDateOfASubmissionIsComparedWithWhenItWasAccepted(t *testing.T) {
	const ahead = "order.orderdate: must not be more than 5 minutes ahead of the clock, got 2026-03-01T08:30:00.123456Z"
	for accepted, want := range map[string]string{`"accepted":1772353500124,`: "", `"accepted":1772353500123,`: ahead, ``: ""} {
		_, err := coffee.ParseSubmission(submission(`"orderid":"o1",`+accepted, ""))
		if want == "" {
			require.NoError(t, err, accepted)
			continue
		}
		var invalid *coffee.InvalidOrder
		require.ErrorAs(t, err, &invalid)
		require.EqualError(t, err, want)
	}
}

func TestASubmissionMayHoldTheCanonicalForm(t *testing.T) {
	first, err := coffee.ParseSubmission(submission("", "o1"))
	require.NoError(t, err)
	again, err := coffee.EncodeJSON(map[string]any{"order": first.Order})
	require.NoError(t, err)
	second, err := coffee.ParseSubmission(again)
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestSubmissionsAreRefusedWithEveryFault(t *testing.T) {
	for in, want := range map[string]string{
		string(submission("", "")):                               "order.orderid: is missing",
		string(submission(`"orderid":"a/b",`, "chosen")):         `orderid: must be 1 to 80 of the characters A-Z a-z 0-9 . _ -, got "a/b"`,
		string(submission(`"orderid":null,`, "")):                "orderid: must be a string, got null",
		string(submission(`"orderid":"o1","requestid":7,`, "")):  "requestid: must be a string, got 7",
		string(submission(`"orderid":"o1","orderId":"o2",`, "")): `body: has an unknown field "orderId" (known: orderid, requestid, accepted, execution, attempt, caller, body, order)`,
		`{"orderid":"o1"}`:                                       "order: is missing",
		`{"orderid":"o1","order":[]}`:                            "order: must be an object, got an array",
		`{"orderid":"o1","order":null}`:                          "order: must be an object, got null",
		`{"orderid":"o1","body":{}}`:                             "body: must be a string, got an object",
		`{"orderid":"o1","body":"{"}`:                            "body: ",
		`{"orderid":"o1","body":"[]"}`:                           "body: must be an object, got an array",
		`{"orderid":"o1","body":"{}"}`:                           "order: is missing",
		`{"orderid":"o1","body":"{\"order\":{},\"x\":1}"}`:       `body: has an unknown field "x" (known: order)`,
		`{"orderid":"o1","body":"{\"order\":{},\"order\":{}}"}`:  "body: has the key order twice",
		`{"orderid":"o1","accepted":"now","order":{}}`:           "accepted: must be an integer",
		`{"orderid":"o1","accepted":-1,"order":{}}`:              "accepted: must be an integer",
		`{"orderid":"o1","attempt":-1,"order":{}}`:               "attempt: must be an integer from 0 to 100000000, got -1",
		`{"orderid":"o1","execution":1,"order":{}}`:              "execution: must be a string, got 1",
		`{"orderid":"o1","caller":"a/b","order":{}}`:             `caller: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "a/b"`,
		`{"orderid":"o1","caller":null,"order":{}}`:              "caller: must be a string, got null",
		`[]`: "body: must be an object, got an array",
		``:   "body: is empty",
		`{"orderid":"/","requestid":1,"order":{"accountid":"a","vendorid":"v","eventtype":["order_completed"]}}`: `orderid: must be 1 to 80 of the characters A-Z a-z 0-9 . _ -, got "/"; ` +
			"requestid: must be a string, got 1; order.orderdate: is missing",
	} {
		_, err := coffee.ParseSubmission([]byte(in))
		var invalid *coffee.InvalidOrder
		require.ErrorAs(t, err, &invalid, in)
		require.Contains(t, err.Error(), want, in)
	}
}
