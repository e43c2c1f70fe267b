package apigateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"
)

// keyed is the test's document in which all methods of /order except the preflight require an API key.
func keyed(t testing.TB) string {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(document(t)), &doc))
	doc["components"].(map[string]any)["securitySchemes"] = map[string]any{
		"api_key": map[string]any{"type": "apiKey", "name": "x-api-key", "in": "header"},
	}
	for path, item := range doc["paths"].(map[string]any) {
		for verb, operation := range item.(map[string]any) {
			if strings.HasPrefix(path, "/order") && verb != "options" {
				operation.(map[string]any)["security"] = []any{map[string]any{"api_key": []any{}}}
			}
		}
	}
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	return string(text)
}

// plan makes a usage plan for the stage, with these additional inputs.
func (a *api) plan(t testing.TB, inputs map[string]any) string {
	t.Helper()
	id, _ := a.MustDeploy(t, planType, a.planInputs(inputs))
	return id
}

func (a *api) planInputs(inputs map[string]any) map[string]any {
	all := map[string]any{"name": "plan", "apiStages": []any{map[string]any{"apiId": a.id, "stage": "prod"}}}
	maps.Copy(all, inputs)
	return all
}

// key makes an API key in these plans, and returns its id and value.
func (c *cloud) key(t testing.TB, plans ...string) (id, value string) {
	t.Helper()
	id, state := c.MustDeploy(t, keyType, map[string]any{})
	for _, p := range plans {
		c.MustDeploy(t, planKeyType, map[string]any{"keyId": id, "keyType": "API_KEY", "usagePlanId": p})
	}
	return id, state["value"].(string)
}

const status = "GET /order/1/status"

// statuses are those of n calls with a key.
func (a *api) statuses(t testing.TB, line, key string, n int) (all []int) {
	t.Helper()
	for range n {
		all = append(all, a.call(t, line, "", "x-api-key", key).status)
	}
	return all
}

func throttle(rate float64, burst int) map[string]any {
	return map[string]any{"rateLimit": rate, "burstLimit": burst}
}

func TestAMethodThatRequiresAKeyAcceptsOnlyKeysOfThePlan(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	other := a.cloud.deploy(t, keyed(t), nil)
	plan := a.plan(t, nil)
	id, good := a.key(t, plan)
	_, elsewhere := a.key(t, other.plan(t, nil))
	_, inNone := a.key(t)
	disabledID, disabled := a.key(t, plan)
	require.NoError(t, a.Update(t, keyType, disabledID, map[string]any{"name": "off", "enabled": false}))

	for name, key := range map[string]string{
		"none": "", "unknown": "x" + good, "in no plan": inNone, "of another API's plan": elsewhere, "disabled": disabled,
	} {
		got := a.call(t, status, "", "x-api-key", key)
		require.Equal(t, 403, got.status, name)
		require.JSONEq(t, `{"message":"Forbidden","type":"INVALID_API_KEY"}`, got.body, name)
		require.Equal(t, "ForbiddenException", got.header.Get("x-amzn-ErrorType"), name)
	}
	require.Equal(t, 403, a.call(t, status, "").status, "without the header")
	require.Equal(t, 403, a.call(t, "POST /order", "{").status, "the key is checked before the body")
	require.Zero(t, a.functions.calls)

	require.Equal(t, 202, a.call(t, status, "", "X-API-Key", good).status)
	require.Equal(t, 200, a.call(t, "OPTIONS /order", "").status, "a preflight has no key")
	require.NoError(t, a.Update(t, keyType, id, map[string]any{"name": "off", "enabled": false}))
	require.Equal(t, 403, a.call(t, status, "", "x-api-key", good).status, "disabled later")
	require.NoError(t, a.Update(t, keyType, id, map[string]any{"name": "on"}))
	require.Equal(t, 202, a.call(t, status, "", "x-api-key", good).status)
	require.NoError(t, a.Delete(t, planKeyType, plan+"/"+id))
	require.Equal(t, 403, a.call(t, status, "", "x-api-key", good).status, "removed from the plan")
}

