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
// details. An older new_order that arrives late meets the tombstone, and has the lower rank.
//
// # Why no order comes back
//
// The table's time to live (attribute expires) removes a tombstone TombstoneLife after it was written. An older order that
// arrives after that finds nothing, and would become active again. No path limits how late a message can be: each redrive
// from a dead-letter queue starts its retention again. So every event carries the time at which it was accepted, and Consume
// refuses a new order that was accepted more than coffee.MaxAge ago, which is a day less than TombstoneLife. Nothing is lost
// by that: it goes to the dead-letter queue with the reason. The argument: a tombstone is written after its completion was
// accepted. If the order was accepted before the completion, it is refused before the tombstone expires.
//
// A completion is never too old. It only removes what it outranks, and that is right at any time.
//
// A replay of a stream from its first record on (coffee.ReplaySource) applies orders of any age. If it makes an order active
// whose tombstone has expired, it comes to the completion later: both are in one shard, and if the completion is the earlier
// one, the order meets its new tombstone. The end is the same as that of the first reading. A replay that is interrupted has
// to be repeated. A replay of a part of the stream lacks what was before, so MaxAge applies to it.
//
// One case is left: a client that sends an old order again more than a day after its completion. If the completion's
// tombstone has expired when the order arrives, the order is active: the table knows as much of it as of a first one.
package store
