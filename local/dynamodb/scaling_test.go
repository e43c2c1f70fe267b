package dynamodb

import (
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
)

const (
	targetType = "aws:appautoscaling/target:Target"
	policyType = "aws:appautoscaling/policy:Policy"
)

// with is a copy of inputs with changes.
func with(inputs, changes map[string]any) map[string]any {
	out := map[string]any{}
	for _, m := range []map[string]any{inputs, changes} {
		for key, value := range m {
			out[key] = value
		}
	}
	return out
}

var (
	writesOfT = map[string]any{"serviceNamespace": "dynamodb", "resourceId": "table/t", "scalableDimension": "dynamodb:table:WriteCapacityUnits"}
	target    = with(writesOfT, map[string]any{"minCapacity": 5.0, "maxCapacity": 12.0, "tags": map[string]any{"a": "b"}})
	tracking  = with(writesOfT, map[string]any{"name": "p", "policyType": "TargetTrackingScaling", "targetTrackingScalingPolicyConfiguration": map[string]any{
		"predefinedMetricSpecification": map[string]any{"predefinedMetricType": "DynamoDBWriteCapacityUtilization"}, "targetValue": 50.0,
	}})
)

// TestCapacityStaysUntilTheProgramChangesIt is about a table that somebody else, such as Application Auto Scaling, has scaled.
func TestCapacityStaysUntilTheProgramChangesIt(t *testing.T) {
	c := newCloud(t)
	table := c.createTable(t, "t", "S", "", func(in *TableArgs) {
		in.BillingMode, in.ReadCapacity, in.WriteCapacity = nil, aws.Int(1), aws.Int(5)
	})
	scale := func(read, write int64) error {
		out, err := c.client.UpdateTable(t.Context(), &sdk.UpdateTableInput{TableName: aws.String("t"), ProvisionedThroughput: &types.ProvisionedThroughput{
			ReadCapacityUnits: &read, WriteCapacityUnits: &write,
		}})
		if err == nil {
			require.Equal(t, write, *out.TableDescription.ProvisionedThroughput.WriteCapacityUnits)
		}
		return err
	}
	require.NoError(t, scale(1, 12))
	same := table.args
	same.Tags = map[string]string{"a": "b"}
	require.NoError(t, table.update(&same))
	require.Equal(t, 12, *table.state().WriteCapacity, "a refresh sees it")
	require.Equal(t, 12, table.writes.units())
	same.WriteCapacity = aws.Int(3)
	require.NoError(t, table.update(&same))
	require.Equal(t, 3, table.writes.units())

	require.ErrorContains(t, scale(0, 1), "at least 1")
	table.configure(&TableArgs{BillingMode: aws.String("PAY_PER_REQUEST")})
	require.ErrorContains(t, scale(1, 1), "PAY_PER_REQUEST")
}

// The billing mode changes while UpdateTable waits for the table.
func TestUnitsOfATableThatHasJustBecomeOnDemandAreRefused(t *testing.T) {
	table := newCloud(t).createTable(t, "t", "S", "", func(in *TableArgs) {
		in.BillingMode, in.ReadCapacity, in.WriteCapacity = nil, aws.Int(1), aws.Int(5)
	})
	table.mu.RLock()
	refused := make(chan error)
	go func() {
		_, err := updateTable(nil, table, &updateTableInput{ProvisionedThroughput: &struct{ ReadCapacityUnits, WriteCapacityUnits int }{2, 2}})
		refused <- err
	}()
	for table.mu.TryRLock() { // until it waits
		table.mu.RUnlock()
		runtime.Gosched()
	}
	table.args = TableArgs{BillingMode: aws.String("PAY_PER_REQUEST")}
	table.reads, table.writes = capacity{}, capacity{}
	table.mu.RUnlock()
	require.ErrorContains(t, <-refused, "PAY_PER_REQUEST")
}

func TestScalingIsRecordedAndRemoved(t *testing.T) {
	e := newCloud(t).engine(t)
	for kind, inputs := range map[string]map[string]any{targetType: target, policyType: tracking} {
		created := e.create(kind, inputs)
		_, err := e.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(kind), Id: created.GetId()})
		require.NoError(t, err)
		read, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(kind), Id: created.GetId()})
		require.NoError(t, err)
		require.Empty(t, read.GetId())
	}
}

func TestInvalidScalingIsRefused(t *testing.T) {
	e := newCloud(t).engine(t)
	for _, c := range []struct {
		kind, property string
		inputs         map[string]any
	}{
		{targetType, "serviceNamespace", with(target, map[string]any{"serviceNamespace": "ecs"})},
		{targetType, "maxCapacity", with(target, map[string]any{"maxCapacity": 4.0})},
		{targetType, "maxCapacity", with(target, map[string]any{"minCapacity": 0.0})},
		{targetType, "suspendedState", with(target, map[string]any{"suspendedState": map[string]any{}})},
		{policyType, "policyType", with(tracking, map[string]any{"policyType": nil})},
		{policyType, "policyType", with(tracking, map[string]any{"policyType": "StepScaling"})},
	} {
		var refused []string
		for _, f := range e.check(c.kind, c.inputs).GetFailures() {
			refused = append(refused, f.GetProperty())
		}
		require.Contains(t, refused, c.property)
	}
}
