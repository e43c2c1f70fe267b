package balances_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/order-patterns/order-patterns/handlers/checker/balances"
	"github.com/order-patterns/order-patterns/handlers/dynamodbtest"
	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/order/checker"
	"github.com/order-patterns/order-patterns/order/money"
)

var now = time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC)

func start(t *testing.T, kind balances.Kind) (*balances.Table, *dynamodbtest.DynamoDB) {
	t.Helper()
	db := dynamodbtest.Start(t)
	return &balances.Table{Client: db.Client, Name: db.Table(t, "balances", kind.Key), Kind: kind}, db
}

func set(t require.TestingT, l *balances.Table, id string, balance money.Amount) {
	require.NoError(t, l.Set(context.Background(), id, balance, now))
}

// left returns the balance in DynamoDB.
func left(t *testing.T, db *dynamodbtest.DynamoDB, l *balances.Table, id string) string {
	t.Helper()
	n, ok := db.Get(t, l.Name, l.Kind.Key, id)["balance"].(*types.AttributeValueMemberN)
	require.True(t, ok)
	return n.Value
}

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }

func TestABalanceIsStoredExactlyAndReplaced(t *testing.T) {
	l, db := start(t, balances.Accounts)
	for _, balance := range []money.Amount{105_000, 1, 0, money.FromInt(checker.MaxAmount) - 1} {
		set(t, l, "c1", balance)
		require.Equal(t, balance.String(), left(t, db, l, "c1"))
	}
	it := db.Get(t, "balances", "customerId", "c1")
	require.Equal(t, s("2026-03-01T08:30:00Z"), it["updateTime"])
	require.Len(t, it, 3)
}

func TestShortages(t *testing.T) {
	l, db := start(t, balances.Stock)
	set(t, l, "123", money.FromInt(5))
	set(t, l, "456", money.FromInt(1))
	set(t, l, "0", 0)
	for name, c := range map[string]struct {
		wants []balances.Want
		log   string
	}{
		"enough":       {[]balances.Want{balances.Pieces("123", 4)}, ""},
		"just enough":  {[]balances.Want{balances.Pieces("123", 5), balances.Pieces("456", 1)}, ""},
		"one too many": {[]balances.Want{balances.Pieces("123", 6)}, "Insufficient stock of 123: 6 wanted, 5 left"},
		"none left":    {[]balances.Want{balances.Pieces("0", 1)}, "Insufficient stock of 0: 1 wanted, 0 left"},
		"unknown":      {[]balances.Want{balances.Pieces("9", 1)}, "Unknown product 9"},
		"several, in order": {[]balances.Want{balances.Pieces("9", 1), balances.Pieces("456", 3), balances.Pieces("123", 1), balances.Pieces("0", 2)},
			"Unknown product 9; Insufficient stock of 456: 3 wanted, 1 left; Insufficient stock of 0: 2 wanted, 0 left"},
	} {
		t.Run(name, func(t *testing.T) {
			short, err := l.Check(t.Context(), c.wants)
			require.NoError(t, err)
			require.Equal(t, c.log, balances.Stock.Explain(short...))
			if len(c.wants) == 1 {
				one, err := l.CheckOne(t.Context(), c.wants[0])
				require.NoError(t, err)
				require.Equal(t, short, one)
			}
		})
	}
	db.Put(t, "balances", dynamodbtest.Item{"productId": s("bad"), "balance": s("5")})
	_, err := l.Check(t.Context(), []balances.Want{balances.Pieces("123", 1), balances.Pieces("bad", 1)})
	require.ErrorContains(t, err, "reading the balance of productId bad from table balances: attribute balance is not a number")
}

func TestShortagesOfAccountsAreAmountsOfMoney(t *testing.T) {
	l, _ := start(t, balances.Accounts)
	set(t, l, "c1", 120_500)
	for log, want := range map[string]balances.Want{
		"": {ID: "c1", Amount: 120_500},
		"Insufficient account balance: 12.0501 wanted, 12.05 left": {ID: "c1", Amount: 120_501},
		"Unknown customer c2": {ID: "c2"},
	} {
		short, err := l.CheckOne(t.Context(), want)
		require.NoError(t, err)
		require.Equal(t, log, balances.Accounts.Explain(short...))
	}
}

func TestTheLongestLogFitsAFinding(t *testing.T) {
	var short []balances.Shortage
	for range checker.MaxItems {
		short = append(short, balances.Shortage{
			Want: balances.Pieces(strings.Repeat("p", checker.MaxID), checker.MaxItems*checker.MaxQty), Left: money.FromInt(checker.MaxStock), Known: true,
		})
	}
	f := checker.Finding{OrderID: "o1", Check: checker.Stock, Log: balances.Stock.Explain(short...)}
	message, err := f.JSON()
	require.NoError(t, err)
	_, err = checker.ParseFinding(message)
	require.NoError(t, err)
}

