package components

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checkerFront are the functions behind a CheckerPipeline's API.
type checkerFront struct{ capture, status, account, stock *function }

func (b *checkerBuilder) front(topic *sns.Topic) (*checkerFront, error) {
	origin := pulumi.String(b.args.Api.AllowOrigin)
	on := func(sid string, table *dynamodb.Table, actions ...string) statement {
		return statement{sid: sid, actions: actions, resources: []pulumi.StringInput{table.Arn}}
	}
	f := &checkerFront{}
	var err error
	// UpdateItem is for an order that was stored, could not be published, and whose client cannot repeat it.
	if f.capture, err = b.function("capture-order", "Stores orders and publishes them", b.args.Capture,
		pulumi.StringMap{"ORDERS_TABLE": b.orders.Name, "TOPIC_ARN": topic.Arn, "ALLOW_ORIGIN": origin},
		on("CaptureOrder", b.orders, "dynamodb:PutItem", "dynamodb:UpdateItem"),
		statement{sid: "PublishOrder", actions: []string{"sns:Publish"}, resources: []pulumi.StringInput{topic.Arn}},
	); err != nil {
		return nil, err
	}
	if f.status, err = b.function("get-order-status", "Tells the status of an order", b.args.Capture,
		pulumi.StringMap{"ORDERS_TABLE": b.orders.Name, "ALLOW_ORIGIN": origin}, on("ReadOrder", b.orders, "dynamodb:GetItem"),
	); err != nil {
		return nil, err
	}
	if f.account, err = b.function("update-account", "Sets the balance of an account", b.args.Capture,
		pulumi.StringMap{"ACCOUNTS_TABLE": b.accounts.Name, "ALLOW_ORIGIN": origin}, on("SetBalance", b.accounts, "dynamodb:UpdateItem"),
	); err != nil {
		return nil, err
	}
	f.stock, err = b.function("update-stock", "Sets the stock of a product", b.args.Capture,
		pulumi.StringMap{"STOCK_TABLE": b.stock.Name, "ALLOW_ORIGIN": origin}, on("SetStock", b.stock, "dynamodb:UpdateItem"),
	)
	return f, err
}

// routes are the API's contract. API Gateway itself checks that what every request has is there; types and values are
// left to the functions, which name each field that is wrong.
func (f *checkerFront) routes() []Route {
	field := func(description string) object { return object{"description": description} }
	need := func(properties object) object {
		return object{"type": "object", "required": slices.Sorted(maps.Keys(properties)), "properties": properties}
	}
	order := need(object{
		"customerId":  field("1 to 128 letters, digits, dots, underscores and hyphens"),
		"items":       field("1 to 50 of {productId, qty}; qty is an integer from 1"),
		"totalAmount": field("A number from 0, with 4 decimals at most"),
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
			Method: "POST", Path: "/order", Function: f.capture.Function, Summary: "Places an order",
			Body: order, Headers: repeatable, Responses: captured("The order, Pending"),
		},
		{
			Method: "POST", Path: "/orders", Function: f.capture.Function, Summary: "Places several orders",
			Body: need(object{"orders": field("1 to 100 orders")}), Headers: repeatable,
			Responses: captured("The orders that were captured, and those that were not with the reason"),
		},
		{
			Method: "GET", Path: "/order/{orderId}/status", Function: f.status.Function, Summary: "Gets an order's status and log",
			Responses: []Response{{200, "The status, and what each step found"}, {404, "There is no such order"}},
		},
		{
			Method: "POST", Path: "/account", Function: f.account.Function, Summary: "Sets a customer's balance",
			Body: need(object{"customerId": field("The customer"), "balance": field("A number from 0, with 4 decimals at most")}), Responses: balance,
		},
		{
			Method: "POST", Path: "/stock", Function: f.stock.Function, Summary: "Sets a product's stock",
			Body: need(object{"productId": field("The product"), "balance": field("An integer from 0")}), Responses: balance,
		},
	}
}
