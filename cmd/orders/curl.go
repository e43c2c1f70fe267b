package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

func curlCommand(t *target) *cobra.Command {
	return &cobra.Command{
		Use:   "curl",
		Short: "Print curl commands that place and read an order in each pattern that the local stack runs",
		Long: "Print curl commands, ready to paste, that place and read an order in each pattern that the local stack runs. --pattern may\n" +
			"name one pattern, several separated by commas, or all, the default.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if t.url != "" {
				return errors.New("curl is for the local stack: use --pattern, not --url")
			}
			apis, names, err := t.chosen()
			if err != nil {
				return err
			}
			for _, name := range names {
				url, key := apis[name].URL, apis[name].APIKey
				if !slices.Contains(checkerPatterns, name) {
					fmt.Fprintf(cmd.OutOrStdout(), coffeeCurl, name, url)
					continue
				}
				if key != "" {
					key = " -H 'X-Api-Key: " + key + "'"
				}
				fmt.Fprintf(cmd.OutOrStdout(), checkerCurl, name, url, key)
			}
			return nil
		},
	}
}

// coffeeCurl takes the pattern's name and the API's URL.
const coffeeCurl = `
Place an order (%[1]s):

curl -i -X POST %[2]s/order -H 'Content-Type: application/json' \
  -d '{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-01-31T08:30:00Z","city":"Lisbon","details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":3.5,"quantity":2}}}'

Read it, and a link to its invoice:

curl '%[2]s/order?accountid=a0&vendorid=v0'
curl '%[2]s/invoice?accountid=a0'
`

// checkerCurl takes the pattern's name, the API's URL, and the option for its API key.
const checkerCurl = `
Fill an account and the stock, and place an order (%[1]s):

curl -i -X POST %[2]s/account%[3]s -H 'Content-Type: application/json' -d '{"customerId":"c0","balance":100}'
curl -i -X POST %[2]s/stock%[3]s -H 'Content-Type: application/json' -d '{"productId":"p0","balance":10}'
curl -i -X POST %[2]s/order%[3]s -H 'Content-Type: application/json' \
  -d '{"customerId":"c0","items":[{"productId":"p0","qty":2}],"totalAmount":10.5}'

Ask for its status, with the orderId of the answer:

curl '%[2]s/order/ORDERID/status'%[3]s
`
