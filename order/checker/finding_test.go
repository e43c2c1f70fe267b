package checker_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/strictjson"
)

func TestAFindingIsUnchangedByEncodingAndParsing(t *testing.T) {
	for _, f := range []checker.Finding{
		{OrderID: "o1", Check: checker.Account, Passed: true, Log: "Sufficient account balance"},
		{OrderID: "o1", Check: checker.Stock, Log: "Insufficient stock of 456: 3 wanted, 1 left"},
		{OrderID: "o1", Check: checker.Stock, Log: strings.Repeat("é", checker.MaxLog)},
	} {
		message, err := f.JSON()
		require.NoError(t, err)
		back, err := checker.ParseFinding(message)
		require.NoError(t, err)
		require.Equal(t, f, back)
	}
	message, err := checker.Finding{OrderID: "o1", Check: checker.Stock, Log: "a < b"}.JSON()
	require.NoError(t, err)
	require.Equal(t, `{"orderId":"o1","check":"stock","passed":false,"log":"a < b"}`, string(message))
}

func TestAFindingOfAnOwnCheckIsAcceptedIfTheCheckIsKnown(t *testing.T) {
	const body = `{"orderId":"o1","check":"fraud","passed":true,"log":"Known address"}`
	f, err := checker.ParseFinding([]byte(body), "age", "fraud")
	require.NoError(t, err)
	require.Equal(t, checker.Finding{OrderID: "o1", Check: "fraud", Passed: true, Log: "Known address"}, f)
	_, err = checker.ParseFinding([]byte(body))
	require.EqualError(t, err, `check: must be "account" or "stock", got "fraud"`)
	_, err = checker.ParseFinding([]byte(body), "age", "Fraud")
	require.EqualError(t, err, `check: must be "account", "stock", "age" or "Fraud", got "fraud"`)
}

func TestFindingsAreRefusedWithEveryFault(t *testing.T) {
	const good = `{"orderId":"o1","check":"stock","passed":false,"log":"x"}`
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for in, want := range map[string]string{
		``:                          "body: is empty",
		`[]`:                        "body: must be an object, got an array",
		`{}`:                        "orderId: is missing; check: is missing; passed: is missing; log: is missing",
		with(`"o1"`, `"o/1"`):       `orderId: must be 1 to 128 of the characters A-Z a-z 0-9 . _ -, got "o/1"`,
		with(`"stock"`, `"credit"`): `check: must be "account" or "stock", got "credit"`,
		with(`"stock"`, `1`):        "check: must be a string, got 1",
		with(`false`, `"false"`):    `passed: must be true or false, got "false"`,
		with(`false`, `null`):       "passed: must be true or false, got null",
		with(`"x"`, `" "`):          "log: must be 1 to 16384 characters, not all blank",
		with(`"x"`, `"`+strings.Repeat("x", checker.MaxLog+1)+`"`): "log: must be 1 to 16384 characters",
		with(`"x"`, `"x","at":1`):                                  `body: has an unknown field "at"`,
	} {
		_, err := checker.ParseFinding([]byte(in))
		var invalid *strictjson.Invalid
		require.ErrorAs(t, err, &invalid, in)
		require.Contains(t, err.Error(), want, in)
	}
}
