package sqs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/fault"
	"github.com/order-patterns/order-patterns/local/policy"
)

var sample = map[string]types.MessageAttributeValue{
	"name":      {DataType: aws.String("String"), StringValue: aws.String("Ünï")},
	"count":     {DataType: aws.String("Number"), StringValue: aws.String("42")},
	"raw.bytes": {DataType: aws.String("Binary.png"), BinaryValue: []byte{0, 1, 255}},
}

func TestAMessageArrivesAsItWasSent(t *testing.T) {
	c := newCloud(t)
	url := c.queueURL(t, "orders", nil)
	const trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"
	// The SDK itself verifies MD5OfMessageBody on both ways.
	sent, err := c.client.SendMessage(t.Context(), &sdk.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("héllo <&>"), MessageAttributes: sample,
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)},
		},
	})
	require.NoError(t, err)
	require.Equal(t, "d9e306cbb268c771bf3c1aaff37250c9", *sent.MD5OfMessageBody)
	require.Equal(t, "6767cd7b8f0ec5dd3a022be4e36be489", *sent.MD5OfMessageAttributes)
	require.Len(t, *sent.MD5OfMessageSystemAttributes, 32)

	receive := func(in sdk.ReceiveMessageInput) types.Message {
		in.QueueUrl, in.VisibilityTimeout = url, 1
		out, err := c.client.ReceiveMessage(t.Context(), &in)
		require.NoError(t, err)
		require.Len(t, out.Messages, 1)
		c.clock.Advance(time.Second)
		return out.Messages[0]
	}
	m := receive(sdk.ReceiveMessageInput{
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	require.Equal(t, *sent.MessageId, *m.MessageId)
	require.Equal(t, "héllo <&>", *m.Body)
	require.Equal(t, *sent.MD5OfMessageAttributes, *m.MD5OfMessageAttributes)
	require.Equal(t, sample, m.MessageAttributes)
	require.Equal(t, trace, m.Attributes["AWSTraceHeader"])
	require.Equal(t, fmt.Sprint(c.clock.Now().Add(-time.Second).UnixMilli()), m.Attributes["SentTimestamp"])
	require.NotEmpty(t, m.Attributes["SenderId"])

	m = receive(sdk.ReceiveMessageInput{
		MessageAttributeNames: []string{"count"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount"},
	})
	require.Equal(t, "2ee5fa915753ff72599b2514463a2897", *m.MD5OfMessageAttributes, "the digest is of the attributes that are returned")
	require.Equal(t, map[string]string{"ApproximateReceiveCount": "2"}, m.Attributes)
	m = receive(sdk.ReceiveMessageInput{MessageAttributeNames: []string{"raw.*"}})
	require.Contains(t, m.MessageAttributes, "raw.bytes")
	require.Len(t, m.MessageAttributes, 1)
	m = receive(sdk.ReceiveMessageInput{})
	require.Empty(t, m.MessageAttributes)
	require.Empty(t, m.Attributes)

	_, err = c.client.DeleteMessage(t.Context(), &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
	require.NoError(t, err)
	out, err := c.client.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: url})
	require.NoError(t, err)
	require.Nil(t, out.Messages)
}

func TestALongPollOverHTTPEndsWithItsMessage(t *testing.T) {
	c := newCloud(t)
	url := c.queueURL(t, "orders", settingsMap{"ReceiveMessageWaitTimeSeconds": "20"})
	done := make(chan *sdk.ReceiveMessageOutput, 1)
	go func() {
		out, _ := c.client.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: url})
		done <- out
	}()
	require.NoError(t, c.clock.BlockUntilContext(t.Context(), 1))
	c.send(t, QueueARN("orders"), "one")
	require.Equal(t, "one", *(<-done).Messages[0].Body)
}

