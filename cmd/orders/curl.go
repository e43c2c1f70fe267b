package main

import (
	"errors"
	"fmt"
	"os"
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
				api, template, account := apis[name], coffeeCurl, "a0"
				if slices.Contains(checkerPatterns, name) {
					template, account = checkerCurl, "c0 --scope balances:write"
				}
				before, options := identify(api, account)
				if api.APIKey != "" {
					options += " -H 'X-Api-Key: " + api.APIKey + "'"
				}
				fmt.Fprintf(cmd.OutOrStdout(), template, name, api.URL, options, before)
			}
			return nil
		},
	}
}

// identify returns the options with which curl authenticates, and the commands to run before. account are the flags for a token.
func identify(api endpoint, account string) (before, options string) {
	switch api.Auth {
	case "jwt":
		return fmt.Sprintf("TOKEN=$(%s token --account %s)\n", os.Args[0], account), ` -H "Authorization: Bearer $TOKEN"`
	case "iam":
		return "eval \"$(make -s env)\"\n", ` --aws-sigv4 "aws:amz:` + localRegion + `:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"`
	}
	return "", ""
}

// coffeeCurl is a format for the pattern's name, the API's URL, and the results of identify.
const coffeeCurl = `
Place an order (%[1]s):

%[4]scurl -i -X POST %[2]s/order%[3]s -H 'Content-Type: application/json' \
  -d '{"order":{"accountid":"a0","vendorid":"v0","orderdate":"2026-01-31T08:30:00Z","city":"Lisbon","details":{"coffeetype":"Latte","coffeesize":"Large","unitprice":3.5,"quantity":2}}}'

Read it, and a link to its invoice:

curl '%[2]s/order?accountid=a0&vendorid=v0'%[3]s
curl '%[2]s/invoice?accountid=a0'%[3]s
`

// checkerCurl is a format for the same, and the option for an API key.
const checkerCurl = `
Fill an account and the stock, and place an order (%[1]s):

%[4]scurl -i -X POST %[2]s/account%[3]s -H 'Content-Type: application/json' -d '{"customerId":"c0","balance":100}'
curl -i -X POST %[2]s/stock%[3]s -H 'Content-Type: application/json' -d '{"productId":"p0","balance":10}'
curl -i -X POST %[2]s/order%[3]s -H 'Content-Type: application/json' \
  -d '{"customerId":"c0","items":[{"productId":"p0","qty":2}],"totalAmount":10.5}'

Ask for its status, with the orderId of the answer:

curl '%[2]s/order/ORDERID/status'%[3]s
`
