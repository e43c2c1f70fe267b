package kms_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestLookAround(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, keyType, map[string]any{"description": "orders", "enableKeyRotation": true, "tags": map[string]any{"a": "b"}})
	arn := state["arn"].(string)
	require.Equal(t, "arn:aws:kms:us-east-1:123456789012:key/"+id, arn)
	require.Equal(t, id, state["keyId"])

	for _, name := range []string{id, arn} {
		key, err := c.client.DescribeKey(t.Context(), &sdk.DescribeKeyInput{KeyId: &name})
		require.NoError(t, err, name)
		require.Equal(t, arn, *key.KeyMetadata.Arn)
		require.Equal(t, "orders", *key.KeyMetadata.Description)
		require.Equal(t, types.KeyStateEnabled, key.KeyMetadata.KeyState)
	}
	policy, err := c.client.GetKeyPolicy(t.Context(), &sdk.GetKeyPolicyInput{KeyId: &id})
	require.NoError(t, err)
	require.Contains(t, *policy.Policy, root)

	_, err = c.client.PutKeyPolicy(t.Context(), &sdk.PutKeyPolicyInput{KeyId: &id, Policy: aws.String("{}")})
	cloudtest.Refused(t, err, "MalformedPolicyDocumentException")
	changed := document(administered(), allow("kms:GetKeyPolicy").to("AWS", root))
	_, err = c.client.PutKeyPolicy(t.Context(), &sdk.PutKeyPolicyInput{KeyId: &id, Policy: &changed})
	require.NoError(t, err)
	policy, err = c.client.GetKeyPolicy(t.Context(), &sdk.GetKeyPolicyInput{KeyId: &id})
	require.NoError(t, err)
	require.Equal(t, changed, *policy.Policy)

	_, err = c.client.DescribeKey(t.Context(), &sdk.DescribeKeyInput{KeyId: aws.String("alias/absent")})
	cloudtest.Refused(t, err, "NotFoundException")
	_, err = c.client.Encrypt(t.Context(), &sdk.EncryptInput{KeyId: &id, Plaintext: []byte("x")})
	cloudtest.Refused(t, err, "UnknownOperationException")
}

func TestEveryOperationNeedsItsPermission(t *testing.T) {
	c := newCloud(t)
	id, _ := c.MustDeploy(t, keyType, map[string]any{})
	_, session := c.Role(t, "nobody", document(allow("s3:GetObject")))
	client := sdk.NewFromConfig(session)
	for action, call := range map[string]func() error{
		"kms:DescribeKey": func() error { _, err := client.DescribeKey(t.Context(), &sdk.DescribeKeyInput{KeyId: &id}); return err },
		"kms:GetKeyPolicy": func() error {
			_, err := client.GetKeyPolicy(t.Context(), &sdk.GetKeyPolicyInput{KeyId: &id})
			return err
		},
		"kms:PutKeyPolicy": func() error {
			_, err := client.PutKeyPolicy(t.Context(), &sdk.PutKeyPolicyInput{KeyId: &id, Policy: aws.String(document(administered()))})
			return err
		},
	} {
		require.Contains(t, cloudtest.Refused(t, call(), "AccessDeniedException"), "perform: "+action+" on resource:")
	}
}
