package dynamodb

import (
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/wire"
)

// cloud is a DynamoDB behind a real endpoint.
type cloud struct {
	*Service
	clock  *clockwork.FakeClock
	iam    *iam.Service
	url    string
	client *sdk.Client // may do everything
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	// Signatures are checked against the clock, and the SDK signs with the real one.
	clock := clockwork.NewFakeClockAt(clockwork.NewRealClock().Now())
	a := account.New(clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
	users := iam.New(a)
	c := &cloud{Service: New(a), clock: clock, iam: users}
	server := httptest.NewServer(wire.NewServer(a, users, c.Service))
	t.Cleanup(server.Close)
	a.SetEndpoint(server.URL)
	c.url = server.URL
	c.client = c.clientFor(users.AddAdministrator("test"))
	return c
}

func (c *cloud) clientFor(creds iam.Credentials) *sdk.Client {
	return sdk.NewFromConfig(cloudtest.Config(creds, c.url))
}

// createTable makes an on-demand table with the key p, or p and r, as a program would.
func (c *cloud) createTable(t testing.TB, name, hashType, rangeType string, change ...func(*TableArgs)) *table {
	t.Helper()
	in := &TableArgs{
		Name: &name, HashKey: "p", BillingMode: aws.String("PAY_PER_REQUEST"),
		Attributes: []TableAttribute{{Name: "p", Type: hashType}},
	}
	if rangeType != "" {
		in.RangeKey = aws.String("r")
		in.Attributes = append(in.Attributes, TableAttribute{Name: "r", Type: rangeType})
	}
	for _, f := range change {
		f(in)
	}
	_, err := c.Service.createTable(t.Context(), in)
	require.NoError(t, err)
	return c.tables[name]
}

func (c *cloud) put(t testing.TB, table string, item map[string]types.AttributeValue) {
	t.Helper()
	_, err := c.client.PutItem(t.Context(), &sdk.PutItemInput{TableName: &table, Item: item})
	require.NoError(t, err)
}

func (c *cloud) get(t testing.TB, table string, key map[string]types.AttributeValue) map[string]types.AttributeValue {
	t.Helper()
	out, err := c.client.GetItem(t.Context(), &sdk.GetItemInput{TableName: &table, Key: key})
	require.NoError(t, err)
	return out.Item
}

type attributes = map[string]types.AttributeValue

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
func list(v ...types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: v}
}
func doc(m attributes) types.AttributeValue { return &types.AttributeValueMemberM{Value: m} }

// requireRefused asserts the code and, if given, the message of an error that came over the wire.
func requireRefused(t testing.TB, err error, code, message string) {
	t.Helper()
	var e smithy.APIError
	require.Truef(t, errors.As(err, &e), "want %s, got %v", code, err)
	require.Equal(t, code, e.ErrorCode(), e.ErrorMessage())
	if message != "" {
		require.Equal(t, message, e.ErrorMessage())
	}
}

// message is the message of an AWS error.
func message(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
