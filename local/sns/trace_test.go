package sns

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sns"
	awsxray "github.com/aws/aws-sdk-go-v2/service/xray"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	tracedRoot = "1-5759e988-bd862e3fe1be46a994272793"
	publisher  = "Root=" + tracedRoot + ";Parent=53995c3f42cd8ad8;Sampled=1"
	sampling   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},
		"Action":["xray:PutTraceSegments","xray:GetSamplingRules","xray:GetSamplingTargets"],"Resource":"*",
		"Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"},"StringLike":{"aws:SourceArn":"` + topicARN + `"}}}]}`
)

// traced publishes with a tracing header, and returns the header of the message in the queue and the documents of the trace.
func (c *cloud) traced(t *testing.T, header string) (received string, documents []string) {
	_, err := c.client.Publish(t.Context(), &sdk.PublishInput{TopicArn: aws.String(topicARN), Message: aws.String("m")},
		sdk.WithAPIOptions(smithyhttp.AddHeaderValue("X-Amzn-Trace-Id", header)))
	require.NoError(t, err)
	client := awsxray.NewFromConfig(cloudtest.Config(c.iam.AddAdministrator("reader"), c.url))
	out, err := client.BatchGetTraces(t.Context(), &awsxray.BatchGetTracesInput{TraceIds: []string{tracedRoot}})
	require.NoError(t, err)
	for _, trace := range out.Traces {
		for _, s := range trace.Segments {
			documents = append(documents, *s.Document)
		}
	}
	return c.received(storeARN)[0].Attributes["AWSTraceHeader"], documents
}

// activeTopic makes the topic orders trace actively.
func (c *cloud) activeTopic() {
	c.Service.mu.Lock()
	c.Service.topics[topicARN].args.Tracing = aws.String("Active")
	c.Service.mu.Unlock()
}

func TestAnActiveTopicRecordsASegmentThatItsMessagesContinueFrom(t *testing.T) {
	c := newCloud(t)
	c.subscribe(nil)
	c.activeTopic()
	c.create("aws:xray/resourcePolicy:ResourcePolicy", map[string]any{"policyName": "sns", "policyDocument": sampling})
	received, documents := c.traced(t, publisher)
	require.Len(t, documents, 1)
	require.Contains(t, documents[0], `"parent_id":"53995c3f42cd8ad8"`)
	require.Contains(t, documents[0], `"name":"orders","origin":"AWS::SNS::Topic"`)
	h, ok := xray.ParseHeader(received)
	require.True(t, ok)
	require.True(t, h.Sampled)
	require.Contains(t, documents[0], `"id":"`+h.Parent+`"`)

	attributes, err := c.client.GetTopicAttributes(t.Context(), &sdk.GetTopicAttributesInput{TopicArn: aws.String(topicARN)})
	require.NoError(t, err)
	require.Equal(t, "Active", attributes.Attributes["TracingConfig"])
}

func TestATopicRecordsNothing(t *testing.T) {
	for name, test := range map[string]struct {
		active         bool
		header, policy string
	}{
		"unless it traces actively":             {false, publisher, sampling},
		"of an unsampled publisher":             {true, strings.Replace(publisher, "Sampled=1", "Sampled=0", 1), sampling},
		"for another topic's permission":        {true, publisher, strings.Replace(sampling, topicARN, topicARN+"2", 1)},
		"without all permissions that it needs": {true, publisher, strings.Replace(sampling, "GetSamplingRules", "GetGroup", 1)},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.subscribe(nil)
			if test.active {
				c.activeTopic()
			}
			c.create("aws:xray/resourcePolicy:ResourcePolicy", map[string]any{"policyName": "sns", "policyDocument": test.policy})
			received, documents := c.traced(t, test.header)
			require.Empty(t, documents)
			require.Contains(t, received, "Root="+tracedRoot)
		})
	}
}

func TestTheTracingModeIsAnInputOfATopic(t *testing.T) {
	c := newCloud(t)
	c.create(topicType, map[string]any{"name": "traced", "tracingConfig": "Active"})
	require.NotEmpty(t, c.check(topicType, map[string]any{"name": "traced", "tracingConfig": "Sometimes"}).GetFailures())
}
