package apigateway_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
)

func TestAPIsCanBeInspected(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), map[string]any{"xrayTracingEnabled": true})
	a.MustDeploy(t, settingsType, map[string]any{"restApi": a.id, "stageName": "prod", "methodPath": "*/*", "settings": map[string]any{"throttlingRateLimit": 5}})
	ctx := t.Context()

	apis, err := a.client.GetRestApis(ctx, &sdk.GetRestApisInput{})
	require.NoError(t, err)
	require.Len(t, apis.Items, 1)
	require.Equal(t, a.id, *apis.Items[0].Id)
	one, err := a.client.GetRestApi(ctx, &sdk.GetRestApiInput{RestApiId: &a.id})
	require.NoError(t, err)
	require.Equal(t, "orders", *one.Name)
	require.WithinDuration(t, a.Clock.Now(), *one.CreatedDate, 1e9)
	stages, err := a.client.GetStages(ctx, &sdk.GetStagesInput{RestApiId: &a.id})
	require.NoError(t, err)
	require.Len(t, stages.Item, 1)
	stage, err := a.client.GetStage(ctx, &sdk.GetStageInput{RestApiId: &a.id, StageName: aws.String("prod")})
	require.NoError(t, err)
	require.Equal(t, a.deployment, *stage.DeploymentId)
	require.True(t, stage.TracingEnabled)
	require.Equal(t, 5.0, stage.MethodSettings["*/*"].ThrottlingRateLimit)
	deployments, err := a.client.GetDeployments(ctx, &sdk.GetDeploymentsInput{RestApiId: &a.id})
	require.NoError(t, err)
	require.Equal(t, a.deployment, *deployments.Items[0].Id)
	setting, err := a.client.GetAccount(ctx, &sdk.GetAccountInput{})
	require.NoError(t, err)
	require.Nil(t, setting.CloudwatchRoleArn)
	require.EqualValues(t, 5000, setting.ThrottleSettings.BurstLimit)
}

func TestUnknownIdsAndParametersAreRefused(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	ctx := t.Context()
	_, err := a.client.GetRestApi(ctx, &sdk.GetRestApiInput{RestApiId: aws.String("none")})
	require.Contains(t, cloudtest.Refused(t, err, "NotFoundException"), "Invalid API identifier specified 123456789012:none")
	_, err = a.client.GetStage(ctx, &sdk.GetStageInput{RestApiId: &a.id, StageName: aws.String("none")})
	require.Contains(t, cloudtest.Refused(t, err, "NotFoundException"), "Invalid stage identifier specified")
	_, err = a.client.GetRestApis(ctx, &sdk.GetRestApisInput{Limit: aws.Int32(5)})
	require.Contains(t, cloudtest.Refused(t, err, "NotImplemented"), `the parameter "limit" of GetRestApis`)
	_, err = a.client.CreateRestApi(ctx, &sdk.CreateRestApiInput{Name: aws.String("x")})
	require.Contains(t, cloudtest.Refused(t, err, "UnknownOperationException"), "POST /restapis")
}

func TestReadingNeedsPermission(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	_, config := a.Role(t, "reader", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"apigateway:GET",
		"Resource":"arn:aws:apigateway:us-east-1::/restapis/`+a.id+`/stages/*"}]}`)
	client := sdk.NewFromConfig(config)
	_, err := client.GetStage(t.Context(), &sdk.GetStageInput{RestApiId: &a.id, StageName: aws.String("prod")})
	require.NoError(t, err)
	_, err = client.GetRestApis(t.Context(), &sdk.GetRestApisInput{})
	require.Contains(t, cloudtest.Refused(t, err, "AccessDeniedException"), "apigateway:GET on resource: arn:aws:apigateway:us-east-1::/restapis")
}