func TestUsagePlanErrorsAreThoseOfAWS(t *testing.T) {
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(keyed(t)), &doc))
	delete(doc, "x-amazon-apigateway-gateway-responses")
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	a := newCloud(t).deploy(t, string(text), nil)
	_, slow := a.key(t, a.plan(t, map[string]any{"throttleSettings": throttle(0, 0)}))
	for _, tc := range []struct {
		key       string
		status    int
		body      string
		errorType string
	}{
		{"", 403, `{"message":"Forbidden"}`, "ForbiddenException"},
		{slow, 429, `{"message":"Too Many Requests"}`, "TooManyRequestsException"},
	} {
		got := a.call(t, status, "", "x-api-key", tc.key)
		require.Equal(t, tc.status, got.status)
		require.JSONEq(t, tc.body, got.body)
		require.Equal(t, tc.errorType, got.header.Get("x-amzn-ErrorType"))
	}
}

func TestTheDocumentCanChangeUsagePlanErrors(t *testing.T) {
	responses := `"x-amazon-apigateway-gateway-responses":{
		"INVALID_API_KEY":{"statusCode":401,"responseTemplates":{"application/json":"{\"why\":\"who are you?\"}"}},
		"QUOTA_EXCEEDED":{"statusCode":402},"THROTTLED":{"statusCode":402,"responseParameters":{"gatewayresponse.header.X-Pay":"'more'"}},`
	a := newCloud(t).deploy(t, strings.Replace(keyed(t), `"x-amazon-apigateway-gateway-responses":{`, responses, 1), nil)
	_, slow := a.key(t, a.plan(t, map[string]any{"throttleSettings": throttle(0, 0)}))
	got := a.call(t, status, "")
	require.Equal(t, 401, got.status)
	require.JSONEq(t, `{"why":"who are you?"}`, got.body)
	got = a.call(t, status, "", "x-api-key", slow)
	require.Equal(t, 402, got.status)
	require.Equal(t, "more", got.header.Get("X-Pay"))
	require.JSONEq(t, `{"message":"Too Many Requests"}`, got.body)
}

func TestAPlanThrottlesEachKeySeparately(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	plan := a.plan(t, map[string]any{"throttleSettings": throttle(1, 2)})
	_, first := a.key(t, plan)
	_, second := a.key(t, plan)

	require.Equal(t, []int{202, 202, 429}, a.statuses(t, status, first, 3))
	got := a.call(t, status, "", "x-api-key", first)
	require.JSONEq(t, `{"message":"Too Many Requests","type":"THROTTLED"}`, got.body)
	require.Equal(t, "TooManyRequestsException", got.header.Get("x-amzn-ErrorType"))
	require.Equal(t, []int{202, 202, 429}, a.statuses(t, status, second, 3), "another key has its own bucket")
	a.Clock.Advance(time.Second)
	require.Equal(t, []int{202, 429}, a.statuses(t, status, first, 2))

	require.NoError(t, a.Update(t, planType, plan, a.planInputs(map[string]any{"tags": map[string]any{"team": "coffee"}, "throttleSettings": throttle(1, 2)})))
	require.Equal(t, []int{429}, a.statuses(t, status, first, 1), "an unrelated change does not refill the bucket")
	require.NoError(t, a.Update(t, planType, plan, a.planInputs(map[string]any{"throttleSettings": throttle(1, 3)})))
	require.Equal(t, []int{202, 202, 202, 429}, a.statuses(t, status, first, 4), "a new limit is a new bucket")
	require.NoError(t, a.Update(t, planType, plan, a.planInputs(nil)))
	require.Equal(t, []int{202, 202, 202, 202}, a.statuses(t, status, first, 4), "no limit")
}

