// Package store keeps the active order of each customer and shop in a DynamoDB table with the partition key accountid
// and the sort key vendorid.
//
// Events arrive at least once and in any order, so the item must not depend on either. Every event has a rank, and each
// key holds the event with the highest rank seen so far. These are compared in turn:
//
//  1. The version, which is orderdate in microseconds: the newer event has the higher rank.
//  2. With equal versions, a completion ranks above a new order: it was picked up at the moment it was placed.
//  3. The order id, then the fingerprint of the content, as text. This order has no meaning, but it ranks every two
//     different events, even two that a client sent under one order id.
//  4. Taking an order back ranks just above that order, and below everything else that ranks above it. In the Orchestrator,
//     an order that was taken back may be tried again by another execution, and then replaces its own tombstone.
//
// The maximum of a set depends neither on the order of its elements nor on repetitions; that is the whole proof. The
// attribute version (a number) holds 1, and the attribute tie (a string) holds the rest. One conditional PutItem
// compares and writes in one step. Nothing is read first, so no writer acts on stale data.
//
// An order that was completed or taken back is not deleted but replaced by a tombstone, an item without city and
// details. An older new_order that arrives late meets the tombstone, and has the lower rank. The table's time to live
// (attribute expires) removes a tombstone after TombstoneLife. By then no queue holds such a late event: SQS keeps a
// message for 14 days at most. A stream may keep events for longer, but a consumer that reads an old order again reads
// its completion after it.
package store
