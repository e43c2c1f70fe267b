package sqs

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/provider"
)

// engine calls the provider as the Pulumi engine does.
type engine struct {
	*provider.Server
	t *testing.T
}

const (
	queueType  = "aws:sqs/queue:Queue"
	policyType = "aws:sqs/queuePolicy:QueuePolicy"
	driveType  = "aws:sqs/redrivePolicy:RedrivePolicy"
	allowType  = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
)

func (c *cloud) engine(t *testing.T) engine {
	return engine{provider.New(account.Region, append(c.Kinds(), c.iam.Kinds()...), nil), t}
}

func urn(kind string) string { return "urn:pulumi:test::project::" + kind + "::orders" }

func (e engine) props(m map[string]any) *structpb.Struct {
	s, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(m), plugin.MarshalOptions{KeepUnknowns: true})
	require.NoError(e.t, err)
	return s
}

func (e engine) check(kind string, inputs map[string]any) *pulumirpc.CheckResponse {
	out, err := e.Check(e.t.Context(), &pulumirpc.CheckRequest{
		Urn: urn(kind), Name: "orders", RandomSeed: []byte("0123456789abcdef0123456789abcdef"), News: e.props(inputs),
	})
	require.NoError(e.t, err)
	return out
}

func (e engine) create(kind string, inputs map[string]any) *pulumirpc.CreateResponse {
	e.t.Helper()
	checked := e.check(kind, inputs)
	require.Empty(e.t, checked.GetFailures())
	out, err := e.Create(e.t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: checked.GetInputs()})
	require.NoError(e.t, err)
	return out
}

// refreshed reads a resource and returns the changes that the next preview would show.
func (e engine) refreshed(kind, id string, inputs *structpb.Struct) (gone bool, changes []string) {
	read, err := e.Read(e.t.Context(), &pulumirpc.ReadRequest{Urn: urn(kind), Id: id, Inputs: inputs})
	require.NoError(e.t, err)
	if read.GetId() == "" {
		return true, nil
	}
	diff, err := e.Diff(e.t.Context(), &pulumirpc.DiffRequest{Urn: urn(kind), Id: id, OldInputs: read.GetInputs(), News: inputs})
	require.NoError(e.t, err)
	return false, diff.GetDiffs()
}

