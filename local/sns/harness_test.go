package sns

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
	"github.com/jonboulle/clockwork"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/iam"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/provider"
	"github.com/order-patterns/order-patterns/local/sqs"
	"github.com/order-patterns/order-patterns/local/wire"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	topicType        = "aws:sns/topic:Topic"
	topicPolicyType  = "aws:sns/topicPolicy:TopicPolicy"
	subscriptionType = "aws:sns/topicSubscription:TopicSubscription"
	queueType        = "aws:sqs/queue:Queue"

	topicARN = "arn:aws:sns:us-east-1:123456789012:orders"
	storeARN = "arn:aws:sqs:us-east-1:123456789012:store"
	deadARN  = "arn:aws:sqs:us-east-1:123456789012:dead"
)

// cloud is an SNS with the real SQS behind it, at a real endpoint, and the provider over both.
type cloud struct {
	*Service
	*provider.Server
	t       testing.TB
	account *account.Account
	clock   *clockwork.FakeClock
	sqs     *sqs.Service
	iam     *iam.Service
	url     string
	client  *sdk.Client // may do everything
	admin   policy.Principal
}

// newCloud has the topic orders, and the queues store and dead, to which the topic may send.
func newCloud(t testing.TB) *cloud {
	t.Helper()
	// Signatures are checked against the clock, and the SDK signs with the real one.
	clock := clockwork.NewFakeClockAt(clockwork.NewRealClock().Now())
	a := account.New(clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
	c := &cloud{t: t, account: a, clock: clock, iam: iam.New(a), sqs: sqs.New(a)}
	traces := xray.New(a)
	c.Service = New(a, Dependencies{Queues: c.sqs, Traces: traces})
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	c.Server = provider.New(account.Region, slices.Concat(c.Kinds(), c.sqs.Kinds(), c.iam.Kinds(), traces.Kinds()), nil)
	server := httptest.NewServer(wire.NewServer(a, c.iam, c.Service, c.sqs, traces))
	t.Cleanup(server.Close)
	a.SetEndpoint(server.URL)
	c.url = server.URL
	creds := c.iam.AddAdministrator("test")
	c.client = c.clientFor(creds)
	id, _ := c.iam.Lookup(creds.AccessKeyID)
	c.admin = id.Principal

	c.create(topicType, map[string]any{"name": "orders"})
	for name, arn := range map[string]string{"store": storeARN, "dead": deadARN} {
		c.create(queueType, map[string]any{"name": name, "policy": allowTopic(arn)})
	}
	return c
}

func (c *cloud) clientFor(creds iam.Credentials) *sdk.Client {
	return sdk.NewFromConfig(cloudtest.Config(creds, c.url))
}

// allowTopic is the policy of a queue that lets the topic orders send.
func allowTopic(arn string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},
		"Action":"sqs:SendMessage","Resource":"` + arn + `","Condition":{"ArnEquals":{"aws:SourceArn":"` + topicARN + `"}}}]}`
}

// The methods below call the provider as the Pulumi engine does.

func urn(kind string) string { return "urn:pulumi:test::project::" + kind + "::orders" }

func (c *cloud) props(m map[string]any) *structpb.Struct {
	s, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(m), plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(c.t, err)
	return s
}

func (c *cloud) check(kind string, inputs map[string]any) *pulumirpc.CheckResponse {
	out, err := c.Check(c.t.Context(), &pulumirpc.CheckRequest{
		Urn: urn(kind), Name: "orders", RandomSeed: []byte("0123456789abcdef0123456789abcdef"), News: c.props(inputs),
	})
	require.NoError(c.t, err)
	return out
}

// create makes a resource and returns its id.
func (c *cloud) create(kind string, inputs map[string]any) string {
	c.t.Helper()
	checked := c.check(kind, inputs)
	require.Empty(c.t, checked.GetFailures())
	out, err := c.Create(c.t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: checked.GetInputs()})
	require.NoError(c.t, err)
	return out.GetId()
}

func (c *cloud) remove(kind, id string) {
	_, err := c.Delete(c.t.Context(), &pulumirpc.DeleteRequest{Urn: urn(kind), Id: id})
	require.NoError(c.t, err)
}

// refreshed reads a resource and returns the changes that the next preview would show.
func (c *cloud) refreshed(kind, id string, inputs map[string]any) (gone bool, changes []string) {
	read, err := c.Read(c.t.Context(), &pulumirpc.ReadRequest{Urn: urn(kind), Id: id, Inputs: c.props(inputs)})
	require.NoError(c.t, err)
	if read.GetId() == "" {
		return true, nil
	}
	diff, err := c.Diff(c.t.Context(), &pulumirpc.DiffRequest{Urn: urn(kind), Id: id, OldInputs: read.GetInputs(), News: c.props(inputs)})
	require.NoError(c.t, err)
	return false, diff.GetDiffs()
}

// subscribe subscribes the queue store to the topic, with more inputs, and returns the subscription's ARN.
func (c *cloud) subscribe(more map[string]any) string {
	c.t.Helper()
	inputs := map[string]any{"topic": topicARN, "protocol": "sqs", "endpoint": storeARN}
	for k, v := range more {
		inputs[k] = v
	}
	return c.create(subscriptionType, inputs)
}

func (c *cloud) publish(text string, attributes map[string]types.MessageAttributeValue) string {
	c.t.Helper()
	out, err := c.client.Publish(c.t.Context(), &sdk.PublishInput{TopicArn: aws.String(topicARN), Message: &text, MessageAttributes: attributes})
	require.NoError(c.t, err)
	return *out.MessageId
}

// received receives all visible messages of a queue.
func (c *cloud) received(arn string) []sqs.Received {
	got, err := c.sqs.Receive(c.t.Context(), c.admin, arn, 100, 0, 0)
	require.NoError(c.t, err)
	return got
}

func (c *cloud) bodies(arn string) []string {
	list := []string{}
	for _, m := range c.received(arn) {
		list = append(list, m.Body)
	}
	return list
}

// arrives waits for one message in the queue store, which another goroutine sends.
func (c *cloud) arrives() sqs.Received {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	got, err := c.sqs.Receive(ctx, c.admin, storeARN, 1, 0, time.Hour)
	require.NoError(c.t, err)
	return got[0]
}

func text(dataType, value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: &dataType, StringValue: &value}
}

// code is the error's code as SDKs know it.
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}
