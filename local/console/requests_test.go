package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
)

// use serves another page, with settings.
func (w *world) use(t testing.TB, s console.Settings) {
	t.Helper()
	c, err := console.Start(console.Options{Cloud: w.Cloud.Cloud, Settings: s})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	w.base, w.token, _ = strings.Cut(c.URL(), "/#token=")
}

type offers struct {
	Requests []struct{ Component, Title, Method, Path, URL, Body string }
}

type sent struct {
	IDs             []string
	Answers, Errors map[string]int
	Sample          string
}

const component = "test:index:Component"

func TestRequestsOfTheSettingsAndOfTheOtherRoutesAreOffered(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	w.use(t, console.Settings{Requests: []console.Request{
		{Title: "Place an order", Component: component, Method: "POST", Path: "/order", Body: json.RawMessage(`{"order": {"id":"{id}"}}`)},
		{Title: "Of another program", Component: "test:index:Other", Method: "POST", Path: "/order"},
		{Title: "Of a route that is not there", Component: component, Method: "POST", Path: "/orders"},
	}})
	taken := get[offers](t, w, "/api/requests").Requests
	require.Len(t, taken, 1, "OPTIONS is left out")
	require.Equal(t, "Place an order", taken[0].Title)
	require.Equal(t, "shop", taken[0].Component)
	require.Equal(t, s.url+"/order", taken[0].URL)
	require.Equal(t, `{"order": {"id":"{id}"}}`, taken[0].Body)

	w.use(t, console.Settings{})
	taken = get[offers](t, w, "/api/requests").Requests
	require.Len(t, taken, 1)
	require.Equal(t, []string{"POST /order", "POST", "/order", ""}, []string{taken[0].Title, taken[0].Method, taken[0].Path, taken[0].Body})
}

func TestRequestsAreSent(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	w.use(t, console.Settings{Requests: []console.Request{
		{Title: "Place", Component: component, Method: "POST", Path: "/order", Body: json.RawMessage(`{"id":"{id}"}`)},
		{
			Title: "After poison", Component: component, Method: "POST", Path: "/order",
			First: []console.Request{{Method: "POST", Path: "/order", Body: json.RawMessage(`{"poison":"{n}"}`)}},
		},
	}})
	var out sent
	w.do(t, "POST", "/api/requests", map[string]any{"component": "shop", "title": "Place", "count": 120, "parallel": 8}, &out)
	require.Equal(t, map[string]int{"202": 120}, out.Answers)
	require.Empty(t, out.Errors)
	require.Len(t, out.IDs, 100)
	require.EqualValues(t, 120, w.Lambda.Stats(s.take.id).Invocations)

	out = sent{}
	w.do(t, "POST", "/api/requests", map[string]any{"component": "shop", "title": "Place", "body": `{"poison":"{id}"}`}, &out)
	require.Equal(t, map[string]int{"502": 1}, out.Answers)
	require.Len(t, out.IDs, 1, "it may have been accepted")
	require.Contains(t, out.Sample, "Internal server error")

	out = sent{}
	w.do(t, "POST", "/api/requests", map[string]any{"component": "shop", "method": "POST", "path": "/order?a=b", "body": "{}"}, &out)
	require.Equal(t, map[string]int{"202": 1}, out.Answers)
	require.Empty(t, out.IDs, "none was sent, and none came back")

	for want, in := range map[string]map[string]any{
		`title: the component "shop" offers no request "Plaice"`:                                            {"component": "shop", "title": "Plaice"},
		`title: the component "shed" offers no request "Place"`:                                             {"component": "shed", "title": "Place"},
		`path: the component "shop" has no route GET /order`:                                                {"component": "shop", "method": "GET", "path": "/order"},
		`path: the component "shop" has no route POST http://x/order`:                                       {"component": "shop", "method": "POST", "path": "http://x/order"},
		`count: must be from 1 to 10000, got 10001`:                                                         {"component": "shop", "title": "Place", "count": 10001},
		`parallel: must be from 1 to 64, got 65`:                                                            {"component": "shop", "title": "Place", "parallel": 65},
		`the request that comes first, POST /order: answered with 502: {"message":"Internal server error"}`: {"component": "shop", "title": "After poison"},
	} {
		status, problem := w.send(t, "POST", "/api/requests", in, nil)
		require.Equal(t, http.StatusBadRequest, status, want)
		require.Equal(t, want, problem)
	}
}

func TestRequestsHaveASignatureAndAKeyIfTheRouteNeedsThem(t *testing.T) {
	w := newWorld(t)
	take := w.function(t, "safe-take", nil)
	api := w.deploy(t, "aws:apigateway/restApi:RestApi", "safe-api", map[string]any{"body": fmt.Sprintf(`{"openapi":"3.0.1",
		"components":{"securitySchemes":{
			"sigv4":{"type":"apiKey","name":"Authorization","in":"header","x-amazon-apigateway-authtype":"awsSigv4"},
			"api_key":{"type":"apiKey","name":"x-api-key","in":"header"}}},
		"paths":{"/order/{id}":{"put":{"security":[{"sigv4":[]},{"api_key":[]}],
			"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"x"}},
			"x-amazon-apigateway-integration":{"type":"aws_proxy","httpMethod":"POST","uri":%q}}}}}`, uri(take))})
	deployment := w.deploy(t, "aws:apigateway/deployment:Deployment", "safe", map[string]any{"restApi": api.id})
	stage := w.deploy(t, "aws:apigateway/stage:Stage", "safe", map[string]any{"restApi": api.id, "stageName": "prod", "deployment": deployment.id})
	w.deploy(t, "aws:lambda/permission:Permission", "safe-take", map[string]any{
		"function": take.outputs["name"], "action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com",
	})
	plan := w.deploy(t, "aws:apigateway/usagePlan:UsagePlan", "safe", map[string]any{"apiStages": []any{map[string]any{"apiId": api.id, "stage": stage.outputs["stageName"]}}})
	for _, name := range []string{"other", "safe"} {
		key := w.deploy(t, "aws:apigateway/apiKey:ApiKey", name, nil)
		if name == "safe" {
			w.deploy(t, "aws:apigateway/usagePlanKey:UsagePlanKey", name, map[string]any{"keyId": key.id, "keyType": "API_KEY", "usagePlanId": plan.id})
		}
	}
	var out sent
	w.do(t, "POST", "/api/requests", map[string]any{"component": "safe", "method": "PUT", "path": "/order/{id}?a=b+c", "body": `{"a":"é"}`, "count": 2}, &out)
	require.Equal(t, map[string]int{"202": 2}, out.Answers, out.Sample)
	require.Len(t, out.IDs, 2)
}

func TestSettingsAreChecked(t *testing.T) {
	s, err := console.ReadSettings([]byte(`{}`))
	require.NoError(t, err)
	require.Equal(t, console.Record{Name: "request", ID: "requestId", Search: []string{}}, s.Record)
	for want, text := range map[string]string{
		`unknown field "records"`:                                                 `{"records":{}}`,
		`requests[0]: title and component are required`:                           `{"requests":[{"method":"GET","path":"/"}]}`,
		`requests[0]: must have a method, such as POST, and a path that begins`:   `{"requests":[{"title":"t","component":"c","method":"get","path":"/"}]}`,
		`requests[0].first[1]: must have a method, such as POST, and a path that`: `{"requests":[{"title":"t","component":"c","method":"GET","path":"/","first":[{"method":"POST","path":"/"},{"method":"POST","path":"x"}]}]}`,
	} {
		_, err := console.ReadSettings([]byte(text))
		require.ErrorContains(t, err, want)
	}
}
