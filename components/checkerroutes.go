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

// checkerRoutes are the routes of Orders.
var checkerRoutes = []string{"POST /order", "POST /orders", "GET /order/{orderId}/status", "POST /account", "POST /stock"}

// balancesScope is the scope that a token needs to set balances and stock.
const balancesScope = "balances:write"

// checkerFront holds the functions behind the API of a CheckerPipeline.
type checkerFront struct{ capture, status, account, stock *function }

// checkerFront creates the functions behind the API. An order that is captured with a check by one of Checkers waits for its finding. So
// ready must exist before an order is captured, and update-order must know the check.
func (b *builder) checkerFront(args *CheckerPipelineArgs, tables checkerTables, topic *sns.Topic, outbox *queue, ready []pulumi.Resource) (f checkerFront, err error) {
	origin := stringOf(args.Api.AllowOrigin)
	var after []string
	if len(args.Checkers) > 0 {
		after = []string{"update-order"}
	}
	if f.capture, err = b.function(functionSpec{
		name: "capture-order", description: "Stores orders and publishes them", settings: args.Orders.Functions["capture-order"],
		environment: args.Authorizer.environment(checkers(args.Checkers).environment(pulumi.StringMap{
			"OUTBOX_QUEUE_URL": outbox.Url, "ORDERS_TABLE": tables.orders.Name, "TOPIC_ARN": topic.Arn, "ALLOW_ORIGIN": origin,
		})),
		after: after, needs: ready,
		allow: []statement{
			may("AnnounceOrder", outbox.Arn, "sqs:SendMessage"),
			// UpdateItem is for an order that was stored but could not be published, and that its client cannot send again.
			may("CaptureOrder", tables.orders.Arn, "dynamodb:PutItem", "dynamodb:UpdateItem"),
			may("PublishOrder", topic.Arn, "sns:Publish"),
		},
	}); err != nil {
		return f, err
	}
	if f.status, err = b.function(functionSpec{
		name: "get-order-status", description: "Tells the status of an order", settings: args.Orders.Functions["get-order-status"],
		environment: args.Authorizer.environment(pulumi.StringMap{"ORDERS_TABLE": tables.orders.Name, "ALLOW_ORIGIN": origin}),
		allow:       []statement{may("ReadOrder", tables.orders.Arn, "dynamodb:GetItem")},
	}); err != nil {
		return f, err
	}
	if f.account, err = b.function(functionSpec{
		name: "update-account", description: "Sets the balance of an account, or adds to it", settings: args.Orders.Functions["update-account"],
		environment: args.Authorizer.environment(pulumi.StringMap{"ACCOUNTS_TABLE": tables.accounts.Name, "ALLOW_ORIGIN": origin}),
		allow:       []statement{may("ChangeBalance", tables.accounts.Arn, "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:GetItem")},
	}); err != nil {
		return f, err
	}
	f.stock, err = b.function(functionSpec{
		name: "update-stock", description: "Sets the stock of a product, or adds to it", settings: args.Orders.Functions["update-stock"],
		environment: args.Authorizer.environment(pulumi.StringMap{"STOCK_TABLE": tables.stock.Name, "ALLOW_ORIGIN": origin}),
		allow:       []statement{may("ChangeStock", tables.stock.Arn, "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:GetItem")},
	})
	return f, err
}

// routes returns the routes of the API. The functions validate the bodies, and their errors name each field that is not valid.
func (f checkerFront) routes() []Route {
	field := func(format string, args ...any) object { return object{"description": fmt.Sprintf(format, args...)} }
	body := func(properties object, optional ...string) string {
		required := slices.DeleteFunc(slices.Sorted(maps.Keys(properties)), func(name string) bool { return slices.Contains(optional, name) })
		return schemaText(object{"type": "object", "required": required, "properties": properties})
	}
	amount := field("A number from 0, with %d decimals at most", money.Places)
	order := body(object{
		"customerId":  field("1 to %d letters, digits, dots, underscores and hyphens", checker.MaxID),
		"items":       field("1 to %d of {productId, qty}; qty is an integer from 1", checker.MaxItems),
		"totalAmount": amount,
	})
	repeatable := func(effect string) []Parameter {
		return []Parameter{{
			Name:        checker.IdempotencyKeyHeader,
			Description: fmt.Sprintf("1 to %d printable ASCII characters, chosen by the client: a request that is repeated with it %s nothing twice", checker.MaxIdempotencyKey, effect),
		}}
	}
	captured := func(what string) []Response {
		return []Response{
			{200, what}, {400, "The request is not valid; the description names each field that is wrong"},
			{422, "The Idempotency-Key was used for another order"}, {503, "Not captured; try again"},
		}
	}
	changed := []Response{
		{202, "The new balance"}, {400, "The request is not valid; the description names each field that is wrong"},
		{404, "There is no balance to add to"}, {409, "The balance would be below zero, or above its limit; the description says what is left"},
		{422, "The Idempotency-Key was used for another amount"}, {503, "The balance was perhaps not changed; the description says what to do"},
	}
	balance := func(key, what string, amount object, add string) Route {
		return Route{
			Method: "POST", Headers: repeatable("adds"), Responses: changed, Scopes: []string{balancesScope},
			Body: body(object{key: field("%s", what), "balance": amount, "add": field("%s", add)}, "balance", "add"),
		}
	}
	account := balance("customerId", "The customer", amount, "Instead of balance: an amount to add to it, below zero to subtract")
	account.Path, account.Function, account.Summary = "/account", f.account.target(), "Sets a customer's balance, or adds to it"
	stock := balance("productId", "The product", field("An integer from 0"), "Instead of balance: an integer to add to it, below zero to subtract")
	stock.Path, stock.Function, stock.Summary = "/stock", f.stock.target(), "Sets a product's stock, or adds to it"
	return []Route{
		{
			Method: "POST", Path: "/order", Function: f.capture.target(), Summary: "Places an order",
			Body: order, Headers: repeatable("captures"), Responses: captured("The order, Pending"),
		},
		{
			Method: "POST", Path: "/orders", Function: f.capture.target(), Summary: "Places several orders",
			Body: body(object{"orders": field("1 to %d orders", checker.MaxOrders)}), Headers: repeatable("captures"),
			Responses: captured("The orders that were captured, and those that were not with the reason"),
		},
		{
			Method: "GET", Path: "/order/{orderId}/status", Function: f.status.target(), Summary: "Gets an order's status and log",
			Responses: []Response{{200, "The status, and what each step found"}, {404, "There is no such order"}},
		},
		account, stock,
	}
}
