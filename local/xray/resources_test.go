package xray_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	policyType = "aws:xray/resourcePolicy:ResourcePolicy"
	topic      = "arn:aws:sns:us-east-1:123456789012:orders"
)

// allowSNS is a resource policy for one topic.
func allowSNS(topic string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"xray:*","Resource":"*",
		"Condition":{"ArnEquals":{"aws:SourceArn":"` + topic + `"}}}]}`
}

func TestOneOfTheResourcePoliciesMustAllowAService(t *testing.T) {
	c := newCloud(t)
	put := func(service string) error {
		return c.service.PutFor(t.Context(), policy.ServicePrincipal(service), topic,
			xray.Segment{TraceID: xray.NewRoot(c.Clock.Now()), ID: xray.NewID(), Name: "orders", Start: c.Clock.Now()})
	}
	require.Error(t, put("sns.amazonaws.com"))
	c.MustDeploy(t, policyType, map[string]any{"policyName": "other", "policyDocument": allowSNS(topic + "2")})
	require.Error(t, put("sns.amazonaws.com"))
	id, _ := c.MustDeploy(t, policyType, map[string]any{"policyName": "sns", "policyDocument": allowSNS(topic)})
	require.NoError(t, put("sns.amazonaws.com"))
	require.Error(t, put("s3.amazonaws.com"))
	require.NoError(t, c.Update(t, policyType, id, map[string]any{"policyName": "sns", "policyDocument": allowSNS(topic + "3")}))
	require.Error(t, put("sns.amazonaws.com"))
	require.NoError(t, c.Delete(t, policyType, id))
	require.Nil(t, c.Read(t, policyType, id))
}

func TestResourcePoliciesAreChecked(t *testing.T) {
	c := newCloud(t)
	require.Len(t, c.Check(t, policyType, map[string]any{"policyName": "a b", "policyDocument": "{"}).GetFailures(), 2)
	c.MustDeploy(t, policyType, map[string]any{"policyName": "p", "policyDocument": allowSNS(topic)})
	_, _, err := c.Deploy(t, policyType, map[string]any{"policyName": "p", "policyDocument": allowSNS(topic)})
	require.ErrorContains(t, err, "The policy p exists")
}
