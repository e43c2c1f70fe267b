package components

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// CheckerPipelineOrders are orders of a shop. POST /order and POST /orders take them, GET /order/{orderId}/status answers what became
// of one, POST /account and POST /stock set balances.
type CheckerPipelineOrders struct {
	// Functions changes ours, or puts functions of your own in their places: capture-order, get-order-status, update-account,
	// update-stock, check-balance, check-stock, update-order, ship-order, relay-order. Default: ours, as they are. update-order waits
	// for ship-order: its timeout should be longer.
	//
	// Variables: ORDERS_TABLE, ACCOUNTS_TABLE and STOCK_TABLE of those that use the table; TOPIC_ARN and OUTBOX_QUEUE_URL of
	// capture-order; TOPIC_ARN of relay-order; FINDINGS_QUEUE_URL of the checkers; SHIP_FUNCTION of update-order; QUEUE_URL and
	// DEAD_LETTERS_URL of those that take from a queue; ALLOW_ORIGIN and AUTH of those behind the API; with Checkers also CHECKS of
	// capture-order, update-order and relay-order: the names of the Checkers, sorted, with commas between them.
	Functions map[string]Function `pulumi:"functions,optional"`
	// CheckQueue is the queue between the topic and each checker, and the outbox. Default batches of
	// [DefaultCheckBatchSize].
	CheckQueue QueueSettings `pulumi:"checkQueue,optional"`
	// UpdateQueue is the queue between the checkers and update-order. Default batches of [DefaultCheckBatchSize].
	UpdateQueue QueueSettings `pulumi:"updateQueue,optional"`
	// Capacity is that of each of the three tables. Default on-demand.
	Capacity TableCapacity `pulumi:"capacity,optional"`
}

// checkerFunctions are the packages of the functions of CheckerPipelineOrders.
var checkerFunctions = []string{
	"capture-order", "get-order-status", "update-account", "update-stock", "check-balance", "check-stock", "update-order", "ship-order",
	"relay-order",
}

// resolve validates them, and returns a copy with the defaults in place, and the packages that it needs.
func (o CheckerPipelineOrders) resolve(v *validator) (*CheckerPipelineOrders, []string) {
	all := resolveOurs(v, "Orders.Functions", o.Functions, checkerFunctions)
	o.Functions = all
	o.CheckQueue = o.CheckQueue.resolve(v, "Orders.CheckQueue", DefaultCheckBatchSize)
	o.UpdateQueue = o.UpdateQueue.resolve(v, "Orders.UpdateQueue", DefaultCheckBatchSize)
	o.Capacity = o.Capacity.resolve(v, "Orders.Capacity")
	return &o, all.packaged()
}

// orders makes what Orders asks for, and the checkers, and returns its routes, and what must be in place before they are called.
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
