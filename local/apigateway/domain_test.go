package apigateway_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/stretchr/testify/require"
)

const (
	domainType  = "aws:apigateway/domainName:DomainName"
	mappingType = "aws:apigateway/basePathMapping:BasePathMapping"
)

func domainInputs() map[string]any {
	return map[string]any{
		"domainName": "api.example.com", "regionalCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/x",
		"endpointConfiguration": map[string]any{"types": "REGIONAL"}, "securityPolicy": "TLS_1_2",
	}
}

// ask sends GET path to the address of all APIs with a header Host.
func (c *cloud) ask(t testing.TB, host, path string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.data.URL+path, nil)
	require.NoError(t, err)
	r.Host = host
	return send(t, r)
}

func TestADomainServesTheStageOfItsMapping(t *testing.T) {
	c := newCloud(t)
	a := c.deploy(t, document(t), nil)
	_, state := c.MustDeploy(t, domainType, domainInputs())
	require.Equal(t, "Z1UJRXOUMOOFQ8", state["regionalZoneId"])
	require.Regexp(t, `^d-[a-z0-9]{10}\.execute-api\.us-east-1\.amazonaws\.com$`, state["regionalDomainName"])
	require.Equal(t, 403, c.ask(t, "api.example.com", "/order/1/status").status, "without a mapping")

	mapping := map[string]any{"domainName": "api.example.com", "restApi": a.id, "stageName": "prod"}
	root, _ := c.MustDeploy(t, mappingType, mapping)
	require.Equal(t, 202, c.ask(t, "api.example.com", "/order/1/status").status)
	require.Equal(t, 202, c.ask(t, "API.example.com:443", "/order/1/status").status)
	event := c.functions.event(t)
	require.Equal(t, "/order/1/status", event["path"])
	require.Equal(t, "/order/1/status", event["requestContext"].(map[string]any)["path"])
	require.Equal(t, 403, c.ask(t, "other.example.com", "/order/1/status").status)
	require.Equal(t, 202, a.call(t, status, "").status, "the API's own address")

	require.NoError(t, c.Delete(t, mappingType, root))
	require.Equal(t, 403, c.ask(t, "api.example.com", "/order/1/status").status)
	require.NoError(t, c.Delete(t, domainType, "api.example.com"))
	require.Nil(t, c.Read(t, mappingType, root))
}

func TestADisabledEndpointLeavesTheDomain(t *testing.T) {
	c := newCloud(t)
	inputs := map[string]any{"body": document(t)}
	a := c.deployWith(t, inputs)
	c.MustDeploy(t, domainType, domainInputs())
	c.MustDeploy(t, mappingType, map[string]any{"domainName": "api.example.com", "restApi": a.id, "stageName": "prod"})
	inputs["disableExecuteApiEndpoint"] = true
	require.NoError(t, c.Update(t, apiType, a.id, inputs))
	require.Equal(t, 202, a.call(t, status, "").status, "it takes effect with the next change of the stage")
	a.inputs["xrayTracingEnabled"] = true
	require.NoError(t, c.Update(t, stageType, a.stage, a.inputs))
	got := a.call(t, status, "")
	require.Equal(t, 403, got.status)
	require.JSONEq(t, `{"message":"Forbidden"}`, got.body)
	require.Equal(t, 202, c.ask(t, "api.example.com", "/order/1/status").status)
}

func TestInputsOfDomainsAreChecked(t *testing.T) {
	c := newCloud(t)
	edge := domainInputs()
	edge["endpointConfiguration"] = map[string]any{"types": "EDGE"}
	none := domainInputs()
	delete(none, "endpointConfiguration")
	wildcard := domainInputs()
	wildcard["domainName"] = "*.example.com"
	for want, tc := range map[string]struct {
		kind   string
		inputs map[string]any
	}{
		`must be one of ["REGIONAL"]`:       {domainType, edge},
		"endpointConfiguration is required": {domainType, none},
		"a domain name in lower case":       {domainType, wildcard},
		"basePath is not supported":         {mappingType, map[string]any{"domainName": "a.b.com", "restApi": "x", "stageName": "prod", "basePath": "v1"}},
		"stageName is required":             {mappingType, map[string]any{"domainName": "a.b.com", "restApi": "x"}},
	} {
		failures := c.Check(t, tc.kind, tc.inputs).GetFailures()
		require.Len(t, failures, 1, want)
		require.Contains(t, failures[0].GetProperty()+" "+failures[0].GetReason(), want)
	}
	_, _, err := c.Deploy(t, mappingType, map[string]any{"domainName": "a.b.com", "restApi": "x", "stageName": "prod"})
	require.ErrorContains(t, err, "NotFoundException")
}

func TestSettingsOfOneMethodReplaceThoseOfAll(t *testing.T) {
	c := newCloud(t)
	a := c.deploy(t, document(t), nil)
	settings := func(path string, burst int) map[string]any {
		return map[string]any{"restApi": a.id, "stageName": "prod", "methodPath": path, "settings": map[string]any{"throttlingRateLimit": 0.001, "throttlingBurstLimit": burst}}
	}
	allowed := func(line string) (n int) {
		for ; n < 9 && a.call(t, line, `{"order":{"accountid":"a0","vendorid":"v0"}}`).status != 429; n++ {
		}
		return n
	}
	_, _ = c.MustDeploy(t, settingsType, settings("*/*", 2))
	post, _ := c.MustDeploy(t, settingsType, settings("order/POST", 3))
	nested, _ := c.MustDeploy(t, settingsType, settings("~1order~1{orderid}~1status/GET", 1))
	require.Equal(t, 3, allowed("POST /order"))
	require.Equal(t, 2, allowed("GET /order?accountid=a&vendorid=v"))
	require.Equal(t, 1, allowed(status))

	out, err := c.client.GetStage(t.Context(), &sdk.GetStageInput{RestApiId: &a.id, StageName: aws.String("prod")})
	require.NoError(t, err)
	require.Len(t, out.MethodSettings, 3)
	require.EqualValues(t, 3, out.MethodSettings["order/POST"].ThrottlingBurstLimit)

	require.NoError(t, c.Update(t, settingsType, post, settings("order/POST", 4)))
	require.Equal(t, 4, allowed("POST /order"))
	require.NoError(t, c.Delete(t, settingsType, post))
	require.NoError(t, c.Delete(t, settingsType, nested))
	require.Nil(t, c.Read(t, settingsType, post))
	require.Equal(t, 2, allowed(status), "those of all methods")
}
