package apigateway_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestPlansAndKeysCanBeInspected(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	plan := a.plan(t, map[string]any{
		"throttleSettings": throttle(2.5, 5), "quotaSettings": map[string]any{"limit": 9, "period": "WEEK"},
	})
	a.MustDeploy(t, planType, map[string]any{"name": "other"})
	id, value := a.key(t, plan)
	ctx := t.Context()

	one, err := a.client.GetUsagePlan(ctx, &sdk.GetUsagePlanInput{UsagePlanId: &plan})
	require.NoError(t, err)
	require.Equal(t, "plan", *one.Name)
	require.Equal(t, &types.ThrottleSettings{RateLimit: 2.5, BurstLimit: 5}, one.Throttle)
	require.Equal(t, &types.QuotaSettings{Limit: 9, Period: types.QuotaPeriodTypeWeek}, one.Quota)
	require.Equal(t, []types.ApiStage{{ApiId: &a.id, Stage: aws.String("prod")}}, one.ApiStages)
	plans, err := a.client.GetUsagePlans(ctx, &sdk.GetUsagePlansInput{})
	require.NoError(t, err)
	require.Len(t, plans.Items, 2)
	members, err := a.client.GetUsagePlanKeys(ctx, &sdk.GetUsagePlanKeysInput{UsagePlanId: &plan})
	require.NoError(t, err)
	require.Len(t, members.Items, 1)
	require.Equal(t, id, *members.Items[0].Id)
	require.Equal(t, value, *members.Items[0].Value)
	require.Equal(t, "API_KEY", *members.Items[0].Type)

	keys, err := a.client.GetApiKeys(ctx, &sdk.GetApiKeysInput{})
	require.NoError(t, err)
	require.Len(t, keys.Items, 1)
	require.Nil(t, keys.Items[0].Value, "values are returned only on request")
	keys, err = a.client.GetApiKeys(ctx, &sdk.GetApiKeysInput{IncludeValues: aws.Bool(true)})
	require.NoError(t, err)
	require.Equal(t, value, *keys.Items[0].Value)
	key, err := a.client.GetApiKey(ctx, &sdk.GetApiKeyInput{ApiKey: &id})
	require.NoError(t, err)
	require.Nil(t, key.Value)
	require.True(t, key.Enabled)
	require.WithinDuration(t, a.Clock.Now(), *key.CreatedDate, 1e9)
	key, err = a.client.GetApiKey(ctx, &sdk.GetApiKeyInput{ApiKey: &id, IncludeValue: aws.Bool(true)})
	require.NoError(t, err)
	require.Equal(t, value, *key.Value)
}

func TestUnknownPlansAndKeysAreRefused(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	none := aws.String("none")
	ctx := t.Context()
	_, err := a.client.GetUsagePlan(ctx, &sdk.GetUsagePlanInput{UsagePlanId: none})
	require.Contains(t, cloudtest.Refused(t, err, "NotFoundException"), "Invalid Usage Plan ID specified")
	_, err = a.client.GetUsagePlans(ctx, &sdk.GetUsagePlansInput{KeyId: none})
	require.Contains(t, cloudtest.Refused(t, err, "NotImplemented"), `the parameter "keyId" of GetUsagePlans`)
	_, err = a.client.GetApiKey(ctx, &sdk.GetApiKeyInput{ApiKey: none})
	require.Contains(t, cloudtest.Refused(t, err, "NotFoundException"), "Invalid API Key identifier specified")
	_, err = a.client.GetApiKeys(ctx, &sdk.GetApiKeysInput{NameQuery: none})
	require.Contains(t, cloudtest.Refused(t, err, "NotImplemented"), `the parameter "name" of GetApiKeys`)
	_, config := a.Role(t, "reader", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"apigateway:GET",
		"Resource":"arn:aws:apigateway:us-east-1::/usageplans"}]}`)
	client := sdk.NewFromConfig(config)
	_, err = client.GetUsagePlans(ctx, &sdk.GetUsagePlansInput{})
	require.NoError(t, err)
	_, err = client.GetApiKeys(ctx, &sdk.GetApiKeysInput{IncludeValues: aws.Bool(true)})
	cloudtest.Refused(t, err, "AccessDeniedException")
}
