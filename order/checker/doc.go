// Package checker is the order of the CheckerPipeline pattern, from the request to the last log line: what was ordered,
// how far it has come, and what the checks found.
//
// An order is captured as Pending. Two checks look at it side by side, of the customer's account and of the stock, and
// each sends a Finding. One that failed makes the order Rejected, two that passed make it "Ready to ship"; shipping it
// makes it Shipped, or Rejected if account or stock no longer suffice.
//
// The package reads and writes JSON, and knows nothing of Lambda, SNS, SQS or DynamoDB. Reading is strict: everything is
// checked, every fault is told at once with its path in a *strictjson.Invalid, and unknown fields are faults. A number
// is a JSON number; a string of digits is refused.
package checker
