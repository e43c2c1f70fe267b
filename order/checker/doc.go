// Package checker defines the orders of the checker pattern: their contents, their status, and the findings of the checks.
//
// A new order is Pending. Two checks run concurrently, of the customer's account and of the stock. A stack may add more. Each sends a
// Finding. A finding that did not pass makes the order Rejected. If all findings passed, the order is "Ready to ship". Shipping makes it
// Shipped, or Rejected if the account or the stock is no longer sufficient.
//
// The package parses and encodes JSON. It does not depend on Lambda, SNS, SQS or DynamoDB. Parsing is strict: it reports all faults
// together with their paths, in a *strictjson.Invalid. An unknown field is a fault, and so is a string in place of a number.
package checker
