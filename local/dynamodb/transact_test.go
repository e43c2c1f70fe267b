package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
)

// deduct takes n from a balance, unless it would go below zero.
func deduct(table, id, n string) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &table, Key: attributes{"p": str(id)},
		UpdateExpression: aws.String("SET balance = balance - :n"), ConditionExpression: aws.String("balance >= :n"),
		ExpressionAttributeValues:           attributes{":n": num(n)},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

func shop(t *testing.T, credit, stock string) *cloud {
	c := newCloud(t)
	c.createTable(t, "accounts", "S", "")
	c.createTable(t, "stock", "S", "")
	c.put(t, "accounts", attributes{"p": str("a"), "balance": num(credit)})
	c.put(t, "stock", attributes{"p": str("s"), "balance": num(stock)})
	return c
}

func (c *cloud) balances(t *testing.T) string {
	out, err := c.client.TransactGetItems(t.Context(), &sdk.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
		{Get: &types.Get{TableName: aws.String("accounts"), Key: attributes{"p": str("a")}, ProjectionExpression: aws.String("balance")}},
		{Get: &types.Get{TableName: aws.String("stock"), Key: attributes{"p": str("s")}}},
	}})
	require.NoError(t, err)
	require.Len(t, out.Responses[0].Item, 1)
	return fmt.Sprint(out.Responses[0].Item["balance"].(*types.AttributeValueMemberN).Value, " ", out.Responses[1].Item["balance"].(*types.AttributeValueMemberN).Value)
}

func TestATransactionWritesAllOrNothing(t *testing.T) {
	c := shop(t, "10", "1")
	in := &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		deduct("accounts", "a", "4"), deduct("stock", "s", "1"),
		{Put: &types.Put{TableName: aws.String("stock"), Item: attributes{"p": str("new")}, ConditionExpression: aws.String("attribute_not_exists(p)")}},
		{ConditionCheck: &types.ConditionCheck{TableName: aws.String("accounts"), Key: attributes{"p": str("gone")}, ConditionExpression: aws.String("attribute_not_exists(p)")}},
		{Delete: &types.Delete{TableName: aws.String("accounts"), Key: attributes{"p": str("old")}}},
	}, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal}
	out, err := c.client.TransactWriteItems(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "6 0", c.balances(t))
	require.Equal(t, 6.0, *out.ConsumedCapacity[0].WriteCapacityUnits, "three items, each twice")

	in.ClientRequestToken = nil
	_, err = c.client.TransactWriteItems(t.Context(), in)
	var cancelled *types.TransactionCanceledException
	require.True(t, errors.As(err, &cancelled), "%v", err)
	require.Equal(t, "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, None, None]", cancelled.ErrorMessage())
	require.Equal(t, "None", *cancelled.CancellationReasons[0].Code)
	require.Equal(t, "The conditional request failed", *cancelled.CancellationReasons[1].Message)
	require.Equal(t, attributes{"p": str("s"), "balance": num("0")}, cancelled.CancellationReasons[1].Item)
	require.Nil(t, cancelled.CancellationReasons[2].Item, "not asked for")
	require.Equal(t, "6 0", c.balances(t))
}

func TestRacingTransactionsNeverOverdraw(t *testing.T) {
	c := shop(t, "100", "7")
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			_, _ = c.client.TransactWriteItems(context.Background(), &sdk.TransactWriteItemsInput{
				TransactItems: []types.TransactWriteItem{deduct("accounts", "a", "10"), deduct("stock", "s", "1")},
			})
		})
		group.Go(func() { // the same tables in the other order
			_, _ = c.client.TransactWriteItems(context.Background(), &sdk.TransactWriteItemsInput{
				TransactItems: []types.TransactWriteItem{deduct("stock", "s", "1"), deduct("accounts", "a", "10")},
			})
		})
	}
	group.Wait()
	require.Equal(t, "30 0", c.balances(t))
}

func TestATokenMakesARepetitionHarmless(t *testing.T) {
	c := shop(t, "10", "10")
	run := func(n string) error {
		_, err := c.client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{
			ClientRequestToken: aws.String("order-1"),
			TransactItems:      []types.TransactWriteItem{deduct("accounts", "a", n), deduct("stock", "s", "1")},
		})
		return err
	}
	require.Error(t, run("11"), "a transaction that was cancelled leaves its token unused")
	require.NoError(t, run("3"))
	require.NoError(t, run("3"))
	require.Equal(t, "7 9", c.balances(t))
	requireRefused(t, run("4"), "IdempotentParameterMismatchException", "")
	c.clock.Advance(tokenLife + time.Second)
	require.NoError(t, run("4"))
	require.Equal(t, "3 8", c.balances(t))
	require.Len(t, c.tokens.known, 1, "tokens are forgotten")
}

func TestATransactionInProgressIsReported(t *testing.T) {
	c := newCloud(t)
	in := &transactWriteInput{ClientRequestToken: "x"}
	_, finish, err := c.tokens.begin(in, c.clock)
	require.NoError(t, err)
	_, _, err = c.tokens.begin(in, c.clock)
	require.Equal(t, "TransactionInProgressException", code(err))
	finish(false)
	repeated, _, err := c.tokens.begin(in, c.clock)
	require.NoError(t, err)
	require.False(t, repeated)
}

