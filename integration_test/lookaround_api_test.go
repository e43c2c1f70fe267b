package integration_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/require"
)

func TestLookAtFunctions(t *testing.T) {
	f := fanOut(t)
	functions := lambdaClient(t)
	list, err := functions.ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	require.NoError(t, err)
	sizes := map[string]int32{}
	for _, fn := range list.Functions {
		sizes[*fn.FunctionName] = *fn.MemorySize
	}
	for name, memory := range map[string]int32{"publish-order": 512, "store-order": 512, "write-invoice": 128} {
		require.Equal(t, memory, sizes[f.Functions[name].Name], name)
	}
	for name, fn := range f.Functions {
		got, err := functions.GetFunction(t.Context(), &lambda.GetFunctionInput{FunctionName: &fn.Name})
		require.NoError(t, err, name)
		require.Equal(t, fn.LogGroup, *got.Configuration.LoggingConfig.LogGroup)
		require.Contains(t, *got.Configuration.Role, fn.RoleName)
	}
	for name, batch := range map[string]int32{"store-order": 10, "write-invoice": 5} {
		mappings, err := functions.ListEventSourceMappings(t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: aws.String(f.Functions[name].Name)})
		require.NoError(t, err)
		require.Len(t, mappings.EventSourceMappings, 1)
		require.Equal(t, batch, *mappings.EventSourceMappings[0].BatchSize)
		mapping, err := functions.GetEventSourceMapping(t.Context(), &lambda.GetEventSourceMappingInput{UUID: mappings.EventSourceMappings[0].UUID})
		require.NoError(t, err)
		require.Equal(t, "Enabled", *mapping.State)
	}
}

func TestLookAtAsynchronousInvocation(t *testing.T) {
	c := checkerPattern(t)
	functions := lambdaClient(t)
	ship := c.Functions["ship-order"].Name
	config, err := functions.GetFunctionEventInvokeConfig(t.Context(), &lambda.GetFunctionEventInvokeConfigInput{FunctionName: &ship})
	require.NoError(t, err)
	require.Equal(t, queueARN(c.ShipFailuresURL), *config.DestinationConfig.OnFailure.Destination)
}

func TestLookAtRoles(t *testing.T) {
	f := fanOut(t)
	roles := iamClient(t)
	list, err := roles.ListRoles(t.Context(), &iam.ListRolesInput{})
	require.NoError(t, err)
	var names []string
	for _, r := range list.Roles {
		names = append(names, *r.RoleName)
	}
	for _, fn := range f.Functions {
		require.Contains(t, names, fn.RoleName)
		got, err := roles.GetRole(t.Context(), &iam.GetRoleInput{RoleName: &fn.RoleName})
		require.NoError(t, err)
		trust, err := url.PathUnescape(*got.Role.AssumeRolePolicyDocument)
		require.NoError(t, err)
		require.Contains(t, trust, "lambda.amazonaws.com")
	}
}

func TestLookAtAPI(t *testing.T) {
	f := fanOut(t)
	apis := apiGatewayClient(t)
	list, err := apis.GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
	require.NoError(t, err)
	found := ""
	for _, api := range list.Items {
		if strings.Contains(f.URL, *api.Id) {
			found = *api.Id
		}
	}
	require.NotEmpty(t, found, "the API of %s is listed", f.URL)
	api, err := apis.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: &found})
	require.NoError(t, err)
	require.NotEmpty(t, *api.Name)
	stages, err := apis.GetStages(t.Context(), &apigateway.GetStagesInput{RestApiId: &found})
	require.NoError(t, err)
	require.Len(t, stages.Item, 1)
	stage, err := apis.GetStage(t.Context(), &apigateway.GetStageInput{RestApiId: &found, StageName: stages.Item[0].StageName})
	require.NoError(t, err)
	require.Equal(t, "prod", *stage.StageName)
	require.True(t, stage.TracingEnabled)
	deployments, err := apis.GetDeployments(t.Context(), &apigateway.GetDeploymentsInput{RestApiId: &found})
	require.NoError(t, err)
	var ids []string
	for _, d := range deployments.Items {
		ids = append(ids, *d.Id)
	}
	require.Contains(t, ids, *stage.DeploymentId)
	_, err = apis.GetAccount(t.Context(), &apigateway.GetAccountInput{})
	require.NoError(t, err)
}

func TestLookAtAPIKeys(t *testing.T) {
	c := checkerPattern(t)
	skipUnless(t, c.APIKey != "", "an API that requires a key")
	apis := apiGatewayClient(t)
	keys, err := apis.GetApiKeys(t.Context(), &apigateway.GetApiKeysInput{IncludeValues: aws.Bool(true)})
	require.NoError(t, err)
	id := ""
	for _, k := range keys.Items {
		if *k.Value == c.APIKey {
			id = *k.Id
		}
	}
	require.NotEmpty(t, id, "the stack's key is listed")
	key, err := apis.GetApiKey(t.Context(), &apigateway.GetApiKeyInput{ApiKey: &id, IncludeValue: aws.Bool(true)})
	require.NoError(t, err)
	require.Equal(t, c.APIKey, *key.Value)
	plans, err := apis.GetUsagePlans(t.Context(), &apigateway.GetUsagePlansInput{})
	require.NoError(t, err)
	require.Len(t, plans.Items, 1)
	plan, err := apis.GetUsagePlan(t.Context(), &apigateway.GetUsagePlanInput{UsagePlanId: plans.Items[0].Id})
	require.NoError(t, err)
	require.Len(t, plan.ApiStages, 1)
	members, err := apis.GetUsagePlanKeys(t.Context(), &apigateway.GetUsagePlanKeysInput{UsagePlanId: plan.Id})
	require.NoError(t, err)
	require.Len(t, members.Items, 1)
	require.Equal(t, id, *members.Items[0].Id)
}
