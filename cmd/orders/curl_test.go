package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCurlPrintsCommandsForEachDeployedPattern(t *testing.T) {
	project(t, `{"checker":{"url":"http://h/c/prod"},"fanout":{"url":"http://h/f/prod"},"region":"x"}`)
	const fanout = `
Place an order (fanout):

curl -i -X POST http://h/f/prod/order -H 'Content-Type: application/json' \
  -d '{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-01-31T08:30:00Z","city":"Lisbon","details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":3.5,"quantity":2}}}'

Read it, and a link to its invoice:

curl 'http://h/f/prod/order?accountid=a0&vendorid=v0'
curl 'http://h/f/prod/invoice?accountid=a0'
`
	const checker = `
Fill an account and the stock, and place an order (checker):

curl -i -X POST http://h/c/prod/account -H 'Content-Type: application/json' -d '{"customerId":"c0","balance":100}'
curl -i -X POST http://h/c/prod/stock -H 'Content-Type: application/json' -d '{"productId":"p0","balance":10}'
curl -i -X POST http://h/c/prod/order -H 'Content-Type: application/json' \
  -d '{"customerId":"c0","items":[{"productId":"p0","qty":2}],"totalAmount":10.5}'

Ask for its status, with the orderId of the answer:

curl 'http://h/c/prod/order/ORDERID/status'
`
	for pattern, want := range map[string]string{"": fanout + checker, "all": fanout + checker, "checker": checker, "checker, fanout": checker + fanout} {
		args := []string{"curl"}
		if pattern != "" {
			args = append(args, "--pattern", pattern)
		}
		out, _, err := orders(t, args...)
		require.NoError(t, err)
		require.Equal(t, want, out, pattern)
	}
	_, _, err := orders(t, "curl", "--pattern", "eventstream")
	require.EqualError(t, err, `the local stack does not run the pattern "eventstream"; it runs: fanout, checker`)
}

func TestCurlPrintsTheAPIKeyIfTheAPIRequiresOne(t *testing.T) {
	project(t, `{"checker":{"url":"http://h/prod","apiKey":"secret"}}`)
	out, _, err := orders(t, "curl")
	require.NoError(t, err)
	for _, command := range []string{
		"curl -i -X POST http://h/prod/account -H 'X-Api-Key: secret' -H",
		"curl -i -X POST http://h/prod/stock -H 'X-Api-Key: secret' -H",
		"curl -i -X POST http://h/prod/order -H 'X-Api-Key: secret' -H",
		"curl 'http://h/prod/order/ORDERID/status' -H 'X-Api-Key: secret'\n",
	} {
		require.Contains(t, out, command)
	}
}

func TestCurlIdentifiesItsCaller(t *testing.T) {
	program := os.Args[0]
	t.Cleanup(func() { os.Args[0] = program })
	os.Args[0] = ".tools/bin/orders"
	project(t, `{"fanout":{"url":"http://h/f/prod","auth":"jwt"},"checker":{"url":"http://h/c/prod","auth":"jwt"},"orchestrator":{"url":"http://h/o/prod","auth":"iam"}}`)
	out, _, err := orders(t, "curl")
	require.NoError(t, err)
	for _, command := range []string{
		"\nTOKEN=$(.tools/bin/orders token --account a0)\ncurl -i -X POST http://h/f/prod/order -H \"Authorization: Bearer $TOKEN\" -H",
		"curl 'http://h/f/prod/invoice?accountid=a0' -H \"Authorization: Bearer $TOKEN\"\n",
		"\nTOKEN=$(.tools/bin/orders token --account c0 --scope balances:write)\ncurl -i -X POST http://h/c/prod/account -H \"Authorization: Bearer $TOKEN\" -H",
		"\neval \"$(make -s env)\"\ncurl -i -X POST http://h/o/prod/order --aws-sigv4 \"aws:amz:us-east-1:execute-api\" --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\" -H",
	} {
		require.Contains(t, out, command)
	}
}
