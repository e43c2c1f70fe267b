package dynamodb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/wire"
)

type tableInput struct{ TableName string }

func (in tableInput) Target() string { return in.TableName }

func (s *Service) inspect(c *wire.Call, nameOrARN string) (*table, error) {
	name, err := s.authorize(c, c.Operation, nameOrARN)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	t, err := s.find(name)
	s.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	t.expire(s.account)
	return t, nil
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
	names := slices.AppendSeq([]string{}, maps.Keys(s.tables))
	slices.Sort(names)
	return wire.Object{"TableNames": names}, nil
}
