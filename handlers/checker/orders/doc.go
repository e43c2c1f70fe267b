// Package orders keeps the orders of the checker pattern in a DynamoDB table with the partition key orderId.
//
// Messages arrive at least once and in any order, and two of them may concern one order at the same moment. Every change
// is therefore one conditional write, which compares and changes in one step. Nothing is read first and acted on later.
// The conditions look at three attributes, each of which changes in one direction only:
//
//   - accountChecked and stockChecked go from false to true when the finding of that check is applied, passed or not. A
//     finding is applied only while its attribute is false. A second copy of it changes nothing, and adds no log line.
//   - status goes from Pending to Rejected with a finding that did not pass, or to "Ready to ship" with a finding that
//     passed, if the other check was applied and the order is still Pending. So exactly one finding makes the transition:
//     the first that did not pass, or else the second of the two. From "Ready to ship" the status goes to Shipped or Rejected.
//
// If the answer to a write is lost, the write is repeated, and looks like a second copy.
//
// A write that meets a transaction on the same order is retried until the transaction is over, or ctx ends. After an
// error the outcome is unknown; repeating the call is safe.
package orders
