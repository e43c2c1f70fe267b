package apigateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/account"
	"github.com/order-patterns/order-patterns/local/lambda"
)

const pushToLogs = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"

// role makes a role that a service may assume and that has these managed policies.
func (c *cloud) role(t testing.TB, name, service string, policies ...string) string {
	t.Helper()
	_, state := c.MustDeploy(t, "aws:iam/role:Role", map[string]any{"name": name, "assumeRolePolicy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole"}]}`})
	for _, p := range policies {
		c.MustDeploy(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", map[string]any{"role": name, "policyArn": p})
	}
	return state["arn"].(string)
}

func accessLogs(format string) map[string]any {
	return map[string]any{"accessLogSettings": map[string]any{"destinationArn": account.ARN("logs", "log-group:api:*"), "format": format}}
}

func (c *cloud) lines(t testing.TB) []string {
	t.Helper()
	out, err := cloudwatchlogs.NewFromConfig(c.Admin).FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("api")})
	require.NoError(t, err)
	var lines []string
	for _, e := range out.Events {
		lines = append(lines, *e.Message)
	}
	return lines
}

func TestLoggingNeedsTheAccountsRole(t *testing.T) {
	c := newCloud(t)
	a := c.deploy(t, document(t), nil)
	a.inputs["stageName"] = "logged"
	a.inputs["accessLogSettings"] = accessLogs("$context.requestId")["accessLogSettings"]
	const refusal = "BadRequestException: CloudWatch Logs role ARN must be set in account settings to enable logging"
	_, _, err := c.Deploy(t, stageType, a.inputs)
	require.ErrorContains(t, err, refusal)

	const denied = "The role ARN does not have required permissions configured"
	for name, arn := range map[string]string{
		"no such role":  account.GlobalARN("iam", "role/none"),
		"other service": c.role(t, "other", "lambda.amazonaws.com", pushToLogs),
	} {
		_, _, err = c.Deploy(t, accountType, map[string]any{"cloudwatchRoleArn": arn})
		require.ErrorContains(t, err, denied, name)
	}
	id, state := c.MustDeploy(t, accountType, map[string]any{"cloudwatchRoleArn": c.role(t, "logger", "apigateway.amazonaws.com", pushToLogs)})
	require.Equal(t, []any{map[string]any{"burstLimit": 5000.0, "rateLimit": 10000.0}}, state["throttleSettings"])
	c.MustDeploy(t, stageType, a.inputs)

	require.NoError(t, c.Delete(t, accountType, id))
	require.Nil(t, c.Read(t, accountType, id))
	require.NoError(t, c.Update(t, stageType, "ags-"+a.id+"-logged", a.inputs), "the setting stays as it is")
	role := c.role(t, "reset", "apigateway.amazonaws.com", pushToLogs)
	id, state = c.MustDeploy(t, accountType, map[string]any{"cloudwatchRoleArn": role, "resetOnDelete": true})
	require.Equal(t, true, state["resetOnDelete"])
	require.NoError(t, c.Update(t, stageType, "ags-"+a.id+"-logged", a.inputs))
	require.NoError(t, c.Delete(t, accountType, id))
	require.ErrorContains(t, c.Update(t, stageType, "ags-"+a.id+"-logged", a.inputs), refusal, "the setting was reset")
}

// logged makes an API whose stage writes access logs in this format.
func logged(t *testing.T, format string) *api {
	c := newCloud(t)
	c.MustDeploy(t, accountType, map[string]any{"cloudwatchRoleArn": c.role(t, "logger", "apigateway.amazonaws.com", pushToLogs)})
	c.MustDeploy(t, "aws:cloudwatch/logGroup:LogGroup", map[string]any{"name": "api"})
	return c.deploy(t, document(t), accessLogs(format))
}

func TestAccessLogsShowTheOutcome(t *testing.T) {
	a := logged(t, `{"id":"$context.requestId","method":"$context.httpMethod","resource":"$context.resourcePath","path":"$context.path",`+
		`"status":$context.status,`+
		`"latency":"$context.integrationLatency","type":"$context.error.responseType",`+
		`"message":"$context.error.message","agent":"$context.identity.userAgent","trouble":"$context.integration.error"}`+"\n")
	ok := a.call(t, "GET /order/7/status?x=1", "", "User-Agent", `a "quoted" agent`)
	a.call(t, "POST /order", `{"order":{}}`)
	a.call(t, "GET /none", "")
	require.Empty(t, a.lines(t), "lines are written in batches")
	a.Clock.Advance(time.Second)
	require.Eventually(t, func() bool { return len(a.lines(t)) == 3 }, 5*time.Second, time.Millisecond)

	var got []map[string]any
	for _, line := range a.lines(t) {
		var v map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &v), line)
		got = append(got, v)
	}
	require.Equal(t, map[string]any{
		"id": ok.header.Get("x-amzn-RequestId"), "method": "GET", "resource": "/order/{orderid}/status", "path": "/prod/order/7/status",
		"status": 202.0, "latency": "0", "type": "-", "message": "-",
		"agent": `a "quoted" agent`, "trouble": "-",
	}, got[0])
	require.Equal(t, "BAD_REQUEST_BODY", got[1]["type"])
	require.Equal(t, "Missing Authentication Token", got[2]["message"])
	require.Equal(t, "-", got[2]["resource"])
	require.Equal(t, 403.0, got[2]["status"])
}

func TestAFullBatchIsWrittenAtOnceAndTheRestOnClose(t *testing.T) {
	a := logged(t, "$context.requestId")
	for range 1000 {
		a.call(t, "OPTIONS /order", "")
	}
	require.Eventually(t, func() bool { return len(a.lines(t)) == 1000 }, 5*time.Second, 5*time.Millisecond)
	a.call(t, "OPTIONS /order", "")
	require.NoError(t, a.gateway.Close())
	require.Len(t, a.lines(t), 1001)
}

func TestAChangedFormatAppliesFromTheNextRequest(t *testing.T) {
	a := logged(t, "first $context.requestId")
	a.call(t, "OPTIONS /order", "")
	a.inputs["accessLogSettings"] = accessLogs("second $context.requestId")["accessLogSettings"]
	require.NoError(t, a.Update(t, stageType, a.stage, a.inputs))
	a.call(t, "OPTIONS /order", "")
	require.NoError(t, a.gateway.Close())
	lines := a.lines(t)
	require.Len(t, lines, 2)
	for i, word := range []string{"first", "second"} {
		var id string
		_, err := fmt.Sscanf(lines[i], word+" %s", &id)
		require.NoError(t, err, lines[i])
	}
}

func TestARequestThatIsServedWhileItsStageChangesIsLogged(t *testing.T) {
	a := logged(t, "first $context.status")
	invoked, answer := make(chan struct{}), make(chan struct{})
	a.functions.answer = func(context.Context, lambda.Invocation) (lambda.Result, error) {
		close(invoked)
		<-answer
		return lambda.Result{Payload: []byte(`{"statusCode":202}`)}, nil
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		a.call(t, "GET /order/7/status?x=1", "")
	}()
	<-invoked
	require.NoError(t, a.Update(t, stageType, a.stage, a.inputs))
	close(answer)
	<-served
	require.NoError(t, a.gateway.Close())
	require.Equal(t, []string{"first 202"}, a.lines(t))
}