func TestLifecycleOfAQueueAndItsPolicies(t *testing.T) {
	c := newCloud(t)
	e := c.engine(t)
	dlq := e.create(queueType, map[string]any{"name": "dlq", "messageRetentionSeconds": 1209600, "sqsManagedSseEnabled": true})
	inputs := e.check(queueType, map[string]any{"visibilityTimeoutSeconds": 180, "tags": map[string]any{"team": "coffee"}}).GetInputs()
	made, err := e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(queueType), Properties: inputs})
	require.NoError(t, err)
	state := made.GetProperties().AsMap()
	require.Regexp(t, `^orders-[0-9a-f]{7}$`, state["name"])
	require.Equal(t, made.GetId(), state["url"])
	require.Equal(t, c.QueueURL(state["name"].(string)), state["url"])
	require.Equal(t, QueueARN(state["name"].(string)), state["arn"])

	arn := state["arn"].(string)
	require.Equal(t, "262144", c.findARN(arn).attributes()["MaximumMessageSize"], "the provider's default is not SQS's")
	text := map[string]string{
		policyType: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"` + arn + `"}]}`,
		driveType:  redriveTo(dlq.GetProperties().AsMap()["arn"].(string), 5)["RedrivePolicy"],
		allowType:  `{"redrivePermission":"denyAll"}`,
	}
	property := map[string]string{policyType: "policy", driveType: "redrivePolicy", allowType: "redriveAllowPolicy"}
	for kind, value := range text {
		made := e.create(kind, map[string]any{"queueUrl": state["url"], property[kind]: value})
		require.Equal(t, state["url"], made.GetId())
	}
	gone, changes := e.refreshed(queueType, made.GetId(), inputs)
	require.False(t, gone)
	require.Empty(t, changes, "policies that other resources own are no drift")
	now, _ := c.Service.Kinds(), c.findARN(QueueARN(state["name"].(string))).attributes()
	require.Len(t, now, 4)

	_, err = e.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(queueType), Id: made.GetId(), News: e.props(map[string]any{"name": state["name"], "receiveWaitTimeSeconds": 5})})
	require.NoError(t, err)
	attributes := c.findARN(QueueARN(state["name"].(string))).attributes()
	require.Equal(t, "5", attributes["ReceiveMessageWaitTimeSeconds"])
	require.Equal(t, "30", attributes["VisibilityTimeout"], "a removed input returns to its default")
	require.Equal(t, text[driveType], attributes["RedrivePolicy"], "an update of the queue does not change policies that other resources own")
	_, changes = e.refreshed(queueType, made.GetId(), inputs)
	require.ElementsMatch(t, []string{"visibilityTimeoutSeconds", "tags"}, changes, "drift is reported")

	for kind := range text {
		_, err := e.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(kind), Id: made.GetId()})
		require.NoError(t, err)
		gone, _ := e.refreshed(kind, made.GetId(), e.props(nil))
		require.True(t, gone)
		require.Empty(t, c.findARN(QueueARN(state["name"].(string))).attributes()[map[string]string{policyType: "Policy", driveType: "RedrivePolicy", allowType: "RedriveAllowPolicy"}[kind]])
	}
	for range 2 {
		_, err = e.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(queueType), Id: made.GetId()})
		require.NoError(t, err)
	}
	for kind := range text {
		gone, _ := e.refreshed(kind, made.GetId(), e.props(nil))
		require.True(t, gone)
		_, err := e.Delete(t.Context(), &pulumirpc.DeleteRequest{Urn: urn(kind), Id: made.GetId()})
		require.NoError(t, err)
		_, err = e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(kind), Properties: e.props(map[string]any{"queueUrl": made.GetId(), property[kind]: text[kind]})})
		require.ErrorContains(t, err, "QueueDoesNotExist")
	}
	gone, _ = e.refreshed(queueType, made.GetId(), inputs)
	require.True(t, gone)
	_, err = e.Update(t.Context(), &pulumirpc.UpdateRequest{Urn: urn(queueType), Id: made.GetId(), News: inputs})
	require.ErrorContains(t, err, "QueueDoesNotExist")
}

func TestAQueueIsCreatedOnce(t *testing.T) {
	c := newCloud(t)
	e := c.engine(t)
	e.create(queueType, map[string]any{"name": "orders"})
	_, err := e.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn(queueType), Properties: e.props(map[string]any{"name": "orders"})})
	require.ErrorContains(t, err, "QueueNameExists")
}

func TestBadInputsOfAQueueAreRefusedByName(t *testing.T) {
	e := newCloud(t).engine(t)
	for name, test := range map[string]struct {
		kind, property string
		value          any
		want           string
	}{
		"FIFO":                   {queueType, "fifoQueue", true, "fifoQueue is not supported"},
		"FIFO name":              {queueType, "name", "orders.fifo", "name must be"},
		"FIFO property":          {queueType, "contentBasedDeduplication", true, "contentBasedDeduplication is not supported"},
		"name too long":          {queueType, "name", string(make([]byte, 81)), "name must be"},
		"delay":                  {queueType, "delaySeconds", 5, "delaySeconds is not supported"},
		"size":                   {queueType, "maxMessageSize", 1024, "maxMessageSize is not supported"},
		"retention":              {queueType, "messageRetentionSeconds", 59, "from 60 to 1209600"},
		"wait":                   {queueType, "receiveWaitTimeSeconds", 21, "from 0 to 20"},
		"visibility":             {queueType, "visibilityTimeoutSeconds", 43201, "from 0 to 43200"},
		"visibility not integer": {queueType, "visibilityTimeoutSeconds", 1.5, "an integer"},
		"key reuse":              {queueType, "kmsDataKeyReusePeriodSeconds", 300, "kmsDataKeyReusePeriodSeconds is not supported"},
		"policy":                 {queueType, "policy", "{}", "policy is not accepted"},
		"redrive policy":         {queueType, "redrivePolicy", `{"deadLetterTargetArn":"x","maxReceiveCount":0}`, "maxReceiveCount must be from 1 to 1000, got 0"},
		"redrive policy member":  {queueType, "redrivePolicy", `{"deadLetterTargetArn":"x","maxReceives":1}`, "maxReceives"},
		"allow policy":           {queueType, "redriveAllowPolicy", `{"redrivePermission":"some"}`, "allowAll, denyAll or byQueue"},
		"queue policy":           {policyType, "policy", "", "must not be empty"},
		"queue policy JSON":      {policyType, "policy", "{", "policy is not accepted"},
		"redrive policy text":    {driveType, "redrivePolicy", "{}", "deadLetterTargetArn"},
		"allow policy text":      {allowType, "redriveAllowPolicy", "[]", "not valid JSON of this policy"},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := map[string]any{test.property: test.value}
			if test.kind != queueType {
				inputs["queueUrl"] = "http://127.0.0.1/123456789012/orders"
			}
			failures := e.check(test.kind, inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), test.want)
		})
	}
	unknown := e.check(policyType, map[string]any{"queueUrl": resource.MakeComputed(resource.NewStringProperty("")), "policy": resource.MakeComputed(resource.NewStringProperty(""))})
	require.Empty(t, unknown.GetFailures(), "unknown inputs are not validated")
}
