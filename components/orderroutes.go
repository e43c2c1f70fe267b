package components

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/order/coffee"
	"github.com/order-patterns/order-patterns/order/money"
)

// orderToFunction is the route POST /order to a function, which validates each field.
func orderToFunction(fn *function) Route {
	return Route{
		Method: "POST", Path: "/order", Function: fn.target(),
		Summary: "Places an order, or completes it",
		Body:    schemaText(orderBody()),
		Responses: []Response{
			{202, "The order is accepted; the body has its orderid"},
			{400, "The order is not valid; the message names each field that is wrong"},
			{413, "The body is larger than any order"},
			{503, "The order was not accepted; try again"},
		},
	}
}

// orderToMachine is the route POST /order to a state machine. API Gateway validates what its schema can express, the machine the rest.
func orderToMachine(arn pulumi.StringInput) Route {
	return Route{
		Method: "POST", Path: "/order", Execution: &Execution{StateMachineArn: arn, IdPath: "$.order.orderid", AccountPath: "$.order.accountid", orders: true},
		Summary: "Places an order, or completes it",
		Body:    schemaText(orderSchema()), BodyRules: orderRules,
		Responses: []Response{
			{202, "The order is accepted; the body has its orderid and the ARN of its execution"},
			{400, "The order is not valid; the message says what an order is"},
			{413, "The body is larger than any order"},
			{500, "The order was not accepted"},
			{503, "The order was not accepted; try again"},
		},
	}
}

// schemaText returns the text of a JSON schema.
func schemaText(schema object) string {
	text, err := json.Marshal(schema)
	if err != nil {
		panic(err) // schemas are maps of strings and numbers, which can always be marshaled
	}
	return string(text)
}

// orderRules describes a valid order in a sentence.
var orderRules = fmt.Sprintf("An order has accountid and vendorid: 1 to %d letters, digits and ._-; orderid, if at all: 1 to %d of these; "+
	"orderdate: RFC 3339, or YYYY-MM-DD HH:MM:SS in UTC, from 2000 on; city: 1 to %d characters; "+
	"details: coffeetype and coffeesize: 1 to %d characters, unitprice: 0 to %d with %d decimals, quantity: an integer, 1 to %d; "+
	"eventtype, if at all: [%s] or [%s]; nothing else.",
	coffee.MaxID, coffee.MaxOrderID, coffee.MaxText, coffee.MaxText, coffee.MaxUnitPrice, money.Places, coffee.MaxQuantity,
	coffee.NewOrder, coffee.OrderCompleted)

// coffeeRoutes are the routes that routes returns.
var coffeeRoutes = []string{"POST /order", "GET /order", "GET /invoice"}

// routes returns the routes of the coffee patterns. Only the way to place an order differs.
func (s *orderStore) routes(placeOrder Route) []Route {
	account := Parameter{Name: "accountid", Description: "The customer's account", Required: true}
	vendor := Parameter{Name: "vendorid", Description: "The shop"}
	vendorRequired := vendor
	vendorRequired.Required = true
	return []Route{
		placeOrder,
		{
			Method: "GET", Path: "/order", Function: s.getOrder.target(),
			Summary: "Gets a customer's active order at a shop",
			Query:   []Parameter{account, vendorRequired},
			Responses: []Response{
				{200, "The order"}, {400, "A parameter is missing or not valid"}, {404, "There is no active order"},
			},
		},
		{
			Method: "GET", Path: "/invoice", Function: s.getInvoice.target(),
			Summary: "Gets a URL, valid for an hour at most, of a customer's latest invoice",
			Query:   []Parameter{account, vendor},
			Responses: []Response{
				{200, "The URL, as a JSON string"}, {400, "A parameter is missing or not valid"}, {404, "There is no invoice"},
			},
		},
	}
}

// orderBody is the schema of an order in the API's document, for a function that receives and validates it.
func orderBody() object {
	field := func(description string) object { return object{"description": description} }
	id := fmt.Sprintf("1 to %d letters, digits, dots, underscores and hyphens", coffee.MaxID)
	return object{
		"type": "object", "required": []string{"order"},
		"properties": object{"order": object{
			"required": []string{"accountid", "vendorid", "orderdate"},
			"properties": object{
				"accountid": field(id),
				"vendorid":  field(id),
				"orderid":   field("Chosen by the client, so that a repeated request is known as such; assigned if absent"),
				"orderdate": field("RFC 3339, or YYYY-MM-DD HH:MM:SS[.ffffff] in UTC"),
				"city":      field(fmt.Sprintf("1 to %d characters; of a new order", coffee.MaxText)),
				"details":   field("coffeetype, coffeesize, unitprice (a decimal number or string), quantity (an integer from 1); of a new order"),
				"eventtype": field(fmt.Sprintf(`["%s"], which is the default, or ["%s"]`, coffee.NewOrder, coffee.OrderCompleted)),
			},
		}},
	}
}
