package components

import "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"

// routes are the coffee patterns' contract: what takes an order differs, what it looks like from outside does not.
func (s *orderStore) routes(place *lambda.Function) []Route {
	account := Parameter{Name: "accountid", Description: "The customer's account", Required: true}
	vendor := Parameter{Name: "vendorid", Description: "The shop"}
	vendorRequired := vendor
	vendorRequired.Required = true
	return []Route{
		{
			Method: "POST", Path: "/order", Function: place,
			Summary: "Places an order, or completes it",
			Body:    orderBody(),
			Responses: []Response{
				{202, "The order is accepted; the body has its orderid"},
				{400, "The order is not valid; the message names each field that is wrong"},
				{413, "The body is larger than any order"},
				{503, "The order was not accepted; try again"},
			},
		},
		{
			Method: "GET", Path: "/order", Function: s.getOrder.Function,
			Summary: "Gets a customer's active order at a shop",
			Query:   []Parameter{account, vendorRequired},
			Responses: []Response{
				{200, "The order"}, {400, "A parameter is missing or not valid"}, {404, "There is no active order"},
			},
		},
		{
			Method: "GET", Path: "/invoice", Function: s.getInvoice.Function,
			Summary: "Gets a URL, valid for one hour, of a customer's latest invoice",
			Query:   []Parameter{account, vendor},
			Responses: []Response{
				{200, "The URL, as a JSON string"}, {400, "A parameter is missing or not valid"}, {404, "There is no invoice"},
			},
		},
	}
}

// orderBody is what API Gateway itself checks of an order where a function comes next: that there is a JSON object, and
// that what every order has is in it. The messages of its validator name a field only when that is missing; so wrong
// types and values are left to the function, which names each.
func orderBody() map[string]any {
	field := func(description string) object { return object{"description": description} }
	return object{
		"type": "object", "required": []string{"order"},
		"properties": object{"order": object{
			"required": []string{"accountid", "vendorid", "orderdate"},
			"properties": object{
				"accountid": field("1 to 128 letters, digits, dots, underscores and hyphens"),
				"vendorid":  field("1 to 128 letters, digits, dots, underscores and hyphens"),
				"orderid":   field("Chosen by the client, so that a repeated request is known as such; assigned if absent"),
				"orderdate": field("RFC 3339, or YYYY-MM-DD HH:MM:SS[.ffffff] in UTC"),
				"city":      field("1 to 128 characters; of a new order"),
				"details":   field("coffeetype, coffeesize, unitprice (a decimal number or string), quantity (an integer from 1); of a new order"),
				"eventtype": field(`["new_order"], which is the default, or ["order_completed"]`),
			},
		}},
	}
}
