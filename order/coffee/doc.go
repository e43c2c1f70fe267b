// Package coffee is the coffee order that every pattern of "Skip the Line" carries: its fields, how a request or
// a message is read and checked, and the one way it is written.
//
// A customer (accountid) has one active order at a shop (vendorid). Two kinds of event say so: new_order places
// or replaces it, order_completed says that it was picked up. Both are an Order; orderdate tells which of two
// events is the newer.
//
// # Reading
//
// ParseRequest reads what a client posts, {"order": {...}}; Parse reads the canonical form, which is what travels
// between functions; ParseSubmission reads an order beside the id that it was assigned. All check everything and report every fault at once, each with its JSON path, in an
// *InvalidOrder. Unknown fields are faults: a mistyped field name must not be lost in silence.
//
// # Writing
//
// JSON writes the canonical form: fixed field order, orderdate in RFC 3339 UTC to the microsecond, decimals as
// exact JSON numbers. Equal orders give equal bytes, so Fingerprint, which is derived from them, tells a
// duplicate from a different order.
//
// The package knows nothing of Lambda, SNS, SQS or any other transport.
package coffee
