package dynamodb

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// engine speaks to the provider as the Pulumi engine does.
type engine struct {
	*provider.Server
	t *testing.T
}

func (c *cloud) engine(t *testing.T) engine {
	return engine{provider.New(account.Region, append(c.Kinds(), c.iam.Kinds()...), nil), t}
}

func urn(kind string) string { return "urn:pulumi:test::project::" + kind + "::orders" }

func (e engine) props(m map[string]any) *structpb.Struct {
	s, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(m), plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(e.t, err)
	return s
}

func (e engine) check(kind string, inputs map[string]any) *pulumirpc.CheckResponse {
	out, err := e.Check(e.t.Context(), &pulumirpc.CheckRequest{Urn: urn(kind), Name: "orders", RandomSeed: []byte("0123456789abcdef0123456789abcdef"), News: e.props(inputs)})
	require.NoError(e.t, err)
	return out
}

func (e engine) create(kind string, inputs map[string]any) *pulumirpc.CreateResponse {
	checked := e.check(kind, inputs)
	require.Empty(e.t, checked.GetFailures())
	out, err := e.Create(e.t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: checked.GetInputs()})
	require.NoError(e.t, err)
	return out
}

const tableType = "aws:dynamodb/table:Table"

// production is a table as a production component declares it, with changes.
func production(changes map[string]any) map[string]any {
	inputs := map[string]any{
		"name": "orders", "hashKey": "accountid", "rangeKey": "vendorid", "billingMode": "PAY_PER_REQUEST",
		"attributes": []any{
			map[string]any{"name": "accountid", "type": "S"}, map[string]any{"name": "vendorid", "type": "S"},
		},
		"ttl":                       map[string]any{"attributeName": "expires", "enabled": true},
		"pointInTimeRecovery":       map[string]any{"enabled": true},
		"deletionProtectionEnabled": true, "tags": map[string]any{"team": "coffee"},
	}
	for name, value := range changes {
		if inputs[name] = value; value == nil {
			delete(inputs, name)
		}
	}
	return inputs
}

func TestTableCreateUpdateDelete(t *testing.T) {
	c := newCloud(t)
	e := c.engine(t)
	made := e.create(tableType, production(nil))
	require.Equal(t, "orders", made.GetId())
	require.Equal(t, "arn:aws:dynamodb:us-east-1:123456789012:table/orders", made.GetProperties().AsMap()["arn"])

	d, err := c.client.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: aws.String("orders")})
	require.NoError(t, err)
	require.Equal(t, types.TableStatusActive, d.Table.TableStatus)
	require.Equal(t, types.BillingModePayPerRequest, d.Table.BillingModeSummary.BillingMode)
	require.True(t, *d.Table.DeletionProtectionEnabled)
	require.Equal(t, "vendorid", *d.Table.KeySchema[1].AttributeName)
	require.WithinDuration(t, c.clock.Now(), *d.Table.CreationDateTime, 1e9)
	ttl, err := c.client.DescribeTimeToLive(t.Context(), &sdk.DescribeTimeToLiveInput{TableName: aws.String("orders")})
	require.NoError(t, err)
	require.Equal(t, "expires", *ttl.TimeToLiveDescription.AttributeName)
	names, err := c.client.ListTables(t.Context(), &sdk.ListTablesInput{})
	require.NoError(t, err)
	require.Equal(t, []string{"orders"}, names.TableNames)

	remove := &pulumirpc.DeleteRequest{Urn: urn(tableType), Id: "orders"}
	_, err = e.Delete(t.Context(), remove)
	require.ErrorContains(t, err, "protected against deletion")
	c.put(t, "orders", attributes{"accountid": str("a"), "vendorid": str("v")})
	changed := production(map[string]any{"deletionProtectionEnabled": false, "ttl": nil})
	_, err = e.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(tableType), Id: "orders", News: e.props(changed)})
	require.NoError(t, err)
	require.NotNil(t, c.get(t, "orders", attributes{"accountid": str("a"), "vendorid": str("v")}), "an update in place keeps the items")

	read, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(tableType), Id: "orders", Inputs: e.props(production(nil))})
	require.NoError(t, err)
	require.Equal(t, false, read.GetInputs().AsMap()["deletionProtectionEnabled"])
	_, err = e.Delete(t.Context(), remove)
	require.NoError(t, err)
	_, err = e.Delete(t.Context(), remove)
	require.NoError(t, err, "what is gone can be deleted")
	read, err = e.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(tableType), Id: "orders"})
	require.NoError(t, err)
	require.Empty(t, read.GetId())
}

