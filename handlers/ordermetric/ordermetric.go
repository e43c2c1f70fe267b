// Package ordermetric defines the names of the metrics of orders. Package metric writes them.
package ordermetric

import "github.com/order-patterns/order-patterns/handlers/kit/metric"

// The counters of orders. Rejected orders are counted with a reason, by metric.Reject and metric.Refuse.
const (
	Accepted   metric.Counter = "Accepted"   // the API answered 2xx
	Stored     metric.Counter = "Stored"     // the item of the order was written
	Superseded metric.Counter = "Superseded" // a later order of the account and vendor was stored before
	Invoiced   metric.Counter = "Invoiced"   // the invoice was written
	Shipped    metric.Counter = "Shipped"    // account and stock were debited
)

// The reasons of metric.Reject, besides metric.DeadLettered. A new reason costs another metric for each pattern that uses it.
const (
	Balance metric.Reason = "Balance" // the balance of the account is not sufficient
	Check   metric.Reason = "Check"   // a check of Checkers did not pass
	Stock   metric.Reason = "Stock"   // the stock of a product is not sufficient
)

// The reasons of metric.Refuse.
const (
	Refused      metric.Reason = "Refused"      // by the function behind the API
	NotPublished metric.Reason = "NotPublished" // stored, but the client was told that it was not accepted
)

// The timers.
const (
	SecondsToDone  metric.Timer = "SecondsToDone"  // from acceptance to the end of the order, or of a part of it
	SecondsPending metric.Timer = "SecondsPending" // the age of an order that is not decided yet
)
