package kms_test

import (
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestInputsAreCheckedAsKMSDoes(t *testing.T) {
	c := newCloud(t)
	for _, k := range []struct {
		inputs   map[string]any
		property string
	}{
		{map[string]any{"deletionWindowInDays": 6}, "deletionWindowInDays"},
		{map[string]any{"deletionWindowInDays": 31}, "deletionWindowInDays"},
		{map[string]any{"policy": document(allow("kms:*"))}, "policy"},
		{map[string]any{"keyUsage": "SIGN_VERIFY"}, "keyUsage"},
		{map[string]any{"policy": "{}"}, "policy"},
	} {
		failures := c.Check(t, keyType, k.inputs).GetFailures()
		require.Len(t, failures, 1, k)
		require.Equal(t, k.property, failures[0].GetProperty())
	}
}

func TestAKeyWithoutAPolicyLetsIAMDecide(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, keyType, map[string]any{})
	require.Contains(t, state["policy"], root)
	require.NoError(t, c.Update(t, keyType, id, map[string]any{"policy": document(administered())}))
	require.Equal(t, document(administered()), c.Read(t, keyType, id)["policy"])
}

func TestADeletedKeyIsGone(t *testing.T) {
	c := newCloud(t)
	id, _ := c.MustDeploy(t, keyType, map[string]any{"deletionWindowInDays": 7})
	require.NoError(t, c.Delete(t, keyType, id))
	require.Nil(t, c.Read(t, keyType, id))
	_, err := c.client.DescribeKey(t.Context(), &sdk.DescribeKeyInput{KeyId: &id})
	cloudtest.Refused(t, err, "NotFoundException")
}
