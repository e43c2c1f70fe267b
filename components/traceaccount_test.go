package components_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

func TestTheTopicsOfTheAccountMayRecordTraces(t *testing.T) {
	const policyType = "aws:xray/resourcePolicy:ResourcePolicy"
	c := &cloud{partition: "aws-cn"}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		_, err := components.NewTraceAccount(ctx, "trace-account", nil)
		return err
	}))
	// Another stack's policy has another name.
	require.Equal(t, "project-stack-trace-account", c.inputs(t, policyType, "trace-account")["policyName"])
	require.Equal(t, []any{map[string]any{
		"Sid": "TopicsRecord", "Effect": "Allow", "Principal": map[string]any{"Service": "sns.amazonaws.com"}, "Resource": []any{"*"},
		"Action": []any{"xray:PutTraceSegments", "xray:GetSamplingRules", "xray:GetSamplingTargets"},
		"Condition": map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": "123456789012"},
			"StringLike":   map[string]any{"aws:SourceArn": "arn:aws-cn:sns:eu-west-1:123456789012:*"},
		},
	}}, c.document(t, policyType, "trace-account", "policyDocument")["Statement"])
}

func TestEveryTopicTraces(t *testing.T) {
	each(t, common{}, func(t *testing.T, _ string, c *cloud) {
		for key, r := range c.registered {
			if r.TypeToken == topicType {
				has(t, r.Inputs.Mappable(), map[string]any{"tracingConfig": "Active"})
			}
			require.NotEqual(t, "aws:xray/resourcePolicy:ResourcePolicy", r.TypeToken, key)
		}
	})
}