func TestUnprocessedKeysAreReadAgain(t *testing.T) {
	l, _ := start(t, balances.Stock)
	var wants []balances.Want
	for i := range 6 {
		id := strconv.Itoa(i)
		set(t, l, id, money.FromInt(int64(i)))
		wants = append(wants, balances.Pieces(id, 3))
	}
	p := &partial{full: 4}
	l.Client = p.client(t, l.Client)
	short, err := l.Check(t.Context(), wants)
	require.NoError(t, err)
	require.Len(t, short, 3)
	require.Equal(t, 4, p.calls)

	// Until ctx ends.
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	l.Client = (&partial{full: 1000}).client(t, l.Client)
	_, err = l.Check(ctx, append(wants, manyMore()...))
	require.Error(t, err)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func manyMore() []balances.Want {
	var more []balances.Want
	for i := range 90 {
		more = append(more, balances.Pieces(fmt.Sprint("more", i), 1))
	}
	return more
}

func take(ctx context.Context, l *balances.Table, want balances.Want) error {
	_, err := l.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{l.Debit(want, now)}})
	return err
}

func TestADebitNeverExceedsTheBalance(t *testing.T) {
	l, db := start(t, balances.Accounts)
	set(t, l, "c1", 105_000)
	require.NoError(t, take(t.Context(), l, balances.Want{ID: "c1", Amount: 1}))
	require.Equal(t, "10.4999", left(t, db, l, "c1"))
	for id, want := range map[string]string{"c1": "Insufficient account balance: 10.5 wanted, 10.4999 left", "c2": "Unknown customer c2"} {
		w := balances.Want{ID: id, Amount: 105_000}
		var cancelled *types.TransactionCanceledException
		require.ErrorAs(t, take(t.Context(), l, w), &cancelled)
		short, is, err := l.DebitShortage(w, cancelled.CancellationReasons[0])
		require.NoError(t, err)
		require.True(t, is)
		require.Equal(t, want, balances.Accounts.Explain(short))
	}
	require.NoError(t, take(t.Context(), l, balances.Want{ID: "c1", Amount: 104_999}))
	require.Equal(t, "0", left(t, db, l, "c1"))
	require.Nil(t, db.Get(t, "balances", "customerId", "c2"))

	_, is, err := l.DebitShortage(balances.Want{ID: "c1"}, types.CancellationReason{Code: aws.String("None")})
	require.NoError(t, err)
	require.False(t, is)
	_, _, err = l.DebitShortage(balances.Want{ID: "c1"}, types.CancellationReason{Code: aws.String("ConditionalCheckFailed"), Item: dynamodbtest.Item{"balance": s("1")}})
	require.ErrorContains(t, err, "reading the balance of customerId c1 from table balances: attribute balance is not a number")
}

func TestDebitsAreExactAndNeverGoBelowZero(t *testing.T) {
	l, db := start(t, balances.Accounts)
	rapid.Check(t, func(rt *rapid.T) {
		balance := money.Amount(rapid.Int64Range(0, 1_000_000_000_000_000).Draw(rt, "balance"))
		set(rt, l, "c1", balance)
		for _, n := range rapid.SliceOfN(rapid.Int64Range(0, 600_000_000_000_000), 1, 6).Draw(rt, "debits") {
			err := take(context.Background(), l, balances.Want{ID: "c1", Amount: money.Amount(n)})
			require.Equal(rt, money.Amount(n) <= balance, err == nil)
			if err == nil {
				balance -= money.Amount(n)
			}
		}
		require.Equal(rt, balance.String(), left(t, db, l, "c1"))
	})
}

func TestABalanceInATransactionIsSetAfterIt(t *testing.T) {
	l, db := start(t, balances.Stock)
	db.Fault(fault.Rule{Action: "dynamodb:UpdateItem", Times: 3,
		Do: dynamodbtest.Answer(wire.Errorf(http.StatusBadRequest, "TransactionConflictException", "Transaction is ongoing for the item"))})
	set(t, l, "123", money.FromInt(7))
	require.Equal(t, "7", left(t, db, l, "123"))
}

func TestErrorsSayWhatWasBeingDone(t *testing.T) {
	l, db := start(t, balances.Stock)
	db.Fault(fault.Rule{Do: dynamodbtest.Answer(errors.New("broken"))})
	_, err := l.CheckOne(t.Context(), balances.Pieces("1", 1))
	require.ErrorContains(t, err, "reading the balance of productId 1 from table balances: ")
	_, err = l.Check(t.Context(), []balances.Want{balances.Pieces("1", 1), balances.Pieces("2", 1)})
	require.ErrorContains(t, err, "reading 2 balances from table balances: ")
	require.ErrorContains(t, l.Set(t.Context(), "1", 1, now), "setting the balance of productId 1 in table balances: ")
}

// Every method needs only the permission that its doc comment names.
func TestPermissions(t *testing.T) {
	l, db := start(t, balances.Stock)
	set(t, l, "1", money.FromInt(9))
	allowed := func(action string) *balances.Table {
		document := fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:%s","Resource":"%s"}]}`, action, dynamodbtest.ARN("balances"))
		return &balances.Table{Client: db.Role(t, action, document), Name: "balances", Kind: balances.Stock}
	}
	_, err := allowed("GetItem").CheckOne(t.Context(), balances.Pieces("1", 1))
	require.NoError(t, err)
	_, err = allowed("BatchGetItem").Check(t.Context(), []balances.Want{balances.Pieces("1", 1)})
	require.NoError(t, err)
	updater := allowed("UpdateItem")
	set(t, updater, "1", money.FromInt(8))
	require.NoError(t, take(t.Context(), updater, balances.Pieces("1", 8)))
	require.Equal(t, "0", left(t, db, l, "1"))
}