func TestABadRequestIsRefusedByName(t *testing.T) {
	c := newCloud(t)
	url := c.queueURL(t, "orders", settingsMap{"MaximumMessageSize": "1024"})
	body := aws.String("x")
	type (
		send    = sdk.SendMessageInput
		receive = sdk.ReceiveMessageInput
		values  = map[string]types.MessageAttributeValue
	)
	text := func(value string) types.MessageAttributeValue {
		return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
	}
	many := values{}
	for i := range 11 {
		many[fmt.Sprint("a", i)] = text("x")
	}
	for name, test := range map[string]struct {
		in   any
		code string
		want string
	}{
		"no such queue":          {send{QueueUrl: aws.String(c.QueueURL("other")), MessageBody: body}, "AWS.SimpleQueueService.NonExistentQueue", "does not exist"},
		"other account":          {send{QueueUrl: aws.String(c.url + "/999999999999/orders"), MessageBody: body}, "InvalidAddress", "is not valid"},
		"FIFO queue":             {send{QueueUrl: aws.String(*url + ".fifo"), MessageBody: body}, "InvalidAddress", "is not valid"},
		"empty body":             {send{QueueUrl: url, MessageBody: aws.String("")}, "MissingParameter", "MessageBody"},
		"body too long":          {send{QueueUrl: url, MessageBody: aws.String(strings.Repeat("x", 1025))}, "InvalidParameterValue", "shorter than 1024 bytes"},
		"attributes count too":   {send{QueueUrl: url, MessageBody: aws.String(strings.Repeat("x", 1020)), MessageAttributes: values{"a": text("xx")}}, "InvalidParameterValue", "shorter"},
		"control character":      {send{QueueUrl: url, MessageBody: aws.String("a\x00b")}, "InvalidMessageContents", "Invalid characters"},
		"delay":                  {send{QueueUrl: url, MessageBody: body, DelaySeconds: 901}, "InvalidParameterValue", "DelaySeconds"},
		"eleven attributes":      {send{QueueUrl: url, MessageBody: body, MessageAttributes: many}, "InvalidParameterValue", "[11] exceeds"},
		"attribute name":         {send{QueueUrl: url, MessageBody: body, MessageAttributes: values{"aws.x": text("x")}}, "InvalidParameterValue", "aws.x"},
		"attribute name dots":    {send{QueueUrl: url, MessageBody: body, MessageAttributes: values{"a..b": text("x")}}, "InvalidParameterValue", "a..b"},
		"attribute type":         {send{QueueUrl: url, MessageBody: body, MessageAttributes: values{"a": {DataType: aws.String("Text"), StringValue: body}}}, "InvalidParameterValue", "must be String, Number or Binary"},
		"attribute value":        {send{QueueUrl: url, MessageBody: body, MessageAttributes: values{"a": text("")}}, "InvalidParameterValue", "non-empty"},
		"attribute number":       {send{QueueUrl: url, MessageBody: body, MessageAttributes: values{"a": {DataType: aws.String("Number"), StringValue: body}}}, "InvalidParameterValue", "to a number"},
		"list attribute":         {send{QueueUrl: url, MessageBody: body, MessageAttributes: values{"a": {DataType: aws.String("String"), StringListValues: []string{"x"}}}}, "SerializationException", "StringListValues"},
		"fair queue":             {send{QueueUrl: url, MessageBody: body, MessageGroupId: body}, "SerializationException", "MessageGroupId"},
		"eleven messages":        {receive{QueueUrl: url, MaxNumberOfMessages: 11}, "InvalidParameterValue", "MaxNumberOfMessages"},
		"wait":                   {receive{QueueUrl: url, WaitTimeSeconds: 21}, "InvalidParameterValue", "WaitTimeSeconds"},
		"visibility":             {receive{QueueUrl: url, VisibilityTimeout: 43201}, "InvalidParameterValue", "VisibilityTimeout"},
		"system attribute":       {receive{QueueUrl: url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"Sender"}}, "InvalidAttributeName", "Sender"},
		"receipt handle":         {sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")}, "ReceiptHandleIsInvalid", "invalid"},
		"attribute of the queue": {sdk.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Size"}}, "InvalidAttributeName", "Size"},
		"queue name":             {sdk.GetQueueUrlInput{QueueName: aws.String("other")}, "AWS.SimpleQueueService.NonExistentQueue", "does not exist"},
		"queue of another":       {sdk.GetQueueUrlInput{QueueName: aws.String("orders"), QueueOwnerAWSAccountId: aws.String("999999999999")}, "SerializationException", "does not support this parameter"},
		"unset":                  {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settingsMap{}}, "MissingParameter", "Attribute"},
		"set FIFO":               {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settingsMap{"FifoQueue": "true"}}, "InvalidAttributeName", "FifoQueue"},
		"set range":              {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settingsMap{"VisibilityTimeout": "43201"}}, "InvalidAttributeValue", "0 to 43200"},
		"set policy":             {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settingsMap{"Policy": `{"Statement":[]}`}}, "InvalidAttributeValue", "Version"},
		"set redrive":            {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settingsMap{"RedrivePolicy": `{"maxReceiveCount":1}`}}, "InvalidAttributeValue", "deadLetterTargetArn"},
		"set redrive count":      {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: redriveTo(QueueARN("orders"), 1001)}, "InvalidAttributeValue", "1 to 1000"},
		"set redrive target":     {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: redriveTo(QueueARN("none"), 1)}, "InvalidAttributeValue", "target does not exist"},
		"set redrive allow":      {sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settingsMap{"RedriveAllowPolicy": `{"redrivePermission":"byQueue"}`}}, "InvalidAttributeValue", "sourceQueueArns"},
		"move what is no DLQ":    {sdk.StartMessageMoveTaskInput{SourceArn: aws.String(QueueARN("orders"))}, "InvalidParameterValue", "Dead Letter Queue"},
		"move from nowhere":      {sdk.StartMessageMoveTaskInput{SourceArn: aws.String(QueueARN("other"))}, "ResourceNotFoundException", "SourceArn"},
		"not implemented":        {sdk.DeleteQueueInput{QueueUrl: url}, "UnknownOperationException", "DeleteQueue"},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			switch in := test.in.(type) {
			case send:
				_, err = c.client.SendMessage(t.Context(), &in)
			case receive:
				_, err = c.client.ReceiveMessage(t.Context(), &in)
			case sdk.DeleteMessageInput:
				_, err = c.client.DeleteMessage(t.Context(), &in)
			case sdk.GetQueueAttributesInput:
				_, err = c.client.GetQueueAttributes(t.Context(), &in)
			case sdk.GetQueueUrlInput:
				_, err = c.client.GetQueueUrl(t.Context(), &in)
			case sdk.SetQueueAttributesInput:
				_, err = c.client.SetQueueAttributes(t.Context(), &in)
			case sdk.StartMessageMoveTaskInput:
				_, err = c.client.StartMessageMoveTask(t.Context(), &in)
			case sdk.DeleteQueueInput:
				_, err = c.client.DeleteQueue(t.Context(), &in)
			default:
				t.Fatalf("no case for %T", in)
			}
			require.ErrorContains(t, err, test.want)
			require.Equal(t, test.code, code(err))
		})
	}
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(QueueARN("orders")), "no refused message was stored")
}