func TestAPlansLimitIsSharedByItsStages(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	b := a.cloud.deploy(t, keyed(t), nil)
	both := []any{map[string]any{"apiId": a.id, "stage": "prod"}, map[string]any{"apiId": b.id, "stage": "prod"}}
	_, key := a.key(t, a.plan(t, map[string]any{"apiStages": both, "throttleSettings": throttle(0.5, 2)}))
	require.Equal(t, []int{202}, a.statuses(t, status, key, 1))
	require.Equal(t, []int{202, 429}, b.statuses(t, status, key, 2))
	require.Equal(t, []int{429}, a.statuses(t, status, key, 1))
}

func TestAStagesLimitComesAfterThePlans(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	a.MustDeploy(t, settingsType, map[string]any{"restApi": a.id, "stageName": "prod", "methodPath": "*/*", "settings": map[string]any{"throttlingRateLimit": 1, "throttlingBurstLimit": 2}})
	_, slow := a.key(t, a.plan(t, map[string]any{"throttleSettings": throttle(1, 1)}))
	_, fast := a.key(t, a.plan(t, nil))
	require.Equal(t, []int{202, 429, 429, 429}, a.statuses(t, status, slow, 4))
	require.Equal(t, []int{202, 429}, a.statuses(t, status, fast, 2), "a throttled client uses nothing of the shared limit")
}

func TestWithoutTheRequirementPlansAreBypassed(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	_, key := a.key(t, a.plan(t, map[string]any{"throttleSettings": throttle(0, 1)}))
	require.Equal(t, []int{202, 202, 202}, a.statuses(t, "GET /files/x", key, 3))
	identity := a.functions.event(t)["requestContext"].(map[string]any)["identity"]
	require.NotContains(t, identity, "apiKey")
	require.NotContains(t, identity, "apiKeyId")
	require.Equal(t, []int{202}, a.statuses(t, status, key, 1), "nothing was counted")
}

func TestFunctionsAndLogsGetTheIdOfTheKey(t *testing.T) {
	c := newCloud(t)
	c.MustDeploy(t, accountType, map[string]any{"cloudwatchRoleArn": c.role(t, "logger", "apigateway.amazonaws.com", pushToLogs)})
	c.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": "api"})
	a := c.deploy(t, keyed(t), accessLogs("$context.requestId $context.status $context.identity.apiKeyId $context.error.responseType"))
	id, key := a.key(t, a.plan(t, map[string]any{"throttleSettings": throttle(0, 1)}))
	ok := a.call(t, status, "", "x-api-key", key)
	var event events.APIGatewayProxyRequest
	require.NoError(t, json.Unmarshal(a.functions.last.Payload, &event))
	require.Equal(t, key, event.RequestContext.Identity.APIKey)
	require.Equal(t, id, event.RequestContext.Identity.APIKeyID)
	refused := a.call(t, status, "", "x-api-key", key)
	unknown := a.call(t, status, "")
	require.NoError(t, a.gateway.Close())
	require.Equal(t, []string{
		ok.header.Get("x-amzn-RequestId") + " 202 " + id + " -",
		refused.header.Get("x-amzn-RequestId") + " 429 " + id + " THROTTLED",
		unknown.header.Get("x-amzn-RequestId") + " 403 - INVALID_API_KEY",
	}, a.lines(t))
}

func TestRequestsAtTheSameTimeAreAllCounted(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	plan := a.plan(t, map[string]any{"throttleSettings": throttle(0, 50)})
	_, key := a.key(t, plan)
	var mu sync.Mutex
	counts := map[int]int{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				got := a.call(t, status, "", "x-api-key", key).status
				mu.Lock()
				counts[got]++
				mu.Unlock()
			}
		})
	}
	for i := range 20 {
		require.NoError(t, a.Update(t, planType, plan, a.planInputs(map[string]any{
			"throttleSettings": throttle(0, 50), "tags": map[string]any{"round": fmt.Sprint(i)},
		})))
	}
	all.Wait()
	require.Equal(t, map[int]int{202: 50, 429: 30}, counts)
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
	require.Equal(t, []int{202, 429}, statuses("GET /files/x", 2), "one per second")
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
