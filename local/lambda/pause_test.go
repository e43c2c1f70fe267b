package lambda

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

// enable pauses or resumes a mapping, as the AWS CLI would, and returns its state.
func (c *cloud) enable(id string, on bool) (state string, err error) {
	c.t.Helper()
	out, err := c.sdk.UpdateEventSourceMapping(context.Background(), &sdk.UpdateEventSourceMappingInput{UUID: &id, Enabled: &on})
	if err != nil {
		return "", err
	}
	require.Equal(c.t, id, *out.UUID)
	return *out.State, nil
}

func TestAPausedMappingHandlesWhatItReceivedAndNothingMore(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	e := newEngine(t, c.lambda)
	inputs := map[string]any{"eventSourceArn": queue, "functionName": "f"}
	id, _, err := e.create(mappingKind, inputs)
	require.NoError(t, err)

	release := make(chan struct{})
	remove := c.account.Faults.Add(fault.Rule{Action: "lambda:InvokeFunction", Do: func(context.Context, fault.Event) error {
		<-release
		return nil
	}})
	c.send(queue, "ok")
	eventually(t, "the function is invoked", func() bool { _, inFlight := c.count(queue); return inFlight == 1 })
	state, err := c.enable(id, false)
	require.NoError(t, err)
	require.Equal(t, "Disabling", state)
	state, err = c.enable(id, false)
	require.NoError(t, err, "it is disabled already")
	require.Equal(t, "Disabling", state)
	_, err = c.enable(id, true)
	var inUse *types.ResourceInUseException
	require.ErrorAs(t, err, &inUse)
	close(release)
	remove()
	eventually(t, "it is disabled", func() bool {
		one, err := c.sdk.GetEventSourceMapping(context.Background(), &sdk.GetEventSourceMappingInput{UUID: &id})
		return err == nil && *one.State == "Disabled"
	})
	visible, inFlight := c.count(queue)
	require.Zero(t, visible+inFlight, "what was received was handled")

	c.send(queue, "ok")
	time.Sleep(100 * time.Millisecond)
	visible, _ = c.count(queue)
	require.Equal(t, 1, visible)
	read := e.read(mappingKind, id, nil)
	require.False(t, read.GetProperties().GetFields()["enabled"].GetBoolValue(), "a refresh sees it")

	state, err = c.enable(id, true)
	require.NoError(t, err)
	require.Equal(t, "Enabled", state)
	eventually(t, "it polls", func() bool { v, i := c.count(queue); return v+i == 0 })

	_, err = c.enable(id, false)
	require.NoError(t, err)
	require.Equal(t, "Enabled", e.update(mappingKind, id, inputs)["state"].StringValue(), "Pulumi enables it again")
	e.delete(mappingKind, id)
	var notFound *types.ResourceNotFoundException
	_, err = c.enable(id, true)
	require.ErrorAs(t, err, &notFound)
}

func TestAPausedMappingReceivesOnceMoreAtMost(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	m := c.mapping("f", queue, nil)
	time.Sleep(50 * time.Millisecond) // it polls
	_, err := c.enable(m.uuid, false)
	require.NoError(t, err)
	for range 20 {
		c.send(queue, "ok")
	}
	eventually(t, "it is disabled", func() bool { state, _ := m.state(); return state == disabled })
	visible, _ := c.count(queue)
	require.GreaterOrEqual(t, visible, 20-maxReceive)
}

func TestAPausedReaderOfAStreamContinuesWhereItWas(t *testing.T) {
	r := newRiver(t, 1)
	m := r.read(func(in *MappingArgs) { in.BatchSize = aws.Int(1) })
	r.put("k", "a")
	r.untilBatches("a")
	_, err := r.enable(m.uuid, false)
	require.NoError(t, err)
	r.until("it is disabled", func() bool { state, _ := m.state(); return state == disabled })
	r.put("k", "b", "c")
	r.untilBatches("a")
	_, err = r.enable(m.uuid, true)
	require.NoError(t, err)
	r.untilBatches("a", "b", "c")
}

func TestOfAMappingOnlyEnabledIsUpdated(t *testing.T) {
	c := newCloud(t)
	queue := c.queue("q", map[string]any{})
	c.consumer("f")
	m := c.mapping("f", queue, nil)
	_, err := c.sdk.UpdateEventSourceMapping(context.Background(), &sdk.UpdateEventSourceMappingInput{UUID: &m.uuid, BatchSize: aws.Int32(5), Enabled: aws.Bool(false)})
	require.ErrorContains(t, err, "the embedded cloud does not support this parameter")
	require.ErrorContains(t, err, "BatchSize")
	state, _ := m.state()
	require.Equal(t, "Enabled", state)

	c.role("reader", "lambda:GetEventSourceMapping")
	_, creds, err := c.iam.AssumeRole(servicePrincipal, "arn:aws:iam::123456789012:role/reader", "s", nil)
	require.NoError(t, err)
	reader := sdk.NewFromConfig(cloudtest.Config(creds, c.account.Endpoint()))
	_, err = reader.UpdateEventSourceMapping(context.Background(), &sdk.UpdateEventSourceMappingInput{UUID: &m.uuid, Enabled: aws.Bool(false)})
	require.ErrorContains(t, err, "is not authorized to perform: lambda:UpdateEventSourceMapping on resource: "+mappingARN(m.uuid))

	// AWS checks the role when a mapping is changed.
	_, err = c.enable(m.uuid, false)
	require.NoError(t, err)
	eventually(t, "it is disabled", func() bool { state, _ := m.state(); return state == disabled })
	c.grant("f-role", "sqs:ReceiveMessage")
	_, err = c.enable(m.uuid, true)
	require.ErrorContains(t, err, "InvalidParameterValueException: The provided execution role does not have permissions to call")
	state, _ = m.state()
	require.Equal(t, disabled, state)
}