func TestABatchEntryFailsAlone(t *testing.T) {
	c := newCloud(t)
	url := c.queueURL(t, "orders", nil)
	sent, err := c.client.SendMessageBatch(t.Context(), &sdk.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("a"), MessageBody: aws.String("1")},
		{Id: aws.String("b"), MessageBody: aws.String("\x01")},
		{Id: aws.String("c"), MessageBody: aws.String("3"), DelaySeconds: 900},
	}})
	require.NoError(t, err)
	require.Len(t, sent.Successful, 2)
	require.Equal(t, "c", *sent.Successful[1].Id)
	require.Equal(t, []types.BatchResultErrorEntry{{
		Id: aws.String("b"), SenderFault: true, Code: aws.String("InvalidMessageContents"), Message: sent.Failed[0].Message,
	}}, sent.Failed)

	got, err := c.client.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10})
	require.NoError(t, err)
	require.Len(t, got.Messages, 1)
	require.Equal(t, [3]string{"0", "1", "1"}, c.counts(QueueARN("orders")))
}

func TestAnInvalidBatchIsRefusedAsAWhole(t *testing.T) {
	c := newCloud(t)
	url := c.queueURL(t, "orders", nil)
	entry := func(id string, size int) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: aws.String(strings.Repeat("x", size))}
	}
	eleven := []types.SendMessageBatchRequestEntry{}
	for i := range 11 {
		eleven = append(eleven, entry(fmt.Sprint(i), 1))
	}
	for want, entries := range map[string][]types.SendMessageBatchRequestEntry{
		"EmptyBatchRequest":            {},
		"TooManyEntriesInBatchRequest": eleven,
		"BatchEntryIdsNotDistinct":     {entry("a", 1), entry("a", 1)},
		"InvalidBatchEntryId":          {entry("a b", 1)},
		"BatchRequestTooLong":          {entry("a", 600<<10), entry("b", 600<<10)},
	} {
		_, err := c.client.SendMessageBatch(t.Context(), &sdk.SendMessageBatchInput{QueueUrl: url, Entries: entries})
		require.Equal(t, "AWS.SimpleQueueService."+want, code(err), err)
	}
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(QueueARN("orders")))
}