func TestTableNamesAreMadeAutomatically(t *testing.T) {
	made := newCloud(t).engine(t).create(tableType, production(map[string]any{"name": nil}))
	require.Regexp(t, `^orders-[0-9a-f]{7}$`, made.GetId())
}

func TestWhichChangesReplaceATable(t *testing.T) {
	e := newCloud(t).engine(t)
	for property, c := range map[string]struct {
		value    any
		replaces bool
	}{
		"name": {"other", true}, "hashKey": {"vendorid", true}, "rangeKey": {nil, true},
		"billingMode": {"PROVISIONED", false}, "deletionProtectionEnabled": {false, false}, "ttl": {nil, false},
		"pointInTimeRecovery": {map[string]any{"enabled": false}, false}, "tags": {nil, false},
	} {
		out, err := e.Diff(t.Context(), &pulumirpc.DiffRequest{
			Urn: urn(tableType), OldInputs: e.props(production(nil)), News: e.props(production(map[string]any{property: c.value})),
		})
		require.NoError(t, err)
		require.Equal(t, []string{property}, out.GetDiffs())
		require.Equal(t, c.replaces, len(out.GetReplaces()) > 0, property)
	}
}

func TestKeyTypesCannotBeRedefined(t *testing.T) {
	c := newCloud(t)
	e := c.engine(t)
	e.create(tableType, production(nil))
	redefined := production(map[string]any{"attributes": []any{map[string]any{"name": "accountid", "type": "N"}, map[string]any{"name": "vendorid", "type": "S"}}})
	_, err := e.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(tableType), Id: "orders", News: e.props(redefined)})
	require.ErrorContains(t, err, "Attributes cannot be redefined")
}

func TestInvalidTablesAreRefused(t *testing.T) {
	e := newCloud(t).engine(t)
	attribute := func(name, kind string) any { return map[string]any{"name": name, "type": kind} }
	for property, changes := range map[string]map[string]any{
		"name":                           {"name": "a b"},
		"hashKey":                        {"hashKey": nil},
		"rangeKey":                       {"rangeKey": "date"},
		"attributes[0].type":             {"attributes": []any{attribute("accountid", "BOOL"), attribute("vendorid", "S")}},
		"attributes[2].name":             {"attributes": []any{attribute("accountid", "S"), attribute("vendorid", "S"), attribute("city", "S")}},
		"billingMode":                    {"billingMode": "FREE"},
		"readCapacity":                   {"billingMode": nil, "writeCapacity": 1.0},
		"writeCapacity":                  {"billingMode": "PROVISIONED", "readCapacity": 1.0, "writeCapacity": 0.0},
		"ttl.attributeName":              {"ttl": map[string]any{"enabled": true}},
		"serverSideEncryption.kmsKeyArn": {"serverSideEncryption": map[string]any{"enabled": false, "kmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/1"}},
		"globalSecondaryIndexes":         {"globalSecondaryIndexes": []any{}},
		"streamEnabled":                  {"streamEnabled": true},
	} {
		var refused []string
		for _, f := range e.check(tableType, production(changes)).GetFailures() {
			refused = append(refused, f.GetProperty())
		}
		require.Contains(t, refused, property)
	}
}

func TestUnknownInputsAreNotChecked(t *testing.T) {
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	for _, property := range []string{"hashKey", "rangeKey", "billingMode", "attributes"} {
		inputs := production(nil)
		inputs[property] = unknown
		require.Empty(t, newCloud(t).engine(t).check(tableType, inputs).GetFailures(), property)
	}
}

