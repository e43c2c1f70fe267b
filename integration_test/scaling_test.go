package integration_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// Else a deployment under load would make the table small again. A refresh, which every preview here begins with, sees the
// capacity to which the table has scaled.
func TestADeploymentLeavesTheCapacityToWhichATableHasScaled(t *testing.T) {
	config := map[string]string{"pattern": "fanout", "tableWriteUnits": "5", "tableReadUnits": "10", "tableMaxWriteUnits": "50"}
	deployApart(t, config)
	f := fanOut(t)
	client := dynamodb.NewFromConfig(awsConfig(t))
	units := func() (read, write int) {
		out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &f.TableName})
		require.NoError(t, err)
		return int(*out.Table.ProvisionedThroughput.ReadCapacityUnits), int(*out.Table.ProvisionedThroughput.WriteCapacityUnits)
	}
	const scaled = 12 // as Application Auto Scaling does
	_, err := client.UpdateTable(t.Context(), &dynamodb.UpdateTableInput{TableName: &f.TableName, ProvisionedThroughput: &dbtypes.ProvisionedThroughput{
		ReadCapacityUnits: aws.Int64(10), WriteCapacityUnits: aws.Int64(scaled),
	}})
	require.NoError(t, err)

	require.NoError(t, deployment.stack.Preview(t.Context(), config, true))
	config["tableReadUnits"] = "11" // reads do not scale here
	require.NoError(t, deployment.stack.Up(t.Context(), config))
	read, write := units()
	require.Equal(t, 11, read)
	require.Equal(t, scaled, write)
}
