package wire_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/wire"
)

const table = "arn:aws:dynamodb:us-east-1:123456789012:table/orders"

// jsonService is a service in which GetItem and DescribeTable are implemented, each in part.
type jsonService struct {
	wire.JSON
	got []any
}

func (*jsonService) SigningName() string { return "dynamodb" }

type getItemIn struct {
	TableName string
	Key       map[string]struct{ S string }
}

type getItemOut struct {
	Item map[string]any `json:",omitempty"`
}

type describeIn struct{ TableName upper }

// upper is a parameter that knows itself what is wrong with it.
type upper string

func (u *upper) UnmarshalJSON(b []byte) error {
	if string(b) == `"bad"` {
		return wire.Errorf(http.StatusBadRequest, "ValidationException", "TableName must be good")
	}
	*u = upper(b)
	return nil
}

func newJSONService() *jsonService {
	s := &jsonService{JSON: wire.JSON{Target: "DynamoDB_20120810", Version: "1.0", Namespace: "com.amazonaws.dynamodb.v20120810"}}
	wire.Handle(&s.JSON, "GetItem", func(c *wire.Call, in *getItemIn) (*getItemOut, error) {
		if err := c.Authorize("dynamodb:GetItem", table); err != nil {
			return nil, err
		}
		s.got = append(s.got, *in)
		switch in.TableName {
		case "absent":
			return nil, &wire.Error{Status: http.StatusBadRequest, Code: "ResourceNotFoundException", Message: "no table absent",
				Query: "AWS.NotThere", Fields: map[string]any{"Reason": "why"}}
		case "broken":
			return nil, errors.New("broken inside")
		}
		return &getItemOut{Item: map[string]any{"accountid": map[string]string{"S": "<a&b>"}}}, nil
	})
	wire.Handle(&s.JSON, "DescribeTable", func(c *wire.Call, in *describeIn) (*struct{}, error) { return &struct{}{}, nil })
	return s
}

func TestJSONThroughAnSDK(t *testing.T) {
	s := newJSONService()
	e := serve(t, s)
	client := dynamodb.NewFromConfig(e.config(userKey, nil))
	key := map[string]types.AttributeValue{"accountid": &types.AttributeValueMemberS{Value: "a0"}}
	getItem := func(table string) (*dynamodb.GetItemOutput, error) {
		return client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &table, Key: key})
	}

	out, err := getItem("orders")
	require.NoError(t, err)
	require.Equal(t, &types.AttributeValueMemberS{Value: "<a&b>"}, out.Item["accountid"])
	require.Equal(t, []any{getItemIn{TableName: "orders", Key: map[string]struct{ S string }{"accountid": {"a0"}}}}, s.got)

	t.Run("an error becomes the SDK's type", func(t *testing.T) {
		_, err := getItem("absent")
		var absent *types.ResourceNotFoundException
		require.ErrorAs(t, err, &absent)
		require.Equal(t, "no table absent", absent.ErrorMessage())
	})
	t.Run("an error that is not AWS's is an internal one", func(t *testing.T) {
		_, err := getItem("broken")
		require.Equal(t, "broken inside", refused(t, err, "InternalFailure"))
	})
	t.Run("a parameter that is not implemented is refused by name", func(t *testing.T) {
		_, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key, ConsistentRead: aws.Bool(true)})
		require.Contains(t, refused(t, err, "SerializationException"), `"ConsistentRead"`)
	})
	t.Run("an operation that is not implemented is refused by name", func(t *testing.T) {
		_, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{})
		require.Contains(t, refused(t, err, "UnknownOperationException"), "DynamoDB_20120810.ListTables")
	})
	t.Run("a parameter may know what is wrong with it", func(t *testing.T) {
		_, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("bad")})
		require.Equal(t, "TableName must be good", refused(t, err, "ValidationException"))
	})
	t.Run("a missing permission is an AccessDeniedException", func(t *testing.T) {
		before := len(s.got)
		denied := dynamodb.NewFromConfig(e.config(roleKey, nil))
		_, err := denied.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key})
		require.Equal(t, "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: dynamodb:GetItem on resource: "+
			table+" because no identity-based policy allows the dynamodb:GetItem action", refused(t, err, "AccessDeniedException"))
		require.Len(t, s.got, before)
	})
}

func TestInvalidJSONIsRefusedWithTheReason(t *testing.T) {
	e := serve(t, newJSONService())
	for body, want := range map[string]string{
		`{"TableName":7}`: "parameter TableName: a JSON number cannot be a string",
		`{"TableName":"t","Key":{"id":{"S":true}}}`: "parameter Key.S: a JSON bool cannot be a string",
		`{"TableName":"t"} {}`:                      "text after the JSON value",
		`{"TableName":`:                             "unexpected EOF",
		`[]`:                                        "a JSON array cannot be a",
	} {
		t.Run(body, func(t *testing.T) {
			r := request(t, http.MethodPost, e.url, body)
			r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
			sign(t, r, "dynamodb", body)
			status, answer := do(t, r)
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, answer, `"__type":"com.amazonaws.dynamodb.v20120810#SerializationException"`)
			require.Contains(t, answer, want)
		})
	}
}

func TestJSONErrorsOnTheWire(t *testing.T) {
	e := serve(t, newJSONService())
	const body = `{"TableName":"absent"}`
	r := request(t, http.MethodPost, e.url, body)
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.GetItem")
	sign(t, r, "dynamodb", body)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "application/x-amz-json-1.0", resp.Header.Get("Content-Type"))
	require.Equal(t, "AWS.NotThere;Sender", resp.Header.Get("x-amzn-query-error"))
	require.NotEmpty(t, resp.Header.Get("x-amzn-RequestId"))
}

// What a fault does after the effect replaces the answer, in the form of each protocol; what it does before keeps the
// effect from happening.
func TestFaultsThroughAnSDK(t *testing.T) {
	s := newJSONService()
	e := serve(t, s)
	client := dynamodb.NewFromConfig(e.config(userKey, nil))
	call := func() error {
		_, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orders"),
			Key: map[string]types.AttributeValue{"accountid": &types.AttributeValueMemberS{Value: "a0"}}})
		return err
	}
	throttle := func(context.Context, fault.Event) error {
		return wire.Errorf(http.StatusBadRequest, "ThrottlingException", "slow down")
	}

	remove := e.account.Faults.Add(fault.Rule{Action: "dynamodb:GetItem", Do: throttle})
	require.Equal(t, "slow down", refused(t, call(), "ThrottlingException"))
	require.Empty(t, s.got)
	remove()

	remove = e.account.Faults.Add(fault.Rule{Action: "dynamodb:GetItem", When: fault.After, Principal: "*:user/u", Do: throttle})
	require.Equal(t, "slow down", refused(t, call(), "ThrottlingException"))
	require.Len(t, s.got, 1)
	remove()

	require.NoError(t, call())
}

func TestFaultCanDelayACallUntilItsCallerCancels(t *testing.T) {
	e := serve(t, newJSONService())
	e.account.Faults.Add(fault.Rule{Do: func(ctx context.Context, _ fault.Event) error {
		<-ctx.Done()
		return ctx.Err()
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := dynamodb.NewFromConfig(e.config(userKey, nil)).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("orders"),
		Key: map[string]types.AttributeValue{"accountid": &types.AttributeValueMemberS{Value: "a0"}}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