func TestUpdatesThatFailCancelWithAValidationError(t *testing.T) {
	c := shop(t, "1", "1")
	bad := deduct("stock", "s", "1")
	bad.Update.UpdateExpression = aws.String("SET x = gone + :n")
	_, err := c.client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{deduct("accounts", "a", "1"), bad}})
	var cancelled *types.TransactionCanceledException
	require.True(t, errors.As(err, &cancelled), "%v", err)
	require.Equal(t, "ValidationError", *cancelled.CancellationReasons[1].Code)
	require.Equal(t, "1 1", c.balances(t))
}

func TestInjectedFaultsCancelTransactions(t *testing.T) {
	c := shop(t, "1", "1")
	c.account.Faults.Add(fault.Rule{Action: "dynamodb:UpdateItem", Resource: TableARN("stock"), Times: 1,
		Do: func(context.Context, fault.Event) error { return Conflicted() }})
	in := &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{deduct("accounts", "a", "1"), deduct("stock", "s", "1")}}
	_, err := c.client.TransactWriteItems(t.Context(), in)
	var cancelled *types.TransactionCanceledException
	require.True(t, errors.As(err, &cancelled), "%v", err)
	require.Equal(t, "TransactionConflict", *cancelled.CancellationReasons[1].Code)
	_, err = c.client.TransactWriteItems(t.Context(), in)
	require.NoError(t, err)
}

func TestInvalidTransactionsAreRefused(t *testing.T) {
	c := shop(t, "1", "1")
	many := make([]types.TransactWriteItem, 101)
	for i := range many {
		many[i] = deduct("accounts", fmt.Sprint(i), "1")
	}
	large := make([]types.TransactWriteItem, 11)
	for i := range large {
		large[i].Put = &types.Put{TableName: aws.String("stock"), Item: attributes{"p": str(fmt.Sprint(i)), "x": str(strings.Repeat("x", 399<<10))}}
	}
	double := deduct("accounts", "a", "1")
	double.Delete = &types.Delete{TableName: aws.String("accounts"), Key: attributes{"p": str("b")}}
	for name, c2 := range map[string]struct {
		items   []types.TransactWriteItem
		code    string
		message string
	}{
		"the same item twice": {[]types.TransactWriteItem{deduct("stock", "s", "1"), deduct("stock", "s", "1")}, "ValidationException", "Transaction request cannot include multiple operations on one item"},
		"two actions in one":  {[]types.TransactWriteItem{double}, "ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete"},
		"no action":           {[]types.TransactWriteItem{{}}, "ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete"},
		"too many":            {many, "ValidationException", ""},
		"too large":           {large, "ValidationException", "Transaction request size has exceeded the maximum allowed size of 4 MB"},
		"no table":            {[]types.TransactWriteItem{deduct("gone", "s", "1")}, "ResourceNotFoundException", "Requested resource not found"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.client.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: c2.items})
			requireRefused(t, err, c2.code, c2.message)
		})
	}
	require.Equal(t, "1 1", c.balances(t))
}

func TestBatches(t *testing.T) {
	c := newCloud(t)
	c.createTable(t, "t", "S", "")
	c.createTable(t, "u", "S", "")
	write := func(requests map[string][]types.WriteRequest) (*sdk.BatchWriteItemOutput, error) {
		return c.client.BatchWriteItem(t.Context(), &sdk.BatchWriteItemInput{RequestItems: requests, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	}
	put := func(p string) types.WriteRequest {
		return types.WriteRequest{PutRequest: &types.PutRequest{Item: attributes{"p": str(p), "x": num("1")}}}
	}
	remove := func(p string) types.WriteRequest {
		return types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: attributes{"p": str(p)}}}
	}
	var puts []types.WriteRequest
	for i := range 24 {
		puts = append(puts, put(fmt.Sprint(i)))
	}
	out, err := write(map[string][]types.WriteRequest{"t": puts, "u": {put("a")}})
	require.NoError(t, err)
	require.Empty(t, out.UnprocessedItems)
	require.Len(t, out.ConsumedCapacity, 2)
	_, err = write(map[string][]types.WriteRequest{"t": {remove("0"), put("24")}})
	require.NoError(t, err)

	got, err := c.client.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"t": {Keys: []map[string]types.AttributeValue{{"p": str("0")}, {"p": str("1")}, {"p": str("24")}}, ProjectionExpression: aws.String("p")},
		"u": {Keys: []map[string]types.AttributeValue{{"p": str("a")}}, ConsistentRead: aws.Bool(true)},
	}})
	require.NoError(t, err)
	require.Empty(t, got.UnprocessedKeys)
	require.ElementsMatch(t, []map[string]types.AttributeValue{{"p": str("1")}, {"p": str("24")}}, got.Responses["t"])
	require.Equal(t, []map[string]types.AttributeValue{{"p": str("a"), "x": num("1")}}, got.Responses["u"])

	for want, requests := range map[string]map[string][]types.WriteRequest{
		"Too many items requested for the BatchWriteItem call": {"t": append(puts, put("x"), put("y"))},
		"Provided list of item keys contains duplicates":       {"t": {put("x"), remove("x")}},
		"The provided key element does not match the schema":   {"t": {{DeleteRequest: &types.DeleteRequest{Key: attributes{"q": str("a")}}}}},
	} {
		_, err := write(requests)
		requireRefused(t, err, "ValidationException", want)
	}
	_, err = c.client.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
		"t": {Keys: []map[string]types.AttributeValue{{"p": str("0")}, {"p": str("0")}}}}})
	requireRefused(t, err, "ValidationException", "Provided list of item keys contains duplicates")
}
