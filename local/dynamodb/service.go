// Package dynamodb is the embedded cloud's DynamoDB. It keeps tables in memory, each as one ordered tree of immutable
// items.
//
// Operations: GetItem, BatchGetItem, PutItem, UpdateItem, DeleteItem, TransactWriteItems, Query, Scan, DescribeTable,
// UpdateTable, DescribeTimeToLive and ListTables. Resource types: aws:dynamodb/table:Table, and of Application Auto Scaling
// aws:appautoscaling/target:Target and policy:Policy.
//
// Differences from AWS:
//
//   - Reads are always strongly consistent. ConsistentRead only doubles their cost.
//   - Operations on one item wait for each other, so a TransactionConflict happens only as an injected fault.
//   - On-demand tables never throttle. Provisioned tables do, by a token bucket that saves up 300 seconds.
//   - Application Auto Scaling is only recorded: no table scales. UpdateTable changes the units, and nothing else.
//   - The types of the operands of an expression are not checked before it meets an item: a comparison of different types is false.
//   - Expired items are deleted 48 hours after their time, at the next operation on the table.
//   - Tables are ACTIVE at once, and their counts are exact.
//   - Not implemented, and refused by name: binary values, sets and DELETE of an update expression, the functions contains,
//     size, attribute_type and if_not_exists, document paths, IN, parentheses around an operand, the return values UPDATED_OLD
//     and UPDATED_NEW, ConditionCheck in a transaction, secondary indexes, streams, backups, parallel scans, PartiQL, consumed
//     capacity, and the legacy parameters that expressions have replaced (Expected, AttributeUpdates, ...).
package dynamodb

import (
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/wire"
)

// Service is the DynamoDB of one account.
type Service struct {
	wire.Name
	wire.JSON
	account *account.Account

	mu     sync.RWMutex
	tables map[string]*table
	tokens tokens
}

// New returns a DynamoDB without tables.
func New(a *account.Account) *Service {
	s := &Service{
		Name: "dynamodb", account: a, tables: map[string]*table{}, tokens: tokens{known: map[string]tokenUse{}},
		JSON: wire.JSON{Target: "DynamoDB_20120810", Version: "1.0", Namespace: "com.amazonaws.dynamodb.v20120810", Checksum: true},
	}
	s.Measure = s.measure
	wire.HandleOn(&s.JSON, "GetItem", s.open, s.getItem)
	wire.Handle(&s.JSON, "PutItem", s.write)
	wire.Handle(&s.JSON, "UpdateItem", s.write)
	wire.Handle(&s.JSON, "DeleteItem", s.write)
	wire.HandleOn(&s.JSON, "Query", s.read, s.query)
	wire.HandleOn(&s.JSON, "Scan", s.read, s.scan)
	wire.Handle(&s.JSON, "BatchGetItem", s.batchGetItem)
	wire.Handle(&s.JSON, "TransactWriteItems", s.transactWriteItems)
	wire.HandleOn(&s.JSON, "DescribeTable", s.inspect, describeTable)
	wire.HandleOn(&s.JSON, "UpdateTable", s.inspect, updateTable)
	wire.HandleOn(&s.JSON, "DescribeTimeToLive", s.inspect, describeTimeToLive)
	wire.HandleAllowed(&s.JSON, "dynamodb:ListTables", "*", s.listTables)
	return s
}

// TableARN is the ARN of the table with this name.
func TableARN(name string) string { return account.ARN("dynamodb", "table/"+name) }

// authorize decides an action on a table, given by name or ARN, and returns its name.
func (s *Service) authorize(c *wire.Call, action, nameOrARN string, with ...wire.With) (string, error) {
	if nameOrARN == "" {
		return "", invalid("The parameter 'TableName' is required but was not present in the request")
	}
	name := strings.TrimPrefix(nameOrARN, TableARN(""))
	c.Resources = append(c.Resources, name)
	return name, c.Authorize("dynamodb:"+action, TableARN(name), with...)
}

// table returns a table, without the items that have expired. absent is the error if there is none.
func (s *Service) table(name, absent string) (*table, error) {
	s.mu.RLock()
	t := s.tables[name]
	s.mu.RUnlock()
	if t == nil {
		return nil, notFound(absent)
	}
	t.expire(s.account)
	return t, nil
}

// open authorizes a call on the items of a table.
func (s *Service) open(c *wire.Call, nameOrARN string) (*table, error) {
	name, err := s.authorize(c, c.Operation, nameOrARN)
	if err != nil {
		return nil, err
	}
	t, err := s.table(name, noTable)
	if err != nil {
		return nil, err
	}
	return t, s.useKey(c, t)
}

// useKey authorizes the caller's use of the table's key, with which DynamoDB decrypts the key of the table for every read and
// write: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
func (s *Service) useKey(c *wire.Call, t *table) error {
	t.mu.RLock()
	e := t.args.ServerSideEncryption
	t.mu.RUnlock()
	if e == nil || e.KMSKeyARN == nil {
		return nil
	}
	err := s.account.UseKey(c.Context(), account.KeyUse{
		Principal: c.Principal, Service: "dynamodb", Key: *e.KMSKeyARN,
		Context: map[string]string{"aws:dynamodb:tableName": t.name, "aws:dynamodb:subscriberId": account.ID},
	}, "kms:Decrypt")
	if key, ok := errors.AsType[*account.KeyError](err); ok {
		return wire.Errorf(http.StatusBadRequest, "AccessDeniedException", "KMS key access denied error: %s", key.Message)
	}
	return err
}

