// Package coffee defines the order of the coffee patterns: its fields, their validation, and its encoding.
//
// A customer (accountid) has at most one active order at a shop (vendorid). There are two kinds of event: new_order places or replaces the
// order, order_completed means that it was picked up. Both are an Order. Of two events, the one with the later orderdate is the newer one.
//
// # Parsing
//
// ParseRequest parses the body of a client's request, {"order": {...}}. Parse parses the canonical form, which functions send to each
// other. ParseMessage parses the canonical form with the time at which the order was accepted. ParseSubmission parses an order with the id
// that was assigned to it. All of them validate everything, and report all faults together with their JSON paths, in an *InvalidOrder. An
// unknown field is a fault, so that a mistyped field name is not ignored. The orderdate is compared with a clock only when an order is
// accepted, so that an accepted order stays valid.
//
// # Encoding
//
// JSON encodes the canonical form: fields in a fixed order, orderdate in RFC 3339 in UTC to the microsecond, decimals as exact JSON
// numbers. Equal orders give equal bytes. Fingerprint is derived from these bytes, so it distinguishes a duplicate from a different order.
//
// The package does not depend on Lambda, SNS, SQS or any other transport.
package coffee