// actingAs is a client with a role that has this policy only.
func (c *cloud) actingAs(t *testing.T, statement string) *sdk.Client {
	e := c.engine(t)
	e.create("aws:iam/role:Role", map[string]any{"name": "function", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
	e.create("aws:iam/rolePolicy:RolePolicy", map[string]any{"name": "p", "role": "function",
		"policy": fmt.Sprintf(`{"Version":"2012-10-17","Statement":[%s]}`, statement)})
	_, creds, err := c.iam.AssumeRole("lambda.amazonaws.com", account.GlobalARN("iam", "role/function"), "s", nil)
	require.NoError(t, err)
	return c.clientFor(creds)
}

// TestEveryOperationNeedsItsPermission runs each operation with exactly the permission that AWS asks for, and
// with every permission but that.
func TestEveryOperationNeedsItsPermission(t *testing.T) {
	key := attributes{"p": str("a")}
	tbl := aws.String("t")
	transact := func(item types.TransactWriteItem) func(context.Context, *sdk.Client) error {
		return func(ctx context.Context, c *sdk.Client) error {
			_, err := c.TransactWriteItems(ctx, &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{item}})
			return err
		}
	}
	for name, c := range map[string]struct {
		action string
		call   func(context.Context, *sdk.Client) error
	}{
		"GetItem": {"GetItem", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.GetItem(ctx, &sdk.GetItemInput{TableName: tbl, Key: key})
			return err
		}},
		"PutItem": {"PutItem", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.PutItem(ctx, &sdk.PutItemInput{TableName: tbl, Item: key})
			return err
		}},
		"UpdateItem": {"UpdateItem", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.UpdateItem(ctx, &sdk.UpdateItemInput{TableName: tbl, Key: key})
			return err
		}},
		"DeleteItem": {"DeleteItem", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.DeleteItem(ctx, &sdk.DeleteItemInput{TableName: tbl, Key: key})
			return err
		}},
		"Query": {"Query", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.Query(ctx, &sdk.QueryInput{TableName: tbl, KeyConditionExpression: aws.String("p = :p"), ExpressionAttributeValues: attributes{":p": str("a")}})
			return err
		}},
		"Scan": {"Scan", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.Scan(ctx, &sdk.ScanInput{TableName: tbl})
			return err
		}},
		"BatchGetItem": {"BatchGetItem", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.BatchGetItem(ctx, &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: []map[string]types.AttributeValue{key}}}})
			return err
		}},
		"Transact Put":    {"PutItem", transact(types.TransactWriteItem{Put: &types.Put{TableName: tbl, Item: key}})},
		"Transact Delete": {"DeleteItem", transact(types.TransactWriteItem{Delete: &types.Delete{TableName: tbl, Key: key}})},
		"Transact Update": {"UpdateItem", transact(types.TransactWriteItem{Update: &types.Update{TableName: tbl, Key: key, UpdateExpression: aws.String("REMOVE x")}})},
		"DescribeTable": {"DescribeTable", func(ctx context.Context, c *sdk.Client) error {
			_, err := c.DescribeTable(ctx, &sdk.DescribeTableInput{TableName: tbl})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			allowed := newCloud(t)
			allowed.createTable(t, "t", "S", "")
			require.NoError(t, c.call(t.Context(), allowed.actingAs(t, fmt.Sprintf(`{"Effect":"Allow","Action":"dynamodb:%s","Resource":%q}`, c.action, TableARN("t")))))

			denied := newCloud(t)
			denied.createTable(t, "t", "S", "")
			err := c.call(t.Context(), denied.actingAs(t, `{"Effect":"Allow","Action":"dynamodb:Other","Resource":"*"}`))
			requireRefused(t, err, "AccessDeniedException", fmt.Sprintf("User: arn:aws:sts::123456789012:assumed-role/function/s is not authorized to perform: dynamodb:%s "+
				"on resource: %s because no identity-based policy allows the dynamodb:%s action", c.action, TableARN("t"), c.action))
		})
	}
}

func TestPermissionIsForOneTable(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "mine", "S", "")
	c.createTable(t, "yours", "S", "")
	client := c.actingAs(t, fmt.Sprintf(`{"Effect":"Allow","Action":"dynamodb:*","Resource":%q}`, TableARN("mine")))
	read := func(keys ...string) error {
		requests := map[string]types.KeysAndAttributes{}
		for _, table := range keys {
			requests[table] = types.KeysAndAttributes{Keys: []map[string]types.AttributeValue{{"p": str("a")}}}
		}
		_, err := client.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: maps.Clone(requests)})
		return err
	}
	require.NoError(t, read("mine"))
	requireRefused(t, read("mine", "yours"), "AccessDeniedException", "")
	_, err := client.ListTables(t.Context(), &sdk.ListTablesInput{})
	requireRefused(t, err, "AccessDeniedException", "")
}