// invalid is a ValidationException, in DynamoDB's own words wherever they are known.
func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "ValidationException", format, args...)
}

func notFound(message string) error {
	return wire.Errorf(http.StatusBadRequest, "ResourceNotFoundException", "%s", message)
}

const noTable = "Requested resource not found"

func noTableNamed(name string) string { return noTable + ": Table: " + name + " not found" }

// conditionFailed carries the item that failed the condition, if the caller asked to see it.
func conditionFailed(item Map) error {
	e := wire.Errorf(http.StatusBadRequest, "ConditionalCheckFailedException", "The conditional request failed")
	if item != nil {
		e.Fields = map[string]any{"Item": item}
	}
	return e
}

// Throttled is what DynamoDB answers when a table's capacity is used up; for fault.Rule.Do, to throttle a
// table in a test.
func Throttled() error {
	return wire.Errorf(http.StatusBadRequest, "ProvisionedThroughputExceededException",
		"The level of configured provisioned throughput for the table was exceeded. "+
			"Consider increasing your provisioning level with the UpdateTable API.")
}

// Conflicted is what DynamoDB answers to a write that meets a transaction on the same item. Operations here
// wait for each other, so that only a fault.Rule brings it about.
func Conflicted() error {
	return wire.Errorf(http.StatusBadRequest, "TransactionConflictException", "Transaction is ongoing for the item")
}

type tableInput struct{ TableName string }

func (in tableInput) Target() string { return in.TableName }

// inspect authorizes a call on a table itself.
func (s *Service) inspect(c *wire.Call, nameOrARN string) (*table, error) {
	name, err := s.authorize(c, c.Operation, nameOrARN)
	if err != nil {
		return nil, err
	}
	return s.table(name, noTableNamed(name))
}

// describeTable counts items as they are now; DynamoDB's own counts are up to six hours old.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_DescribeTable.html
func describeTable(_ *wire.Call, t *table, _ *tableInput) (wire.Object, error) {
	args, items, bytes := t.describe()
	var definitions, keys []wire.Object
	for i, a := range t.schema.attributes() {
		definitions = append(definitions, wire.Object{"AttributeName": a.Name, "AttributeType": a.Type})
		keys = append(keys, wire.Object{"AttributeName": a.Name, "KeyType": []string{"HASH", "RANGE"}[i]})
	}
	mode, reads, writes := "PAY_PER_REQUEST", 0, 0
	if args.provisioned() {
		mode, reads, writes = "PROVISIONED", *args.ReadCapacity, *args.WriteCapacity
	}
	return wire.Object{"Table": wire.Object{
		"TableName": t.name, "TableArn": t.arn, "TableId": t.id, "TableStatus": "ACTIVE", "ItemCount": items, "TableSizeBytes": bytes,
		"CreationDateTime": float64(t.created.UnixMilli()) / 1000, "AttributeDefinitions": definitions, "KeySchema": keys,
		"BillingModeSummary":        wire.Object{"BillingMode": mode},
		"ProvisionedThroughput":     wire.Object{"NumberOfDecreasesToday": 0, "ReadCapacityUnits": reads, "WriteCapacityUnits": writes},
		"DeletionProtectionEnabled": aws.ToBool(args.DeletionProtectionEnabled),
	}}, nil
}

type updateTableInput struct {
	tableInput
	ProvisionedThroughput *struct{ ReadCapacityUnits, WriteCapacityUnits int }
}

// updateTable changes the units of a provisioned table, as Application Auto Scaling does.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
func updateTable(c *wire.Call, t *table, in *updateTableInput) (wire.Object, error) {
	units := in.ProvisionedThroughput
	if units == nil || units.ReadCapacityUnits < 1 || units.WriteCapacityUnits < 1 {
		return nil, invalid("ProvisionedThroughput must have ReadCapacityUnits and WriteCapacityUnits of at least 1; nothing else can be changed")
	}
	if !t.resize(units.ReadCapacityUnits, units.WriteCapacityUnits) {
		return nil, invalid("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST")
	}
	out, err := describeTable(c, t, &in.tableInput)
	return wire.Object{"TableDescription": out["Table"]}, err
}

func describeTimeToLive(_ *wire.Call, t *table, _ *tableInput) (wire.Object, error) {
	args, _, _ := t.describe()
	d := wire.Object{"TimeToLiveStatus": "DISABLED"}
	if name := args.ttlAttribute(); name != "" {
		d = wire.Object{"TimeToLiveStatus": "ENABLED", "AttributeName": name}
	}
	return wire.Object{"TimeToLiveDescription": d}, nil
}

// listTables returns all tables: there are no pages.
func (s *Service) listTables(*wire.Call, *struct{}) (wire.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return wire.Object{"TableNames": wire.List(s.tables, func(t *table) string { return t.name })}, nil
}