func TestQueuesAndTheirAttributesAreListed(t *testing.T) {
	c := newCloud(t)
	dlq := c.queue(t, "orders-dlq", nil)
	for _, name := range []string{"orders-a", "orders-b", "orders-c"} {
		c.queue(t, name, redriveTo(dlq, 5))
	}
	got, err := c.client.GetQueueUrl(t.Context(), &sdk.GetQueueUrlInput{QueueName: aws.String("orders-a")})
	require.NoError(t, err)
	require.Equal(t, c.url+"/123456789012/orders-a", *got.QueueUrl)
	list, err := c.client.ListQueues(t.Context(), &sdk.ListQueuesInput{QueueNamePrefix: aws.String("orders-")})
	require.NoError(t, err)
	require.Equal(t, []string{c.QueueURL("orders-a"), c.QueueURL("orders-b"), c.QueueURL("orders-c"), c.QueueURL("orders-dlq")}, list.QueueUrls)

	c.send(t, QueueARN("orders-a"), "1", "2")
	attributes, err := c.client.GetQueueAttributes(t.Context(), &sdk.GetQueueAttributesInput{
		QueueUrl: got.QueueUrl, AttributeNames: []types.QueueAttributeName{"QueueArn", "ApproximateNumberOfMessages", "RedrivePolicy"},
	})
	require.NoError(t, err)
	require.Equal(t, settingsMap{
		"QueueArn": "arn:aws:sqs:us-east-1:123456789012:orders-a", "ApproximateNumberOfMessages": "2",
		"RedrivePolicy": redriveTo(dlq, 5)["RedrivePolicy"],
	}, attributes.Attributes)
	_, err = c.client.SetQueueAttributes(t.Context(), &sdk.SetQueueAttributesInput{QueueUrl: got.QueueUrl, Attributes: settingsMap{"RedrivePolicy": ""}})
	require.NoError(t, err)
	_, err = c.client.PurgeQueue(t.Context(), &sdk.PurgeQueueInput{QueueUrl: got.QueueUrl})
	require.NoError(t, err)
	_, err = c.client.PurgeQueue(t.Context(), &sdk.PurgeQueueInput{QueueUrl: got.QueueUrl})
	require.Equal(t, "AWS.SimpleQueueService.PurgeQueueInProgress", code(err))
	all, err := c.client.GetQueueAttributes(t.Context(), &sdk.GetQueueAttributesInput{QueueUrl: got.QueueUrl, AttributeNames: []types.QueueAttributeName{"All"}})
	require.NoError(t, err)
	require.Equal(t, "0", all.Attributes["ApproximateNumberOfMessages"])
	require.Equal(t, "30", all.Attributes["VisibilityTimeout"])
	require.NotContains(t, all.Attributes, "RedrivePolicy")
}

