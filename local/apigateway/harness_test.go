package apigateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/apigateway"
	"github.com/order-patterns/order-patterns/local/internal/cloudtest"
	"github.com/order-patterns/order-patterns/local/lambda"
	"github.com/order-patterns/order-patterns/local/logs"
	"github.com/order-patterns/order-patterns/local/policy"
	"github.com/order-patterns/order-patterns/local/xray"
)

const (
	apiType        = "aws:apigateway/restApi:RestApi"
	deploymentType = "aws:apigateway/deployment:Deployment"
	stageType      = "aws:apigateway/stage:Stage"
	settingsType   = "aws:apigateway/methodSettings:MethodSettings"
	accountType    = "aws:apigateway/account:Account"
	planType       = "aws:apigateway/usagePlan:UsagePlan"
	keyType        = "aws:apigateway/apiKey:ApiKey"
	planKeyType    = "aws:apigateway/usagePlanKey:UsagePlanKey"
)

// functions answer every invocation with the test's function, and record the last.
type functions struct {
	mu     sync.Mutex
	last   lambda.Invocation
	calls  int
	answer func(context.Context, lambda.Invocation) (lambda.Result, error)
}

func (f *functions) Invoke(ctx context.Context, in lambda.Invocation) (lambda.Result, error) {
	f.mu.Lock()
	f.last = in
	f.calls++
	answer := f.answer
	f.mu.Unlock()
	return answer(ctx, in)
}

func (f *functions) event(t testing.TB) map[string]any {
	t.Helper()
	var event map[string]any
	require.NoError(t, json.Unmarshal(f.last.Payload, &event))
	return event
}

// returns makes every function answer with this payload.
func (f *functions) returns(payload string) {
	f.fails(lambda.Result{Payload: []byte(payload), RequestID: "8f7e", ExecutedVersion: "$LATEST"}, nil)
}

func (f *functions) fails(result lambda.Result, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = func(context.Context, lambda.Invocation) (lambda.Result, error) { return result, err }
}

// states answer every action with the test's function, and record the last.
type states struct {
	mu     sync.Mutex
	by     policy.Principal
	action string
	body   string
	calls  int
	answer func(context.Context, policy.Principal, []byte) (int, []byte)
}

func (s *states) Call(ctx context.Context, p policy.Principal, action, _ string, body []byte) (int, []byte) {
	s.mu.Lock()
	s.by, s.action, s.body = p, action, string(body)
	s.calls++
	answer := s.answer
	s.mu.Unlock()
	if answer == nil {
		return http.StatusOK, []byte("{}")
	}
	return answer(ctx, p, body)
}

// returns makes every action answer with this.
func (s *states) returns(status int, body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = func(context.Context, policy.Principal, []byte) (int, []byte) { return status, []byte(body) }
}

// cloud has an API Gateway with real roles and logs, and fakes of the functions and services that stages call.
type cloud struct {
	*cloudtest.Cloud
	gateway   *apigateway.Service
	functions *functions
	states    *states
	tracer    *tracer
	logs      *logs.Service
	data      *httptest.Server
	client    *sdk.Client
}

// tracer records the segments.
type tracer struct {
	*xray.Service
	mu       sync.Mutex
	segments []xray.Segment
	by       policy.Principal
}

func (r *tracer) Put(_ context.Context, p policy.Principal, segments ...xray.Segment) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by = p
	r.segments = append(r.segments, segments...)
	return nil
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	c := &cloud{Cloud: cloudtest.New(), functions: &functions{}, states: &states{}}
	c.functions.returns(`{"statusCode":202,"body":"{}"}`)
	c.tracer = &tracer{Service: xray.New(c.Account)}
	c.logs = logs.New(c.Account)
	c.gateway = apigateway.New(c.Account, apigateway.Dependencies{
		Functions: c.functions, Actions: map[string]apigateway.Actions{"states": c.states}, Logs: c.logs, Traces: c.tracer, Roles: c.IAM,
		BaseURL: func() string { return c.data.URL },
	})
	c.data = httptest.NewServer(c.gateway.Handler())
	t.Cleanup(c.data.Close)
	t.Cleanup(func() { require.NoError(t, c.gateway.Close()) })
	c.Serve(t, c.gateway, c.logs)
	c.client = sdk.NewFromConfig(c.Admin)
	return c
}

func document(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/orders.json")
	require.NoError(t, err)
	return string(text)
}

// api is a deployed API with one stage, prod.
type api struct {
	*cloud
	id, deployment, stage, url string
	inputs                     map[string]any // of the stage
}

// deploy makes an API from a document, and a stage with these additional inputs.
func (c *cloud) deploy(t testing.TB, body string, stage map[string]any) *api {
	t.Helper()
	return c.deployAll(t, map[string]any{"body": body}, stage)
}

// deployWith makes an API with these inputs, and a stage.
func (c *cloud) deployWith(t testing.TB, inputs map[string]any) *api {
	t.Helper()
	return c.deployAll(t, inputs, nil)
}

func (c *cloud) deployAll(t testing.TB, inputs, stage map[string]any) *api {
	t.Helper()
	a := &api{cloud: c, inputs: map[string]any{"stageName": "prod"}}
	inputs["name"] = "orders"
	a.id, _ = c.MustDeploy(t, apiType, inputs)
	a.deployment, _ = c.MustDeploy(t, deploymentType, map[string]any{"restApi": a.id})
	a.inputs["restApi"], a.inputs["deployment"] = a.id, a.deployment
	for name, value := range stage {
		a.inputs[name] = value
	}
	var state map[string]any
	a.stage, state = c.MustDeploy(t, stageType, a.inputs)
	a.url = state["invokeUrl"].(string)
	return a
}

// answer is the part of a response that the tests check.
type answer struct {
	status int
	header http.Header
	body   string
}

// call sends METHOD /path?query with headers given as name, value.
func (a *api) call(t testing.TB, line, body string, header ...string) answer {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r, err := http.NewRequestWithContext(context.Background(), method, a.url+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return send(t, r)
}

func send(t testing.TB, r *http.Request) answer {
	t.Helper()
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(text)}
}
