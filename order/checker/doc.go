// Package checker defines the orders of the checker pattern: what was ordered, the status, and the findings of the checks.
//
// A new order is Pending. Two checks run concurrently, of the customer's account and of the stock, and others that a stack may
// add. Each sends a Finding. A finding that did not pass makes the order Rejected, all of them passed make it "Ready to ship".
// Shipping makes it Shipped, or Rejected if account or stock no longer suffice.
//
// The package parses and encodes JSON, and does not depend on Lambda, SNS, SQS or DynamoDB. Parsing is strict: it reports
// every fault at once with its path, in a *strictjson.Invalid. An unknown field is a fault, and so is a string where a
// number belongs.
package checker
