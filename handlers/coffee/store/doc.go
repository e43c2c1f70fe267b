// Package store keeps the active order of each customer and shop in a DynamoDB table with the partition key
// accountid and the sort key vendorid.
//
// Messages arrive at least once and in any order, so a write must give the same item whichever way they come.
// Every event has a rank, and each key holds the event of the highest rank seen so far:
//
//  1. version: orderdate in microseconds. Newer wins.
//  2. At the same version, a completion outranks a new order: at the moment it was placed, it was picked up.
//  3. Then the order id, then the fingerprint of the content, compared as text. Neither says who is right; they
//     make every two different events comparable, even two that a client sent under one order id.
//  4. Taking an order back ranks just above that order, and so below whatever else ranks above it.
//
// The highest of a set does not depend on the order in which it is looked through, or on how often: that is the
// whole argument. 1 is the attribute version (a number), the others are the attribute tie (a string). One
// conditional PutItem compares and writes in one step; nothing is read first, so two writers cannot both
// act on what is no longer true.
//
// An order that was completed or taken back is not deleted but replaced by a tombstone, an item without city and
// details: an older new_order that arrives late finds it and loses. The table's time to live (attribute expires)
// removes it after TombstoneLife, when no queue can hold such a straggler any more: SQS keeps a message 14 days at most. A
// stream may keep events for longer; whoever reads an old order in it again reads on to its completion, too.
package store
