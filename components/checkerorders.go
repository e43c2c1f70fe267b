package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CheckerPipelineOrders configures the built-in example of a CheckerPipeline, a shop. POST /order and POST /orders place orders. GET
// /order/{orderId}/status returns the status of an order. POST /account and POST /stock set balances.
type CheckerPipelineOrders struct {
	// Functions changes settings of the built-in functions, or replaces them with functions of your own. Keys: capture-order,
	// get-order-status, update-account, update-stock, check-balance, check-stock, update-order, ship-order, relay-order. update-order waits
	// for ship-order, so its timeout should be longer. Default: the built-in functions with default settings.
	//
	// Environment variables: ORDERS_TABLE, ACCOUNTS_TABLE and STOCK_TABLE for the functions that use the table; TOPIC_ARN for capture-order
	// and relay-order; OUTBOX_QUEUE_URL for capture-order; FINDINGS_QUEUE_URL for the checkers; SHIP_FUNCTION for update-order; QUEUE_URL
	// and DEAD_LETTERS_URL for the functions that read a queue; ALLOW_ORIGIN and AUTH for the functions behind the API; with Checkers also
	// CHECKS for capture-order, update-order and relay-order: the names of the Checkers, sorted and separated by commas.
	Functions map[string]Function `pulumi:"functions,optional"`
	// CheckQueue configures the queue between the topic and each checker, and the outbox queue. Default batches of [DefaultCheckBatchSize].
	CheckQueue QueueSettings `pulumi:"checkQueue,optional"`
	// UpdateQueue configures the queue between the checkers and update-order. Default batches of [DefaultCheckBatchSize].
	UpdateQueue QueueSettings `pulumi:"updateQueue,optional"`
	// Capacity is the capacity of each of the three tables. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
}

// checkerFunctions are the packages of the built-in functions.
var checkerFunctions = []string{
	"capture-order", "get-order-status", "update-account", "update-stock", "check-balance", "check-stock", "update-order", "ship-order",
	"relay-order",
}

// resolve validates the arguments. It returns a copy with defaults, and the packages that it needs.
func (o CheckerPipelineOrders) resolve(v *validator) (*CheckerPipelineOrders, []string) {
	all := resolveOurs(v, "Orders.Functions", o.Functions, checkerFunctions)
	o.Functions = all
	o.CheckQueue = o.CheckQueue.resolve(v, "Orders.CheckQueue", DefaultCheckBatchSize)
	o.UpdateQueue = o.UpdateQueue.resolve(v, "Orders.UpdateQueue", DefaultCheckBatchSize)
	o.Capacity = o.Capacity.resolve(v, "Orders.Capacity")
	return &o, all.packaged()
}

// orders creates what Orders needs, and the checkers. It returns the routes, and what must exist before they are called.
func (c *CheckerPipeline) orders(b *builder, args *CheckerPipelineArgs, topic *sns.Topic, tables checkerTables) ([]Route, []pulumi.Resource, error) {
	ours := args.Orders.Functions
	ship, shipFailures, err := b.invoked(functionSpec{
		name: "ship-order", description: "Deducts credit and stock, and ships an order", settings: ours["ship-order"],
		environment: pulumi.StringMap{
			"ORDERS_TABLE": tables.orders.Name, "ACCOUNTS_TABLE": tables.accounts.Name, "STOCK_TABLE": tables.stock.Name,
		},
		allow: []statement{
			may("ReadOrder", tables.orders.Arn, "dynamodb:GetItem"),
			{
				sid: "Ship", actions: []string{"dynamodb:UpdateItem"},
				resources: []pulumi.StringInput{tables.orders.Arn, tables.accounts.Arn, tables.stock.Arn},
			},
		},
	})
	if err != nil {
		return nil, nil, err
	}
	updates, _, err := b.worker(args.Orders.UpdateQueue, functionSpec{
		name: "update-order", description: "Applies what the checkers found to orders", settings: ours["update-order"],
		environment: checkers(args.Checkers).environment(pulumi.StringMap{"ORDERS_TABLE": tables.orders.Name, "SHIP_FUNCTION": ship.Arn}),
		allow: []statement{
			may("UpdateOrder", tables.orders.Arn, "dynamodb:UpdateItem"), may("Ship", ship.Arn, "lambda:InvokeFunction"),
		},
	})
	if err != nil {
		return nil, nil, err
	}
	balance, balanceReady, err := b.subscriber(topic, Consumer{Queue: args.Orders.CheckQueue}, functionSpec{
		name: "check-balance", description: "Checks a customer's account", settings: ours["check-balance"],
		environment: pulumi.StringMap{"ACCOUNTS_TABLE": tables.accounts.Name, "FINDINGS_QUEUE_URL": updates.Url},
		allow:       []statement{may("ReadAccount", tables.accounts.Arn, "dynamodb:GetItem"), maySendFinding(updates)},
	})
	if err != nil {
		return nil, nil, err
	}
	stock, stockReady, err := b.subscriber(topic, Consumer{Queue: args.Orders.CheckQueue}, functionSpec{
		name: "check-stock", description: "Checks the stock of an order's products", settings: ours["check-stock"],
		environment: pulumi.StringMap{"STOCK_TABLE": tables.stock.Name, "FINDINGS_QUEUE_URL": updates.Url},
		allow:       []statement{may("ReadStock", tables.stock.Arn, "dynamodb:BatchGetItem"), maySendFinding(updates)},
	})
	if err != nil {
		return nil, nil, err
	}
	ownReady, err := c.ownCheckers(b, args.Checkers, topic, updates)
	if err != nil {
		return nil, nil, err
	}
	outbox, _, err := b.worker(args.Orders.CheckQueue, functionSpec{
		name: "relay-order", description: "Watches orders until they are decided, and publishes those that no check has", settings: ours["relay-order"],
		environment: checkers(args.Checkers).environment(pulumi.StringMap{"ORDERS_TABLE": tables.orders.Name, "TOPIC_ARN": topic.Arn}),
		allow:       []statement{may("WatchOrder", tables.orders.Arn, "dynamodb:GetItem", "dynamodb:UpdateItem"), may("PublishOrder", topic.Arn, "sns:Publish")},
	})
	if err != nil {
		return nil, nil, err
	}
	front, err := b.checkerFront(args, tables, topic, outbox, ownReady)
	if err != nil {
		return nil, nil, err
	}
	c.OrdersTableName, c.AccountsTableName, c.StockTableName = tables.orders.Name, tables.accounts.Name, tables.stock.Name
	c.BalanceQueueUrl, c.BalanceDeadLettersUrl = balance.Url, balance.deadLetters.Url
	c.StockQueueUrl, c.StockDeadLettersUrl = stock.Url, stock.deadLetters.Url
	c.UpdateQueueUrl, c.UpdateDeadLettersUrl = updates.Url, updates.deadLetters.Url
	c.OutboxQueueUrl, c.OutboxDeadLettersUrl = outbox.Url, outbox.deadLetters.Url
	c.ShipFailuresUrl = shipFailures.Url
	return front.routes(), slices.Concat(balanceReady, stockReady, ownReady), nil
}
