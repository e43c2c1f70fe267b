package apigateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
)

func TestAPIKeyLifecycle(t *testing.T) {
	c := newCloud(t)
	id, state := c.MustDeploy(t, keyType, map[string]any{"description": "a client", "tags": map[string]any{"team": "coffee"}})
	require.Regexp(t, `^[A-Za-z0-9]{40}$`, state["value"])
	require.Regexp(t, `^Logical-[0-9a-f]{7}$`, state["name"])
	require.Equal(t, "arn:aws:apigateway:"+account.Region+"::/apikeys/"+id, state["arn"])
	require.Equal(t, true, state["enabled"])
	require.Equal(t, map[string]any{"team": "coffee"}, state["tagsAll"])
	require.Equal(t, c.Clock.Now().UTC().Format(time.RFC3339), state["createdDate"])

	c.Clock.Advance(time.Hour)
	require.NoError(t, c.Update(t, keyType, id, map[string]any{"name": "client", "enabled": false}))
	after := c.Read(t, keyType, id)
	require.Equal(t, state["value"], after["value"])
	require.Equal(t, state["createdDate"], after["createdDate"])
	require.Equal(t, c.Clock.Now().UTC().Format(time.RFC3339), after["lastUpdatedDate"])
	require.Equal(t, false, after["enabled"])

	require.NoError(t, c.Delete(t, keyType, id))
	require.Nil(t, c.Read(t, keyType, id))
	require.NoError(t, c.Delete(t, keyType, id), "deleting twice is no error")
}

func TestUsageInputsAreChecked(t *testing.T) {
	for name, tc := range map[string]struct {
		kind   string
		inputs map[string]any
		want   string
	}{
		"value":                {keyType, map[string]any{"value": strings.Repeat("a", 20)}, "value is not supported"},
		"marketplace's client": {keyType, map[string]any{"customerId": "x"}, "customerId is not supported"},
		"marketplace's code":   {planType, map[string]any{"productCode": "x"}, "productCode is not supported"},
		"no period":            {planType, map[string]any{"quotaSettings": map[string]any{"limit": 1}}, "quotaSettings.period is required"},
		"method's throttle":    {planType, map[string]any{"apiStages": []any{map[string]any{"apiId": "a", "stage": "prod", "throttles": []any{}}}}, "apiStages[0].throttles is not supported"},
		"type of key":          {planKeyType, map[string]any{"keyId": "a", "usagePlanId": "b", "keyType": "JWT"}, `keyType must be one of ["API_KEY"], got "JWT"`},
		"source of keys":       {apiType, map[string]any{"apiKeySource": "AUTHORIZER"}, "apiKeySource is not supported"},
	} {
		t.Run(name, func(t *testing.T) {
			failures := newCloud(t).Check(t, tc.kind, tc.inputs).GetFailures()
			require.Len(t, failures, 1)
			require.Contains(t, failures[0].GetReason(), tc.want)
		})
	}
}

func TestAPlanNeedsExistingStages(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	_, _, err := a.Deploy(t, planType, map[string]any{"apiStages": []any{map[string]any{"apiId": a.id, "stage": "test"}}})
	require.ErrorContains(t, err, "NotFoundException: API Stage not found: "+a.id+":test")

	plan := a.plan(t, nil)
	state := a.Read(t, planType, plan)
	require.Equal(t, "arn:aws:apigateway:us-east-1::/usageplans/"+plan, state["arn"])
	require.Equal(t, "plan", state["name"])
	require.Len(t, state["apiStages"], 1)
	a.inputs["stageName"] = "test"
	other, _ := a.MustDeploy(t, stageType, a.inputs)
	require.NoError(t, a.Delete(t, stageType, other))
	require.Len(t, a.Read(t, planType, plan)["apiStages"], 1)
	require.NoError(t, a.Delete(t, stageType, a.stage))
	require.ErrorContains(t, a.Update(t, planType, plan, a.planInputs(nil)), "API Stage not found")

	b := a.cloud.deploy(t, keyed(t), nil)
	require.NoError(t, b.Update(t, planType, plan, b.planInputs(nil)))
}

func TestDeletingAPlanRemovesItsKeysFromIt(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	plan := a.plan(t, nil)
	id, key := a.key(t, plan)
	require.NoError(t, a.Delete(t, planType, plan))
	require.NoError(t, a.Delete(t, planType, plan), "deleting twice is no error")
	require.Nil(t, a.Read(t, planType, plan))
	require.Nil(t, a.Read(t, planKeyType, plan+"/"+id))
	require.NoError(t, a.Delete(t, planKeyType, plan+"/"+id))
	require.NotNil(t, a.Read(t, keyType, id))
	require.Equal(t, 403, a.call(t, status, "", "x-api-key", key).status)
	require.ErrorContains(t, a.Update(t, planType, plan, a.planInputs(nil)), "Invalid Usage Plan ID specified")
}

func TestAKeyJoinsAndLeavesPlans(t *testing.T) {
	a := newCloud(t).deploy(t, keyed(t), nil)
	first, second := a.plan(t, nil), a.plan(t, nil)
	id, value := a.key(t, first)
	join := func(key, plan string) error {
		_, _, err := a.Deploy(t, planKeyType, map[string]any{"keyId": key, "keyType": "API_KEY", "usagePlanId": plan})
		return err
	}
	require.ErrorContains(t, join("none", first), "NotFoundException: Invalid API Key identifier specified")
	require.ErrorContains(t, join(id, "none"), "NotFoundException: Invalid Usage Plan ID specified")

	state := a.Read(t, planKeyType, first+"/"+id)
	require.Equal(t, value, state["value"])
	require.Equal(t, id, state["keyId"])
	require.Equal(t, first, state["usagePlanId"])
	require.NoError(t, a.Delete(t, planKeyType, first+"/"+id))
	require.Nil(t, a.Read(t, planKeyType, first+"/"+id))
	require.NoError(t, join(id, second))
	require.NoError(t, a.Delete(t, keyType, id))
	require.Nil(t, a.Read(t, planKeyType, second+"/"+id), "a deleted key is removed from its plans")
}
