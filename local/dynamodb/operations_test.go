package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/guess"
)

func TestItemsAreStoredAndRead(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "orders", "S", "N")
	item := attributes{
		"p": str("a"), "r": num("1.50"), "doc": doc(attributes{"l": list(num("1"), str(""))}),
		"on": &types.AttributeValueMemberBOOL{Value: true},
	}
	c.put(t, "orders", item)
	item["r"] = num("1.5")
	require.Equal(t, item, c.get(t, "orders", attributes{"p": str("a"), "r": num("15e-1")}), "equal numbers are one key")
	require.Nil(t, c.get(t, "orders", attributes{"p": str("a"), "r": num("2")}))

	out, err := c.client.GetItem(t.Context(), &sdk.GetItemInput{
		TableName: aws.String(TableARN("orders")), Key: attributes{"p": str("a"), "r": num("1.5")}, ConsistentRead: aws.Bool(true),
		ProjectionExpression: aws.String("#d"), ExpressionAttributeNames: map[string]string{"#d": "doc"},
	})
	require.NoError(t, err)
	require.Equal(t, attributes{"doc": doc(attributes{"l": list(num("1"), str(""))})}, out.Item)
}

func TestConditionalPut(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "orders", "S", "")
	put := func(version string) error {
		_, err := c.client.PutItem(t.Context(), &sdk.PutItemInput{
			TableName: aws.String("orders"), Item: attributes{"p": str("a"), "version": num(version)},
			ConditionExpression:                 aws.String("attribute_not_exists(p) OR version < :v"),
			ExpressionAttributeValues:           attributes{":v": num(version)},
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		return err
	}
	require.NoError(t, put("1"))
	require.NoError(t, put("10"))
	err := put("9")
	requireRefused(t, err, "ConditionalCheckFailedException", "The conditional request failed")
	var failed *types.ConditionalCheckFailedException
	require.True(t, errors.As(err, &failed))
	require.Equal(t, attributes{"p": str("a"), "version": num("10")}, failed.Item)
	require.Equal(t, num("10"), c.get(t, "orders", attributes{"p": str("a")})["version"])
}

func TestReturnValues(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "")
	key := attributes{"p": str("a")}
	update := func(returns types.ReturnValue) attributes {
		out, err := c.client.UpdateItem(t.Context(), &sdk.UpdateItemInput{
			TableName: aws.String("t"), Key: key, ReturnValues: returns,
			UpdateExpression:          aws.String("SET n = n + :one, x = n REMOVE gone"),
			ExpressionAttributeValues: attributes{":one": num("1")},
		})
		require.NoError(t, err)
		return out.Attributes
	}
	c.put(t, "t", attributes{"p": str("a"), "n": num("0"), "d": doc(attributes{"y": num("7")}), "other": str("o")})
	require.Equal(t, attributes{"p": str("a"), "n": num("0"), "d": doc(attributes{"y": num("7")}), "other": str("o")}, update(types.ReturnValueAllOld))
	require.Equal(t, attributes{"p": str("a"), "n": num("2"), "x": num("1"), "d": doc(attributes{"y": num("7")}), "other": str("o")}, update(types.ReturnValueAllNew))
	require.Nil(t, update(types.ReturnValueNone))

	out, err := c.client.DeleteItem(t.Context(), &sdk.DeleteItemInput{TableName: aws.String("t"), Key: key, ReturnValues: types.ReturnValueAllOld})
	require.NoError(t, err)
	require.Equal(t, num("3"), out.Attributes["n"])
	out, err = c.client.DeleteItem(t.Context(), &sdk.DeleteItemInput{TableName: aws.String("t"), Key: key, ReturnValues: types.ReturnValueAllOld})
	require.NoError(t, err, "deleting what is not there succeeds")
	require.Nil(t, out.Attributes)
	_, err = c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("t"), Item: key, ReturnValues: types.ReturnValueAllNew})
	requireRefused(t, err, "ValidationException", `ReturnValues must be one of ["NONE" "ALL_OLD"], got "ALL_NEW"`)
}

