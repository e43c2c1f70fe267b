package sts_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/sts"
)

func TestGetCallerIdentity(t *testing.T) {
	c := cloudtest.New()
	c.Serve(t, sts.New())
	// No permission is needed, and none can be taken away.
	_, session := c.Role(t, "store", `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)
	for arn, who := range map[string]struct {
		config aws.Config
		id     string
	}{
		"arn:aws:iam::123456789012:user/test":                  {c.Admin, `^AIDA[A-Z2-7]{17}$`},
		"arn:aws:sts::123456789012:assumed-role/store/session": {session, `^AROA[A-Z2-7]{17}:session$`},
	} {
		out, err := sdk.NewFromConfig(who.config).GetCallerIdentity(t.Context(), &sdk.GetCallerIdentityInput{})
		require.NoError(t, err)
		require.Equal(t, arn, *out.Arn)
		require.Equal(t, "123456789012", *out.Account)
		require.Regexp(t, who.id, *out.UserId)
	}
}

func TestOtherOperationsAreRefusedByName(t *testing.T) {
	c := cloudtest.New()
	c.Serve(t, sts.New())
	_, err := sdk.NewFromConfig(c.Admin).AssumeRole(t.Context(), &sdk.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::123456789012:role/admin"), RoleSessionName: aws.String("s")})
	require.Contains(t, cloudtest.Refused(t, err, "InvalidAction"), `"AssumeRole"`)
}
