// Package orderbook keeps the orders of the CheckerPipeline in a DynamoDB table with the partition key orderId.
//
// Messages arrive at least once and in any order, and two of them may be at one order at the same moment. Every change
// is therefore one conditional write, which compares and changes in one step; nothing is read first to be acted on
// later. The conditions look at three attributes, and each of these changes once, in one direction:
//
//   - accountChecked and stockChecked go from false to true when the finding of that check is applied, whichever way it
//     went. A finding is applied while its attribute is false: a second copy of it changes nothing, and adds no line to
//     the logs.
//   - status goes from Pending to "Ready to ship" with the finding that finds the other check applied and the order still
//     Pending, so whichever of two comes second makes the transition, and no other; or from Pending to Rejected. From
//     "Ready to ship" it goes to Shipped or Rejected.
//
// A write that was made but whose answer was lost, and is made again, looks like a second copy.
//
// A write may meet a transaction that is at the same order; it is then made again until that is over, which is what the
// deadline of a context bounds. An error means that the outcome is unknown: doing the same again is safe.
package orderbook
