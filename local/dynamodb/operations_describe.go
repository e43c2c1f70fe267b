package dynamodb

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/order-patterns/order-patterns/local/wire"
)

type tableInput struct{ TableName string }

type keySchemaElement struct{ AttributeName, KeyType string }

type attributeDefinition struct{ AttributeName, AttributeType string }

type tableDescription struct {
	TableName                 string
	TableArn                  string
	TableId                   string
	TableStatus               string
	CreationDateTime          float64 // seconds since 1970
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keySchemaElement
	ItemCount                 int
	TableSizeBytes            int
	ProvisionedThroughput     struct{ NumberOfDecreasesToday, ReadCapacityUnits, WriteCapacityUnits int }
	BillingModeSummary        struct{ BillingMode string }
	DeletionProtectionEnabled bool
}

type describeTableOutput struct{ Table tableDescription }

// inspect authorizes a look at a table's settings and finds it.
func (s *Service) inspect(c *wire.Call, action, nameOrARN string) (*table, error) {
	name, err := s.authorize(c, action, nameOrARN)
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
func (s *Service) describeTable(c *wire.Call, in *tableInput) (*describeTableOutput, error) {
	t, err := s.inspect(c, "DescribeTable", in.TableName)
	if err != nil {
		return nil, err
	}
	args, items, bytes := t.describe()
	d := tableDescription{
		TableName: t.name, TableArn: t.arn, TableId: t.id, TableStatus: "ACTIVE",
		CreationDateTime: float64(t.created.UnixMilli()) / 1000,
		ItemCount:        items, TableSizeBytes: bytes,
	}
	for i, a := range t.schema.attributes() {
		d.AttributeDefinitions = append(d.AttributeDefinitions, attributeDefinition{a.Name, a.Type})
		d.KeySchema = append(d.KeySchema, keySchemaElement{a.Name, []string{"HASH", "RANGE"}[i]})
	}
	d.BillingModeSummary.BillingMode = "PAY_PER_REQUEST"
	if args.provisioned() {
		d.BillingModeSummary.BillingMode = "PROVISIONED"
		d.ProvisionedThroughput.ReadCapacityUnits = *args.ReadCapacity
		d.ProvisionedThroughput.WriteCapacityUnits = *args.WriteCapacity
	}
	d.DeletionProtectionEnabled = aws.ToBool(args.DeletionProtectionEnabled)
	return &describeTableOutput{d}, nil
}

type ttlOutput struct {
	TimeToLiveDescription struct {
		AttributeName    string `json:",omitempty"`
		TimeToLiveStatus string
	}
}

func (s *Service) describeTimeToLive(c *wire.Call, in *tableInput) (*ttlOutput, error) {
	t, err := s.inspect(c, "DescribeTimeToLive", in.TableName)
	if err != nil {
		return nil, err
	}
	args, _, _ := t.describe()
	out := &ttlOutput{}
	out.TimeToLiveDescription.AttributeName = args.ttlAttribute()
	out.TimeToLiveDescription.TimeToLiveStatus = "DISABLED"
	if args.ttlAttribute() != "" {
		out.TimeToLiveDescription.TimeToLiveStatus = "ENABLED"
	}
	return out, nil
}

type listTablesOutput struct{ TableNames []string }

// listTables returns all tables: there are no pages.
func (s *Service) listTables(c *wire.Call, _ *struct{}) (*listTablesOutput, error) {
	if err := c.Authorize("dynamodb:ListTables", "*"); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	names := slices.AppendSeq([]string{}, maps.Keys(s.tables))
	slices.Sort(names)
	return &listTablesOutput{names}, nil
}
