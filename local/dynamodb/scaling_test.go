package dynamodb

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
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

// scaling is a table with 5 write units that scales up to 12, by a target of 50 percent.
func scaling(t *testing.T) (c *cloud, units func() int, minute func(writes int)) {
	c = newCloud(t)
	c.createTable(t, "t", "S", "", func(in *TableArgs) {
		in.BillingMode, in.ReadCapacity, in.WriteCapacity = nil, aws.Int(1), aws.Int(5)
	})
	e := c.engine(t)
	e.create(targetType, target)
	e.create(policyType, tracking)
	units = func() int {
		out, err := c.client.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: aws.String("t")})
		require.NoError(t, err)
		require.EqualValues(t, 1, *out.Table.ProvisionedThroughput.ReadCapacityUnits)
		return int(*out.Table.ProvisionedThroughput.WriteCapacityUnits)
	}
	c.clock.Advance(time.Minute - time.Duration(c.clock.Now().Second())*time.Second)
	return c, units, func(writes int) {
		for range writes {
			require.True(t, c.tables["t"].writes.take(c.clock.Now(), 1))
		}
		c.clock.Advance(time.Minute)
	}
}

func TestTableScalesUpAfterTwoMinutesAboveItsTarget(t *testing.T) {
	c, units, minute := scaling(t)
	minute(200) // 3.3 a second, above 50 % of 5
	minute(100) // 1.7
	minute(200)
	minute(240) // 4 a second are 50 % of 8
	require.Equal(t, 5, units())
	minute(240)
	require.Equal(t, 8, units())
	minute(600)
	minute(600)
	minute(0)
	c.put(t, "t", attributes{"p": str("a")})
	require.Equal(t, 12, units(), "10 a second are 50 % of 20, above the maximum")
}

func TestScaledCapacityStaysUntilTheProgramChangesIt(t *testing.T) {
	c, units, minute := scaling(t)
	for range 3 {
		minute(400)
	}
	table := c.tables["t"]
	same := table.args
	same.Tags = map[string]string{"a": "b"}
	require.NoError(t, table.update(&same))
	require.Equal(t, 12, units())
	require.Equal(t, 12, *table.state().WriteCapacity, "a refresh sees it")
	same.WriteCapacity = aws.Int(3)
	require.NoError(t, table.update(&same))
	require.Equal(t, 3, units())
	for range 4 {
		minute(170)
	}
	require.Equal(t, 6, units())

	e := c.engine(t)
	_, err := e.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(targetType), Id: "table/t|dynamodb:table:WriteCapacityUnits",
		News: e.props(with(target, map[string]any{"minCapacity": 11.0}))})
	require.NoError(t, err)
	require.Equal(t, 11, units(), "a new minimum acts at once")
}

func TestScalingIsRegisteredAndRemoved(t *testing.T) {
	c := newCloud(t)
	e := c.engine(t)
	fails := func(kind string, inputs map[string]any) error {
		_, err := e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: e.check(kind, inputs).GetInputs()})
		return err
	}
	require.ErrorContains(t, fails(targetType, target), "DynamoDB table does not exist: table/t")
	table := c.createTable(t, "t", "S", "")
	require.ErrorContains(t, fails(targetType, target), "on demand")
	table.configure(&TableArgs{ReadCapacity: aws.Int(1), WriteCapacity: aws.Int(1)})
	require.ErrorContains(t, fails(policyType, tracking), "No scalable target found")
	created := e.create(targetType, target)
	require.Equal(t, 5, table.writes.units())
	policy := e.create(policyType, tracking)
	require.ErrorContains(t, fails(policyType, with(tracking, map[string]any{"name": "q"})), "Only one TargetTrackingScaling policy")

	remove := func(kind, id string) {
		_, err := e.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(kind), Id: id})
		require.NoError(t, err)
		read, err := e.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(kind), Id: id})
		require.NoError(t, err)
		require.Empty(t, read.GetId())
	}
	remove(policyType, policy.GetId())
	remove(targetType, created.GetId())
	require.Nil(t, table.writes.target)
}

func TestInvalidScalingIsRefused(t *testing.T) {
	e := newCloud(t).engine(t)
	const configuration = "targetTrackingScalingPolicyConfiguration"
	tracked := func(metric string, value float64) map[string]any {
		return map[string]any{configuration: map[string]any{
			"predefinedMetricSpecification": map[string]any{"predefinedMetricType": metric}, "targetValue": value}}
	}
	for _, c := range []struct {
		kind, property string
		inputs         map[string]any
	}{
		{targetType, "serviceNamespace", with(target, map[string]any{"serviceNamespace": "ecs"})},
		{targetType, "resourceId", with(target, map[string]any{"resourceId": "t"})},
		{targetType, "scalableDimension", with(target, map[string]any{"scalableDimension": "dynamodb:index:WriteCapacityUnits"})},
		{targetType, "maxCapacity", with(target, map[string]any{"maxCapacity": 4.0})},
		{targetType, "maxCapacity", with(target, map[string]any{"minCapacity": 0.0})},
		{targetType, "suspendedState", with(target, map[string]any{"suspendedState": map[string]any{}})},
		{policyType, "policyType", with(tracking, map[string]any{"policyType": nil})},
		{policyType, "policyType", with(tracking, map[string]any{"policyType": "StepScaling"})},
		{policyType, configuration + ".targetValue", with(tracking, tracked("DynamoDBWriteCapacityUtilization", 91))},
		{policyType, configuration + ".predefinedMetricSpecification.predefinedMetricType", with(tracking, tracked("DynamoDBReadCapacityUtilization", 70))},
	} {
		var refused []string
		for _, f := range e.check(c.kind, c.inputs).GetFailures() {
			refused = append(refused, f.GetProperty())
		}
		require.Contains(t, refused, c.property)
	}
}
