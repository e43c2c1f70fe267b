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
	balance := func(table, id string) string {
		return c.get(t, table, attributes{"p": str(id)})["balance"].(*types.AttributeValueMemberN).Value
	}
	return balance("accounts", "a") + " " + balance("stock", "s")
}

func TestATransactionWritesAllOrNothing(t *testing.T) {
	c := shop(t, "10", "1")
	in := &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		deduct("accounts", "a", "4"), deduct("stock", "s", "1"),
		{Put: &types.Put{TableName: aws.String("stock"), Item: attributes{"p": str("new")}, ConditionExpression: aws.String("attribute_not_exists(p)")}},
		{Delete: &types.Delete{TableName: aws.String("accounts"), Key: attributes{"p": str("old")}}},
	}}
	_, err := c.client.TransactWriteItems(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "6 0", c.balances(t))

	in.ClientRequestToken = nil
	_, err = c.client.TransactWriteItems(t.Context(), in)
	var cancelled *types.TransactionCanceledException
	require.True(t, errors.As(err, &cancelled), "%v", err)
	require.Equal(t, "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, ConditionalCheckFailed, None]", cancelled.ErrorMessage())
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

func TestClientRequestTokenMakesATransactionIdempotent(t *testing.T) {
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
