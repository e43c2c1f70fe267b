package apigateway_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
)

func TestADeploymentIsASnapshot(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	changed := strings.ReplaceAll(document(t), `"/files/{path+}"`, `"/documents/{path+}"`)
	require.NoError(t, a.Update(t, apiType, a.id, map[string]any{"name": "orders", "body": changed}))
	require.Equal(t, 202, a.call(t, "GET /files/x", "").status)
	require.Equal(t, 403, a.call(t, "GET /documents/x", "").status)

	second, _ := a.MustDeploy(t, deploymentType, map[string]any{"restApi": a.id, "triggers": map[string]any{"document": "2"}})
	require.ErrorContains(t, a.Delete(t, deploymentType, a.deployment), "Active stages pointing to this deployment must be moved or deleted")
	a.inputs["deployment"] = second
	require.NoError(t, a.Update(t, stageType, a.stage, a.inputs))
	require.NoError(t, a.Delete(t, deploymentType, a.deployment))
	require.Equal(t, 403, a.call(t, "GET /files/x", "").status)
	require.Equal(t, 202, a.call(t, "GET /documents/x", "").status)
}

func TestResourcesHaveTheOutputsThatProgramsUse(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), map[string]any{"tags": map[string]any{"team": "coffee"}})
	state := a.Read(t, apiType, a.id)
	require.Equal(t, "arn:aws:apigateway:us-east-1::/restapis/"+a.id, state["arn"])
	require.Equal(t, "arn:aws:execute-api:us-east-1:123456789012:"+a.id, state["executionArn"])
	require.Len(t, state["rootResourceId"], 10)
	state = a.Read(t, deploymentType, a.deployment)
	require.Equal(t, a.data.URL+"/"+a.id+"/", state["invokeUrl"])
	require.Equal(t, "arn:aws:execute-api:us-east-1:123456789012:"+a.id+"/", state["executionArn"])
	require.Equal(t, "ags-"+a.id+"-prod", a.stage)
	state = a.Read(t, stageType, a.stage)
	require.Equal(t, "arn:aws:apigateway:us-east-1::/restapis/"+a.id+"/stages/prod", state["arn"])
	require.Equal(t, "arn:aws:execute-api:us-east-1:123456789012:"+a.id+"/prod", state["executionArn"])
	require.Equal(t, a.data.URL+"/"+a.id+"/prod", state["invokeUrl"])
	require.Equal(t, map[string]any{"team": "coffee"}, state["tagsAll"])

	_, _, err := a.Deploy(t, stageType, a.inputs)
	require.ErrorContains(t, err, "Stage already exists")
	require.NoError(t, a.Delete(t, stageType, a.stage))
	require.Nil(t, a.Read(t, stageType, a.stage))
	require.Equal(t, 403, a.call(t, "GET /files/x", "").status)
	require.NoError(t, a.Delete(t, apiType, a.id))
	require.NoError(t, a.Delete(t, apiType, a.id), "deleting twice is no error")
	require.Nil(t, a.Read(t, apiType, a.id))
	require.Nil(t, a.Read(t, deploymentType, a.deployment))
}

func TestInputsAreChecked(t *testing.T) {
	log := func(arn, format string) map[string]any {
		return map[string]any{"restApi": "a", "deployment": "b", "stageName": "prod", "accessLogSettings": map[string]any{"destinationArn": arn, "format": format}}
	}
	settings := func(name string, value any) map[string]any {
		return map[string]any{"restApi": "a", "stageName": "prod", "methodPath": "*/*", "settings": map[string]any{name: value}}
	}
	group := account.ARN("logs", "log-group:api")
	for name, tc := range map[string]struct {
		kind   string
		inputs map[string]any
		want   string
	}{
		"compression":     {apiType, map[string]any{"minimumCompressionSize": "0"}, "minimumCompressionSize is not supported"},
		"merge":           {apiType, map[string]any{"putRestApiMode": "merge"}, "putRestApiMode is not supported"},
		"private":         {apiType, map[string]any{"endpointConfiguration": map[string]any{"types": "PRIVATE"}}, `got "PRIVATE"`},
		"canary":          {stageType, map[string]any{"restApi": "a", "deployment": "b", "stageName": "prod", "canarySettings": map[string]any{}}, "canarySettings is not supported"},
		"cache":           {stageType, map[string]any{"restApi": "a", "deployment": "b", "stageName": "prod", "cacheClusterEnabled": true}, "cacheClusterEnabled is not supported"},
		"stage variable":  {stageType, map[string]any{"restApi": "a", "deployment": "b", "stageName": "prod", "variables": map[string]any{"a": "b"}}, "variables is not supported"},
		"Firehose":        {stageType, log("arn:aws:firehose:us-east-1:123456789012:deliverystream/x", "$context.requestId"), "must be the ARN of a log group"},
		"unknown log var": {stageType, log(group, "$context.requestId $context.authorizer.claims.sub"), "$context.authorizer.claims.sub is not supported"},
		"caching":         {settingsType, settings("cachingEnabled", true), "settings.cachingEnabled is not supported"},
		"log level":       {settingsType, settings("loggingLevel", "ERROR"), "settings.loggingLevel is not supported"},
		"data trace":      {settingsType, settings("dataTraceEnabled", true), "is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			failures := newCloud(t).Check(t, tc.kind, tc.inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), tc.want)
		})
	}
}
