package components_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// No function of the Orchestrator is invoked by the request. So its API compares the account, and the machine compares it again.
func TestTheOrchestratorsAPIStartsExecutionsForTheCallersAccountOnly(t *testing.T) {
	c := orchestrator(t, func(a *components.OrchestratorArgs) { a.Authorizer = tokens })
	operation := postOrder(t, c)
	template := at(t, operation, integration, "requestTemplates")["application/json"].(string)
	require.Equal(t, `#set($id = $input.json('$.order.orderid').replaceAll("[^A-Za-z0-9._-]",""))`+
		`#if($id == "")#set($id = $context.requestId)#end#set($context.requestOverride.header.X-Order-Id = $id)`+
		`#if($input.body.length() > 65536){}`+
		`#elseif($context.authorizer.any == "true" || ($context.authorizer.account && $context.authorizer.account != "" && `+
		`$context.authorizer.account == $input.path('$.order.accountid')))`+
		`#set($body = $util.escapeJavaScript($input.body).replaceAll("\\'","'"))`+
		`{"stateMachineArn":"`+machine("orchestrator")+`","name":"$context.requestId",`+
		`"input":"{\"orderid\":\"$id\",\"requestid\":\"$context.requestId\",\"accepted\":$context.requestTimeEpoch,`+
		`#if($context.authorizer.any == "true")#else#set($caller = $util.escapeJavaScript($context.authorizer.account).replaceAll("\\'","'"))`+
		`\"caller\":\"$util.escapeJavaScript($caller).replaceAll("\\'","'")\",#end`+
		`\"body\":\"$util.escapeJavaScript($body).replaceAll("\\'","'")\"}"}`+
		`#else{"stateMachineArn":"`+machine("orchestrator")+`","name":"$context.requestId","input":"not allowed"}#end`, template)
	require.False(t, json.Valid([]byte("not allowed")), "else Step Functions would accept the input")

	refused := at(t, operation, integration, "responses", `4\d{2}`, "responseTemplates")["application/json"].(string)
	require.True(t, strings.HasPrefix(refused, `#set($type = $input.path('$.__type'))#if($type.contains("InvalidExecutionInput"))`+
		`#set($context.responseOverride.status = 403){"message":"not allowed for this account"}#elseif($type.contains("ValidationException")`), refused)
	require.Contains(t, at(t, operation, "responses", "403", "headers"), "Access-Control-Allow-Origin", "API Gateway drops a header that is not declared")

	for _, auth := range []components.Authorizer{open, signed} {
		operation := postOrder(t, orchestrator(t, func(a *components.OrchestratorArgs) { a.Authorizer = auth }))
		text, err := json.Marshal(operation[integration])
		require.NoError(t, err)
		require.NotContains(t, string(text), "authorizer")
		require.NotContains(t, string(text), "InvalidExecutionInput")
	}
}

// A path to a caller that does not exist would fail the execution, so the task gets all of the input.
func TestTheMachinePassesTheCallerToTheStoringTask(t *testing.T) {
	states := func(auth components.Authorizer) map[string]any {
		return at(t, orchestrator(t, func(a *components.OrchestratorArgs) { a.Authorizer = auth }).document(t, machineType, "orchestrator", "definition"), "States")
	}
	with, without := states(tokens), states(open)
	require.Equal(t, map[string]any{
		"FunctionName": "arn:function/orchestrator-store-order-task",
		"Payload.$":    `States.JsonMerge($$.Execution.Input, States.StringToJson(States.Format('\{"execution":"{}","attempt":{}\}', $$.Execution.Name, $$.State.RetryCount)), false)`,
	}, at(t, with, "StoreOrder", "Parameters"))
	require.Contains(t, at(t, without, "StoreOrder", "Parameters"), "Payload")
	delete(with, "StoreOrder")
	delete(without, "StoreOrder")
	require.Equal(t, without, with, "a state more would cost a transition for each order")
	require.Equal(t, states(open), states(signed))
}

// A route of another program may leave the check of the account to its machine, which gets the caller.
func TestWithoutAnAccountPathTheCallerIsNotCompared(t *testing.T) {
	c := mixed(t, func(a *components.OrderApiArgs) {
		a.Routes = []components.Route{{
			Method: "POST", Path: "/parcel", Body: `{"type": "object"}`, Execution: &components.Execution{StateMachineArn: pulumi.String(machine("m")), IdPath: "$.id"},
			Responses: []components.Response{{Status: 202}, {Status: 413}, {Status: 500}, {Status: 503}},
		}}
	})
	template := at(t, c.document(t, restAPIType, "api", "body"), "paths", "/parcel", "post", integration, "requestTemplates")["application/json"].(string)
	require.Contains(t, template, `\"caller\":\"`)
	require.NotContains(t, template, "not allowed")
	require.NotContains(t, template, "#elseif")
}
