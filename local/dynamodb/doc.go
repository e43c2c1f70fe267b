// Package dynamodb is the embedded cloud's DynamoDB.
//
// It keeps tables in memory, each as one ordered tree of immutable items, and answers over the wire, with
// DynamoDB's own rules, limits and messages: GetItem, PutItem, UpdateItem, DeleteItem, Query, Scan, BatchGetItem,
// BatchWriteItem, TransactGetItems, TransactWriteItems, and for looking around DescribeTable, DescribeTimeToLive and
// ListTables. The Pulumi resource type aws:dynamodb/table:Table makes the tables.
//
// Where it deviates from DynamoDB:
//
//   - Reads are strongly consistent always; ConsistentRead only doubles their cost.
//   - Operations on one item wait for each other, so that a TransactionConflict happens only as an injected fault.
//   - On-demand tables never throttle; provisioned ones do, by a token bucket that saves up 300 seconds.
//   - Expired items go 48 hours after their time, at the next operation on the table.
//   - Tables are ACTIVE at once, and their counts are exact.
//   - There are no secondary indexes, streams, backups, parallel scans or PartiQL, and the legacy parameters that expressions have
//     replaced (Expected, AttributeUpdates, KeyConditions, ...) are refused.
package dynamodb
