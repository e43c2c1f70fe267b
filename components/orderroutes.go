package components

import "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"

// placement is what takes an order: a function that checks each field, or a state machine, in front of which API Gateway
// has to check everything.
type placement struct {
	function  *lambda.Function
	execution *Execution
}

// route is POST /order.
func (p placement) route() Route {
	r := Route{
		Method: "POST", Path: "/order", Function: p.function, Execution: p.execution,
		Summary: "Places an order, or completes it",
		Body:    orderBody(),
		Responses: []Response{
			{202, "The order is accepted; the body has its orderid"},
			{400, "The order is not valid; the message names each field that is wrong"},
			{413, "The body is larger than any order"},
			{503, "The order was not accepted; try again"},
		},
	}
	if p.execution != nil {
		r.Body, r.BodyRules = orderSchema(), orderRules
		r.Responses = []Response{
			{202, "The order is accepted; the body has its orderid and the ARN of its execution"},
			{400, "The order is not valid; the message says what an order is"},
			{409, "An order with this orderid was accepted before"},
			{500, "The order was not accepted"},
			{503, "The order was not accepted; try again"},
		}
	}
	return r
}

// orderRules is what an order is, in a sentence.
const orderRules = "An order has accountid and vendorid: 1 to 128 letters, digits and ._-; orderid, if at all: 1 to 80 of these; " +
	"orderdate: RFC 3339, or YYYY-MM-DD HH:MM:SS in UTC; city: 1 to 128 characters; " +
	"details: coffeetype and coffeesize: 1 to 128 characters, unitprice: 0 to 1000000 with 4 decimals, quantity: an integer, 1 to 10000; " +
	"eventtype, if at all: [new_order] or [order_completed]; nothing else."

// routes are the coffee patterns' contract: what takes an order differs, what it looks like from outside does not.
func (s *orderStore) routes(place placement) []Route {
	account := Parameter{Name: "accountid", Description: "The customer's account", Required: true}
	vendor := Parameter{Name: "vendorid", Description: "The shop"}
	vendorRequired := vendor
	vendorRequired.Required = true
	return []Route{
		place.route(),
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