func TestEveryOperationNeedsItsPermission(t *testing.T) {
	c := newCloud(t)
	url, arn := c.queueURL(t, "orders", nil), aws.String(QueueARN("orders"))
	dlq := c.queue(t, "dlq", nil)
	require.NoError(t, c.configure(c.findARN(*arn), redriveTo(dlq, 1)))
	// allowed makes a client that may perform these actions, by the queue's own policy, and nothing else.
	none, _ := policy.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`, policy.Identity)
	principal := policy.Principal{ARN: "arn:aws:iam::123456789012:user/nobody", Policies: func() []*policy.Document { return []*policy.Document{none} }}
	denied := func(err error) {
		t.Helper()
		var d *policy.DeniedError
		require.ErrorAs(t, err, &d)
	}
	_, err := c.Send(t.Context(), principal, nil, *arn, Message{Body: "x"})
	denied(err)
	_, err = c.Receive(t.Context(), principal, *arn, 1, 0, 0)
	denied(err)
	denied(c.Delete(t.Context(), principal, *arn, nil))
	denied(c.Authorize(t.Context(), principal, nil, "sqs:GetQueueAttributes", *arn))

	user := c.nobody(t)
	for action, call := range map[string]func() error{
		"sendmessage": func() error {
			_, err := user.SendMessage(t.Context(), &sdk.SendMessageInput{QueueUrl: url, MessageBody: url})
			return err
		},
		"receivemessage": func() error {
			_, err := user.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: url})
			return err
		},
		"deletemessage": func() error {
			_, err := user.DeleteMessage(t.Context(), &sdk.DeleteMessageInput{QueueUrl: url, ReceiptHandle: url})
			return err
		},
		"changemessagevisibility": func() error {
			_, err := user.ChangeMessageVisibility(t.Context(), &sdk.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: url})
			return err
		},
		"getqueueurl": func() error {
			_, err := user.GetQueueUrl(t.Context(), &sdk.GetQueueUrlInput{QueueName: aws.String("orders")})
			return err
		},
		"getqueueattributes": func() error {
			_, err := user.GetQueueAttributes(t.Context(), &sdk.GetQueueAttributesInput{QueueUrl: url})
			return err
		},
		"setqueueattributes": func() error {
			_, err := user.SetQueueAttributes(t.Context(), &sdk.SetQueueAttributesInput{QueueUrl: url, Attributes: settingsMap{"DelaySeconds": "1"}})
			return err
		},
		"listqueues": func() error { _, err := user.ListQueues(t.Context(), &sdk.ListQueuesInput{}); return err },
		"purgequeue": func() error { _, err := user.PurgeQueue(t.Context(), &sdk.PurgeQueueInput{QueueUrl: url}); return err },
		"startmessagemovetask": func() error {
			_, err := user.StartMessageMoveTask(t.Context(), &sdk.StartMessageMoveTaskInput{SourceArn: &dlq})
			return err
		},
		"listmessagemovetasks": func() error {
			_, err := user.ListMessageMoveTasks(t.Context(), &sdk.ListMessageMoveTasksInput{SourceArn: &dlq})
			return err
		},
	} {
		err := call()
		require.ErrorContains(t, err, "is not authorized to perform: sqs:"+action+" on resource")
		require.ErrorContains(t, err, "StatusCode: 403")
		require.Equal(t, "AccessDenied", code(err))
	}
}

// nobody is a client whose role has no permissions.
func (c *cloud) nobody(t *testing.T) *sdk.Client {
	e := c.engine(t)
	role := e.create("aws:iam/role:Role", map[string]any{"name": "nobody", "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}`})
	_, creds, err := c.iam.AssumeRole("lambda.amazonaws.com", role.GetProperties().AsMap()["arn"].(string), "x", nil)
	require.NoError(t, err)
	return c.clientFor(creds)
}

func TestTheQueuePolicyDecidesForAnotherService(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", nil)
	sns := policy.ServicePrincipal("sns.amazonaws.com")
	from := func(topic string) error {
		_, err := c.Send(t.Context(), sns, map[string]string{"aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:" + topic}, arn, Message{Body: "x"})
		return err
	}
	require.True(t, ClientSide(from("orders")), "a queue without a policy denies it")
	allow := `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn + `",
		 "Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:sns:us-east-1:123456789012:orders"}}},
		{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"` + arn + `","Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`
	require.NoError(t, c.configure(c.findARN(arn), settingsMap{"Policy": allow}))
	require.NoError(t, from("orders"))
	require.True(t, ClientSide(from("others")))
	c.send(t, arn, "the account's own principals need no such policy")

	_, err := c.Send(t.Context(), sns, nil, QueueARN("gone"), Message{Body: "x"})
	require.Equal(t, "QueueDoesNotExist", code(err))
}

func TestFaultsStrikeBeforeAndAfterTheEffect(t *testing.T) {
	c := newCloud(t)
	arn := c.queue(t, "orders", nil)
	send := func() error {
		_, err := c.Send(t.Context(), c.admin, nil, arn, Message{Body: "x"})
		require.False(t, err != nil && ClientSide(err))
		return err
	}
	remove := c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", Resource: arn, Do: Throttled})
	require.Equal(t, "RequestThrottled", code(send()))
	remove()
	require.Equal(t, [3]string{"0", "0", "0"}, c.counts(arn))
	c.account.Faults.Add(fault.Rule{Action: "sqs:SendMessage", When: fault.After, Times: 1, Do: Unavailable})
	require.Error(t, send())
	require.Equal(t, [3]string{"1", "0", "0"}, c.counts(arn))
	c.account.Faults.Add(fault.Rule{Action: "sqs:ReceiveMessage", When: fault.After, Times: 1, Do: Unavailable})
	_, err := c.client.ReceiveMessage(t.Context(), &sdk.ReceiveMessageInput{QueueUrl: aws.String(c.QueueURL("orders"))})
	require.ErrorContains(t, err, fmt.Sprint("StatusCode: ", http.StatusServiceUnavailable))
	require.Equal(t, [3]string{"0", "1", "0"}, c.counts(arn), "a receive whose answer is lost counts")
}
