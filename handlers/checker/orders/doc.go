// Package orders stores the orders of the checker pattern in a DynamoDB table with the partition key orderId.
//
// Messages arrive at least once and in any order, and two of them may concern one order at the same time. So every change is one
// conditional write, which compares and changes in one step. Nothing is read first. The conditions use a few attributes, each of which
// changes in one direction only:
//
//   - accountChecked and stockChecked change from false to true when the finding of that check is applied, passed or not. A finding is applied
//     only while its attribute is false. A second copy changes nothing, and adds no log line.
//   - status changes from Pending to Rejected with a finding that did not pass. It changes to "Ready to ship" with a finding that passed, if all
//     other findings were applied and the order is still Pending. So exactly one finding changes the status: the first that did not pass, or
//     else the last one. From "Ready to ship" the status changes to Shipped or Rejected.
//
// An order may need more checks: see Table.Checks. It has an attribute for each check that was required when it was captured, such as
// fraudChecked for the check fraud. An order waits for the checks that it has an attribute for and that are required now:
//
//   - It does not wait for a check that was added later, whose function may never have got the order. A finding of that check is still applied:
//     it adds the attribute and a log line, and rejects a Pending order if it did not pass.
//   - It does not wait for a check that was removed. If it waits for nothing else, the next copy of a finding makes it ready. relay-order
//     publishes the order again for that.
//
// If the answer to a write is lost, the write is repeated, and has the effect of a second copy.
//
// A write that conflicts with a transaction on the same order is retried until the transaction is over, or ctx ends. After an error the
// result is unknown; repeating the call is safe.
package orders