func TestUpdateMakesAnAbsentItem(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "S")
	_, err := c.client.UpdateItem(t.Context(), &sdk.UpdateItemInput{
		TableName: aws.String("t"), Key: attributes{"p": str("a"), "r": str("b")},
		UpdateExpression: aws.String("ADD n :n"), ExpressionAttributeValues: attributes{":n": num("3")},
	})
	require.NoError(t, err)
	require.Equal(t, attributes{"p": str("a"), "r": str("b"), "n": num("3")}, c.get(t, "t", attributes{"p": str("a"), "r": str("b")}))
}

func TestInvalidRequestsAreRefused(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "N")
	put := func(item attributes) error {
		_, err := c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("t"), Item: item})
		return err
	}
	get := func(key attributes) error {
		_, err := c.client.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("t"), Key: key})
		return err
	}
	key := attributes{"p": str("a"), "r": num("1")}
	for name, c := range map[string]struct {
		err     error
		message string
	}{
		"no range key":     {put(attributes{"p": str("a")}), "One or more parameter values were invalid: Missing the key r in the item"},
		"wrong key type":   {put(attributes{"p": str("a"), "r": str("1")}), "One or more parameter values were invalid: Type mismatch for key r expected: N actual: S"},
		"empty key":        {put(attributes{"p": str(""), "r": num("1")}), "The key attribute p must not be empty"},
		"long key":         {put(attributes{"p": str(strings.Repeat("x", 2049)), "r": num("1")}), "The partition key p must have at most 2048 bytes, got 2049"},
		"long key is fine": {put(attributes{"p": str(strings.Repeat("x", 2048)), "r": num("1")}), ""},
		"large item":       {put(attributes{"p": str("a"), "r": num("1"), "x": str(strings.Repeat("x", 400<<10))}), "Item size has exceeded the maximum allowed size"},
		"bad number":       {put(attributes{"p": str("a"), "r": num("one")}), "The parameter cannot be converted to a numeric value: one"},
		"partial key":      {get(attributes{"p": str("a")}), "The provided key element does not match the schema"},
		"key too large":    {get(attributes{"p": str("a"), "r": num("1"), "x": str("y")}), "The provided key element does not match the schema"},
		"other key type":   {get(attributes{"p": num("1"), "r": num("1")}), "The provided key element does not match the schema"},
		"key changed": {func() error {
			_, err := c.client.UpdateItem(t.Context(), &sdk.UpdateItemInput{TableName: aws.String("t"), Key: key,
				UpdateExpression: aws.String("SET r = :r"), ExpressionAttributeValues: attributes{":r": num("2")}})
			return err
		}(), "One or more parameter values were invalid: Cannot update attribute r. This attribute is part of the key"},
		"item grown too large": {func() error {
			_, err := c.client.UpdateItem(t.Context(), &sdk.UpdateItemInput{TableName: aws.String("t"), Key: key,
				UpdateExpression: aws.String("SET x = :x"), ExpressionAttributeValues: attributes{":x": str(strings.Repeat("x", 400<<10))}})
			return err
		}(), "Item size to update has exceeded the maximum allowed size"},
		"condition too long for its type": {func() error {
			_, err := c.client.DeleteItem(t.Context(), &sdk.DeleteItemInput{TableName: aws.String("t"), Key: key, ConditionExpression: aws.String("x")})
			return err
		}(), `Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			if c.message == "" {
				require.NoError(t, c.err)
				return
			}
			requireRefused(t, c.err, "ValidationException", c.message)
		})
	}
	_, err := c.client.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("none"), Key: key})
	requireRefused(t, err, "ResourceNotFoundException", "Requested resource not found")
}

func TestWhatIsNotImplementedIsRefusedByName(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "")
	_, err := c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("t"), Item: attributes{"p": str("a")},
		Expected: map[string]types.ExpectedAttributeValue{"p": {Exists: aws.Bool(false)}}})
	requireRefused(t, err, "SerializationException", "")
	require.ErrorContains(t, err, `"Expected"`)
	require.Nil(t, c.get(t, "t", attributes{"p": str("a")}))
	_, err = c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("t"), Item: attributes{"p": str("a"), "set": &types.AttributeValueMemberSS{Value: []string{"x"}}}})
	requireRefused(t, err, "NotImplemented", "")
	require.ErrorContains(t, err, "does not implement sets")
	_, err = c.client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{ConditionCheck: &types.ConditionCheck{
		TableName: aws.String("t"), Key: attributes{"p": str("a")}, ConditionExpression: aws.String("attribute_exists(p)")}}}})
	requireRefused(t, err, "SerializationException", "")
	require.ErrorContains(t, err, `"ConditionCheck"`)
	_, err = c.client.BatchWriteItem(t.Context(), &sdk.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{
		"t": {{PutRequest: &types.PutRequest{Item: attributes{"p": str("a")}}}}}})
	requireRefused(t, err, "UnknownOperationException", "")
	require.ErrorContains(t, err, "BatchWriteItem")
	_, err = c.client.CreateBackup(t.Context(), &sdk.CreateBackupInput{TableName: aws.String("t"), BackupName: aws.String("bak")})
	requireRefused(t, err, "UnknownOperationException", "")
	require.ErrorContains(t, err, "CreateBackup")
}

func TestConcurrentConditionalWritesLoseNothing(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "")
	c.put(t, "t", attributes{"p": str("stock"), "left": num("10")})
	var sold atomic.Int32
	var group sync.WaitGroup
	for range 40 {
		group.Go(func() {
			_, err := c.client.UpdateItem(context.Background(), &sdk.UpdateItemInput{
				TableName: aws.String("t"), Key: attributes{"p": str("stock")},
				UpdateExpression: aws.String("SET #l = #l - :one"), ConditionExpression: aws.String("#l >= :one"),
				ExpressionAttributeNames: map[string]string{"#l": "left"}, ExpressionAttributeValues: attributes{":one": num("1")},
			})
			if err == nil {
				sold.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 10, sold.Load())
	require.Equal(t, num("0"), c.get(t, "t", attributes{"p": str("stock")})["left"])
}

func TestExpiredItemsAreDeletedAfterTheLag(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "", func(in *TableArgs) {
		in.TTL = &TableTTL{AttributeName: aws.String("until"), Enabled: aws.Bool(true)}
	})
	seconds := func(d time.Duration) types.AttributeValue { return num(fmt.Sprint(c.clock.Now().Add(d).Unix())) }
	c.put(t, "t", attributes{"p": str("soon"), "until": seconds(time.Minute)})
	c.put(t, "t", attributes{"p": str("later"), "until": seconds(100 * time.Hour)})
	c.put(t, "t", attributes{"p": str("ancient"), "until": num("7")})
	c.put(t, "t", attributes{"p": str("text"), "until": str("1")})
	c.clock.Advance(time.Hour)
	tbl := c.tables["t"]
	remaining := func() (n int) {
		_, err := c.Service.table("t", noTable) // the next operation on the table
		require.NoError(t, err)
		_, n, _ = tbl.describe()
		return n
	}
	require.Equal(t, 4, remaining(), "DynamoDB takes its time: an expired item can still be read")
	c.clock.Advance(expiryLag)
	require.Equal(t, 3, remaining())
	c.clock.Advance(100 * time.Hour)
	require.Equal(t, 2, remaining(), "no number, or expired more than five years ago: kept")

	c.account.Guesses.Turn(guess.ExpiryLag)
	c.put(t, "t", attributes{"p": str("soon"), "until": seconds(2 * time.Minute)})
	c.clock.Advance(2*time.Minute - time.Second)
	require.Equal(t, 3, remaining())
	c.clock.Advance(time.Minute)
	require.Equal(t, 2, remaining(), "with the other answer it is deleted at once")
}

func TestProvisionedTablesThrottle(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "", func(in *TableArgs) {
		in.BillingMode, in.ReadCapacity, in.WriteCapacity = nil, aws.Int(1), aws.Int(1)
	})
	put := func() error {
		_, err := c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String("t"), Item: attributes{"p": str("a")}})
		return err
	}
	for range burstSeconds {
		require.NoError(t, put(), "five minutes of unused capacity are saved up")
	}
	requireRefused(t, put(), "ProvisionedThroughputExceededException", "")
	c.clock.Advance(time.Second)
	require.NoError(t, put())
	requireRefused(t, put(), "ProvisionedThroughputExceededException", "")

	transact := func() error {
		_, err := c.client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: aws.String("t"), Item: attributes{"p": str("b")}}},
		}})
		return err
	}
	c.clock.Advance(time.Second)
	requireRefused(t, transact(), "TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons [ProvisionedThroughputExceeded]")
	c.clock.Advance(time.Second)
	require.NoError(t, transact(), "a transaction costs twice as much")
}

func TestBatchGet(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "")
	c.createTable(t, "u", "S", "")
	for _, p := range []string{"1", "24"} {
		c.put(t, "t", attributes{"p": str(p), "x": num("1")})
	}
	c.put(t, "u", attributes{"p": str("a"), "x": num("1")})
	got, err := c.client.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"t": {Keys: []map[string]types.AttributeValue{{"p": str("0")}, {"p": str("1")}, {"p": str("24")}}, ProjectionExpression: aws.String("p")},
		"u": {Keys: []map[string]types.AttributeValue{{"p": str("a")}}, ConsistentRead: aws.Bool(true)},
	}})
	require.NoError(t, err)
	require.Empty(t, got.UnprocessedKeys)
	require.ElementsMatch(t, []map[string]types.AttributeValue{{"p": str("1")}, {"p": str("24")}}, got.Responses["t"])
	require.Equal(t, []map[string]types.AttributeValue{{"p": str("a"), "x": num("1")}}, got.Responses["u"])

	keys := make([]map[string]types.AttributeValue, 101)
	for i := range keys {
		keys[i] = attributes{"p": str(fmt.Sprint(i))}
	}
	for want, keys := range map[string][]map[string]types.AttributeValue{
		"Too many items requested for the BatchGetItem call": keys,
		"Provided list of item keys contains duplicates":     {{"p": str("0")}, {"p": str("0")}},
		"The provided key element does not match the schema": {{"q": str("0")}},
	} {
		_, err := c.client.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"t": {Keys: keys}}})
		requireRefused(t, err, "ValidationException", want)
	}
}

func TestBatchGetReturnsUnprocessedKeysWhenThrottled(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "", func(in *TableArgs) {
		in.BillingMode, in.ReadCapacity, in.WriteCapacity = nil, aws.Int(1), aws.Int(1)
	})
	requests := map[string]types.KeysAndAttributes{"t": {ProjectionExpression: aws.String("p"), ConsistentRead: aws.Bool(true)}}
	keys := requests["t"]
	for i := range 100 {
		keys.Keys = append(keys.Keys, attributes{"p": str(fmt.Sprint(i))})
	}
	requests["t"] = keys
	read := func() (*sdk.BatchGetItemOutput, error) {
		return c.client.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: requests})
	}
	for range burstSeconds / 100 {
		out, err := read()
		require.NoError(t, err)
		require.Empty(t, out.UnprocessedKeys)
	}
	_, err := read()
	requireRefused(t, err, "ProvisionedThroughputExceededException", "")
	c.clock.Advance(10 * time.Second)
	out, err := read()
	require.NoError(t, err)
	require.Len(t, out.UnprocessedKeys["t"].Keys, 90)
	require.Equal(t, "p", *out.UnprocessedKeys["t"].ProjectionExpression, "what is left can be sent as it is")
}

func TestFaultsThrottleATable(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "")
	c.account.Faults.Add(fault.Rule{Action: "dynamodb:PutItem", Resource: TableARN("t"), Times: 1,
		Do: func(context.Context, fault.Event) error { return Throttled() }})
	put := &sdk.PutItemInput{TableName: aws.String("t"), Item: attributes{"p": str("a")}}
	_, err := c.client.PutItem(t.Context(), put)
	var throttled *types.ProvisionedThroughputExceededException
	require.True(t, errors.As(err, &throttled), "%v", err)
	require.Nil(t, c.get(t, "t", attributes{"p": str("a")}))
	_, err = c.client.PutItem(t.Context(), put)
	require.NoError(t, err)
}
