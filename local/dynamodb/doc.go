// Package dynamodb is the embedded cloud's DynamoDB. It keeps tables in memory, each as one ordered tree of immutable
// items.
//
// Operations: GetItem, BatchGetItem, PutItem, UpdateItem, DeleteItem, TransactWriteItems, Query, Scan, DescribeTable,
// DescribeTimeToLive and ListTables. Resource types: aws:dynamodb/table:Table, and of Application Auto Scaling
// aws:appautoscaling/target:Target and policy:Policy.
//
// Differences from AWS:
//
//   - Reads are always strongly consistent. ConsistentRead only doubles their cost.
//   - Operations on one item wait for each other, so a TransactionConflict happens only as an injected fault.
//   - On-demand tables never throttle. Provisioned tables do, by a token bucket that saves up 300 seconds.
//   - A table scales at the next operation after the minute that is the reason, without the minutes that alarms and
//     UpdateTable take, as often as it needs to, and without cooldowns. There are no alarms. Application Auto Scaling has no
//     operations on the wire, and its actions are not authorized.
//   - Expired items are deleted 48 hours after their time, at the next operation on the table.
//   - Tables are ACTIVE at once, and their counts are exact.
//   - Not implemented, and refused by name: sets and DELETE of an update expression, the functions contains, size and
//     attribute_type, list indexes, IN, the return values UPDATED_OLD and UPDATED_NEW, secondary indexes, streams, backups,
//     parallel scans, PartiQL, consumed capacity, and the legacy parameters that expressions have replaced (Expected,
//     AttributeUpdates, ...).
package dynamodb
