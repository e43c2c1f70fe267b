package apigateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/policy"
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
		"stage name":      {stageType, map[string]any{"restApi": "a", "deployment": "b", "stageName": "$default"}, `got "$default"`},
		"stage variable":  {stageType, map[string]any{"restApi": "a", "deployment": "b", "stageName": "prod", "variables": map[string]any{"a": "b"}}, "variables is not supported"},
		"Firehose":        {stageType, log("arn:aws:firehose:us-east-1:123456789012:deliverystream/x", "$context.requestId"), "must be the ARN of a log group"},
		"no request id":   {stageType, log(group, "$context.status"), "must contain $context.requestId"},
		"two lines":       {stageType, log(group, "$context.requestId\n$context.status\n"), "must be one line"},
		"unknown log var": {stageType, log(group, "$context.requestId $context.authorizer.latency"), "$context.authorizer.latency is not supported"},
		"caching":         {settingsType, settings("cachingEnabled", true), "settings.cachingEnabled is not supported"},
		"log level":       {settingsType, settings("loggingLevel", "ERROR"), "settings.loggingLevel is not supported"},
		"method":          {settingsType, map[string]any{"restApi": "a", "stageName": "prod", "methodPath": "order/POST", "settings": map[string]any{}}, `methodPath must be one of ["*/*"]`},
		"rate":            {settingsType, settings("throttlingRateLimit", 20000), "must be -1, or from 0 to 10000"},
		"burst":           {settingsType, settings("throttlingBurstLimit", 6000), "must be from -1 to 5000"},
		"data trace":      {settingsType, settings("dataTraceEnabled", true), "is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			failures := newCloud(t).Check(t, tc.kind, tc.inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), tc.want)
		})
	}
}

func TestRequestsOverTheLimitAreThrottled(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	inputs := map[string]any{"restApi": a.id, "stageName": "prod", "methodPath": "*/*", "settings": map[string]any{
		"throttlingRateLimit": 1, "throttlingBurstLimit": 2, "metricsEnabled": true,
	}}
	id, _ := a.MustDeploy(t, settingsType, inputs)
	statuses := func(line string, n int) (all []int) {
		for range n {
			all = append(all, a.call(t, line, "").status)
		}
		return all
	}

	require.Equal(t, []int{202, 202, 429}, statuses("GET /files/x", 3), "the burst")
	require.Equal(t, []int{202, 202, 429}, statuses("GET /order/1/status", 3), "each method has its own bucket")
	got := a.call(t, "GET /files/x", "")
	require.JSONEq(t, `{"message":"Too Many Requests","type":"THROTTLED"}`, got.body)
	require.Equal(t, "TooManyRequestsException", got.header.Get("x-amzn-ErrorType"))

	a.Clock.Advance(time.Second)
	require.Equal(t, []int{202, 429}, statuses("GET /files/x", 2), "one a second")
	require.Equal(t, []int{202, 429}, statuses("GET /order/1/status", 2))

	require.Equal(t, "*/*", a.Read(t, settingsType, id)["methodPath"])
	require.NoError(t, a.Update(t, settingsType, id, inputs))
	require.Equal(t, []int{429}, statuses("GET /order/1/status", 1), "an update without a change does not refill the bucket")
	require.NoError(t, a.Delete(t, settingsType, id))
	require.Nil(t, a.Read(t, settingsType, id))
	require.Equal(t, []int{202, 202, 202, 202}, statuses("GET /order/1/status", 4), "the account's limit")
}

func TestTheAccountHasALimitToo(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	counts := map[int]int{}
	for range 5001 {
		counts[a.call(t, "OPTIONS /order", "").status]++
	}
	require.Equal(t, map[int]int{200: 5000, 429: 1}, counts)
}

func TestTracedStagesContinueTheTrace(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), map[string]any{"xrayTracingEnabled": true})
	const root = "1-5759e988-bd862e3fe1be46a994272793"
	got := a.call(t, "GET /files/x?secret=1", "", "X-Amzn-Trace-Id", "Root="+root+";Parent=53995c3f42cd8ad8;Sampled=1")
	require.Len(t, a.tracer.segments, 1)
	s := a.tracer.segments[0]
	require.Equal(t, policy.ServicePrincipal("apigateway.amazonaws.com"), a.tracer.by)
	require.Equal(t, root, s.TraceID)
	require.Equal(t, "53995c3f42cd8ad8", s.ParentID)
	require.Equal(t, "orders/prod", s.Name)
	require.Equal(t, "AWS::ApiGateway::Stage", s.Origin)
	require.Equal(t, 202, s.HTTP.Status)
	require.NotContains(t, s.HTTP.URL, "secret")
	want := "Root=" + root + ";Parent=" + s.ID + ";Sampled=1"
	require.Equal(t, want, a.functions.last.TraceHeader)
	require.Equal(t, want, a.functions.event(t)["headers"].(map[string]any)["X-Amzn-Trace-Id"])
	require.Equal(t, want, got.header.Get("X-Amzn-Trace-Id"))

	a.call(t, "GET /files/x", "", "X-Amzn-Trace-Id", "Root="+root+";Sampled=0")
	require.Len(t, a.tracer.segments, 1, "what the client does not sample is not traced")
	require.Equal(t, "Root="+root+";Sampled=0", a.functions.last.TraceHeader)

	a.call(t, "GET /none", "")
	require.Len(t, a.tracer.segments, 2, "the first request of a second is sampled")
	require.True(t, a.tracer.segments[1].Error)
	require.False(t, a.tracer.segments[1].Fault)
}

func TestUntracedStagesPassTheHeaderOn(t *testing.T) {
	a := newCloud(t).deploy(t, document(t), nil)
	a.call(t, "GET /files/x", "", "X-Amzn-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
	require.Equal(t, "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1", a.functions.last.TraceHeader)
	a.call(t, "GET /files/x", "")
	require.Regexp(t, `^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`, a.functions.last.TraceHeader)
	require.Empty(t, a.tracer.segments)
}
