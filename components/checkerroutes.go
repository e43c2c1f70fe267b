package components

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

// checkerFront are the functions behind a CheckerPipeline's API.
type checkerFront struct{ capture, status, account, stock *function }

func (b *builder) checkerFront(args *CheckerPipelineArgs, tables checkerTables, topic *sns.Topic, outbox *queue) (f checkerFront, err error) {
	origin := stringOf(args.Api.AllowOrigin)
	// UpdateItem is for an order that was stored, could not be published, and that its client cannot repeat.
	if f.capture, err = b.function(functionSpec{
		zip: "capture-order", description: "Stores orders and publishes them", settings: args.Capture,
		environment: pulumi.StringMap{
			"OUTBOX_QUEUE_URL": outbox.Url, "ORDERS_TABLE": tables.orders.Name, "TOPIC_ARN": topic.Arn, "ALLOW_ORIGIN": origin,
		},
		allow: []statement{
			may("AnnounceOrder", outbox.Arn, "sqs:SendMessage"),
			may("CaptureOrder", tables.orders.Arn, "dynamodb:PutItem", "dynamodb:UpdateItem"),
			may("PublishOrder", topic.Arn, "sns:Publish"),
		},
	}); err != nil {
		return f, err
	}
	if f.status, err = b.function(functionSpec{
		zip: "get-order-status", description: "Tells the status of an order", settings: args.Capture,
		environment: pulumi.StringMap{"ORDERS_TABLE": tables.orders.Name, "ALLOW_ORIGIN": origin},
		allow:       []statement{may("ReadOrder", tables.orders.Arn, "dynamodb:GetItem")},
	}); err != nil {
		return f, err
	}
	if f.account, err = b.function(functionSpec{
		zip: "update-account", description: "Sets the balance of an account", settings: args.Capture,
		environment: pulumi.StringMap{"ACCOUNTS_TABLE": tables.accounts.Name, "ALLOW_ORIGIN": origin},
		allow:       []statement{may("SetBalance", tables.accounts.Arn, "dynamodb:UpdateItem")},
	}); err != nil {
		return f, err
	}
	f.stock, err = b.function(functionSpec{
		zip: "update-stock", description: "Sets the stock of a product", settings: args.Capture,
		environment: pulumi.StringMap{"STOCK_TABLE": tables.stock.Name, "ALLOW_ORIGIN": origin},
		allow:       []statement{may("SetStock", tables.stock.Arn, "dynamodb:UpdateItem")},
	})
	return f, err
}

// routes are the API's contract. API Gateway itself checks that the required fields are there; types and values are left
// to the functions, which name each field that is wrong.
func (f checkerFront) routes() []Route {
	field := func(format string, args ...any) object { return object{"description": fmt.Sprintf(format, args...)} }
	body := func(properties object) string {
		return schemaText(object{"type": "object", "required": slices.Sorted(maps.Keys(properties)), "properties": properties})
	}
	amount := field("A number from 0, with %d decimals at most", money.Places)
	order := body(object{
		"customerId":  field("1 to %d letters, digits, dots, underscores and hyphens", checker.MaxID),
		"items":       field("1 to %d of {productId, qty}; qty is an integer from 1", checker.MaxItems),
		"totalAmount": amount,
	})
	repeatable := []Parameter{{
		Name:        "Idempotency-Key",
		Description: "1 to 128 printable ASCII characters, chosen by the client: a request that is repeated with it captures nothing twice",
	}}
	captured := func(what string) []Response {
		return []Response{
			{200, what}, {400, "The request is not valid; the description names each field that is wrong"},
			{422, "The Idempotency-Key was used for another order"}, {503, "Not captured; try again"},
		}
	}
	balance := []Response{{202, "The balance is set"}, {400, "The request is not valid"}, {503, "The balance was not set; try again"}}
	return []Route{
		{
			Method: "POST", Path: "/order", Function: f.capture.target(), Summary: "Places an order",
			Body: order, Headers: repeatable, Responses: captured("The order, Pending"),
		},
		{
			Method: "POST", Path: "/orders", Function: f.capture.target(), Summary: "Places several orders",
			Body: body(object{"orders": field("1 to %d orders", checker.MaxOrders)}), Headers: repeatable,
			Responses: captured("The orders that were captured, and those that were not with the reason"),
		},
		{
			Method: "GET", Path: "/order/{orderId}/status", Function: f.status.target(), Summary: "Gets an order's status and log",
			Responses: []Response{{200, "The status, and what each step found"}, {404, "There is no such order"}},
		},
		{
			Method: "POST", Path: "/account", Function: f.account.target(), Summary: "Sets a customer's balance",
			Body: body(object{"customerId": field("The customer"), "balance": amount}), Responses: balance,
		},
		{
			Method: "POST", Path: "/stock", Function: f.stock.target(), Summary: "Sets a product's stock",
			Body: body(object{"productId": field("The product"), "balance": field("An integer from 0")}), Responses: balance,
		},
	}
}
