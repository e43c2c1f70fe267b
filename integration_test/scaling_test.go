package integration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
)

// Else a deployment under load would make the table small again. A refresh, which every preview here begins with, sees the
// capacity to which the table has scaled.
func TestADeploymentLeavesTheCapacityToWhichATableHasScaled(t *testing.T) {
	config := map[string]string{"pattern": "fanout", "tableWriteUnits": "5", "tableReadUnits": "10", "tableMaxWriteUnits": "50"}
	deployApart(t, config)
	f, clock := fanOut(t), deployment.clock
	client := dynamodb.NewFromConfig(awsConfig(t))
	for minute := range 3 {
		for i := range 400 { // 6.7 a second, of 5
			_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &f.TableName, Item: map[string]dbtypes.AttributeValue{
				"accountid": &dbtypes.AttributeValueMemberS{Value: "scaling"},
				"vendorid":  &dbtypes.AttributeValueMemberS{Value: fmt.Sprint(minute, i)},
			}})
			require.NoError(t, err)
		}
		clock.Advance(time.Minute)
	}
	units := func() (read, write int) {
		out, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &f.TableName})
		require.NoError(t, err)
		return int(*out.Table.ProvisionedThroughput.ReadCapacityUnits), int(*out.Table.ProvisionedThroughput.WriteCapacityUnits)
	}
	_, scaled := units()
	require.Greater(t, scaled, 5)

	require.NoError(t, deployment.stack.Preview(t.Context(), config, true))
	config["tableReadUnits"] = "11" // reads do not scale here
	require.NoError(t, deployment.stack.Up(t.Context(), config))
	read, write := units()
	require.Equal(t, 11, read)
	require.Equal(t, scaled, write)
}
