// Package store keeps the active order of each customer and shop in a DynamoDB table with the partition key accountid and the sort key
// vendorid.
//
// Events arrive at least once and in any order, so the item must not depend on either. Every event has a rank, and each key holds the event
// with the highest rank so far. A rank has these parts, compared in order:
//
//  1. The version, which is orderdate in microseconds: the newer event has the higher rank.
//  2. With equal versions, a completion ranks above a new order: it was picked up at the moment it was placed.
//  3. The order id, then the fingerprint of the content, as text. This order has no meaning, but it ranks any two different events, even two
//     that a client sent under one order id.
//  4. Taking an order back ranks just above that order, and below everything else that ranks above it. In the Orchestrator, another execution
//     may retry an order that was taken back, and then replaces the order's own tombstone.
//
// The maximum of a set depends neither on the order of its elements nor on repetitions. So the result is the same for any delivery. The
// attribute version (a number) holds part 1, and the attribute tie (a string) holds the rest. One conditional PutItem compares and writes
// in one step. Nothing is read first, so no write is based on stale data.
//
// An order that was completed or taken back is not deleted but replaced by a tombstone, an item without city and details. An older
// new_order that arrives late has a lower rank than the tombstone.
//
// # Why no order comes back
//
// The table's time to live (attribute expires) removes a tombstone TombstoneLife after it was written. An older order that arrives after
// that finds no item, and would become active again. No path limits how late a message can be: each redrive from a dead-letter queue starts
// its retention again. So every event carries the time at which it was accepted, and Consume refuses a new order that was accepted more
// than coffee.MaxAge ago, which is a day less than TombstoneLife. The order is not lost: it goes to the dead-letter queue with the reason.
// This is sufficient because a tombstone is written after its completion was accepted. An order that was accepted before the completion is
// refused before the tombstone expires.
//
// A completion is never too old. It only replaces items of a lower rank, which is correct at any time.
//
// A replay of a stream from its first record (coffee.ReplaySource) applies orders of any age. If it makes an order active whose tombstone
// has expired, it applies the completion later: both are in one shard. If the completion is the earlier record, the order finds its new
// tombstone. The result is the same as after the first reading. A replay that is interrupted must be repeated. A replay of a part of the
// stream lacks earlier records, so MaxAge applies to it.
//
// One case remains: a client sends an old order again more than a day after its completion. If the completion's tombstone has expired when
// the order arrives, the order becomes active, because the table has no trace of the earlier one.
package store
