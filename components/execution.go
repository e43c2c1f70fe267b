package components

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Execution lets API Gateway start an execution of a state machine by itself, with no function between:
// https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-api-gateway.html
//
// The execution's input is {"orderid", "requestid", "order"}: its name, the request's id, and the body's part at
// InputPath. The answer is 202 {"orderid", "executionArn"}; 409 if an execution of that name has begun before, other
// than one that still runs with the same input; 503 where Step Functions is throttled.
type Execution struct {
	// StateMachineArn is the machine's. Required.
	StateMachineArn pulumi.StringInput `pulumi:"stateMachineArn"`
	// NamePath is where in the body the execution's name is, such as "$.order.orderid": a repeated request then starts
	// nothing twice. The request's id is the name where the body has none. Required.
	//
	// A name has 1 to 80 letters, digits, dots, underscores and hyphens: the route's Body must check this, because the
	// name goes into the request to Step Functions as it is.
	NamePath string `pulumi:"namePath"`
	// InputPath is the part of the body that the execution gets, such as "$.order". Required.
	InputPath string `pulumi:"inputPath"`
}

var memberPath = regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_]*)+$`)

func (e *Execution) validate(v *validator, path string) {
	v.required(path+".StateMachineArn", e.StateMachineArn)
	for _, f := range []struct{ name, value string }{{"NamePath", e.NamePath}, {"InputPath", e.InputPath}} {
		if !memberPath.MatchString(f.value) {
			v.addf(path+"."+f.name, "must be a path such as $.order, got %q", f.value)
		}
	}
}

// executionStatuses are what the integration answers. API Gateway refuses a document in which a route's integration
// answers with a status that the route does not declare.
var executionStatuses = []int{202, 409, 500, 503}

// The mapping templates, in the language of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
const (
	// escapeJavaScript also escapes apostrophes, which JSON does not allow.
	startTemplate = `#set($id = $input.path('NAME'))` +
		`#if(!$id || $id == "")#set($id = $context.requestId)#end` +
		`{"stateMachineArn":"MACHINE","name":"$id","input":"{\"orderid\":\"$id\",\"requestid\":\"$context.requestId\",` +
		`\"order\":$util.escapeJavaScript($input.json('INPUT')).replaceAll("\\'","'")}"}`
	// The name is the eighth part of the ARN: the last of a Standard execution's, but not of an Express one's.
	startedTemplate = `{"orderid":"$input.path('$.executionArn').replaceAll("^([^:]*:){7}","").replaceAll(":.*","")",` +
		`"executionArn":"$input.path('$.executionArn')"}`
	refusedTemplate = `#set($type = $input.path('$.__type'))` +
		`#if($type.contains("ExecutionAlreadyExists"))#set($context.responseOverride.status = 409)` +
		`{"message":"NAME: an order with this id was accepted before"}` +
		`#elseif($type.contains("Throttling") || $type.contains("ExecutionLimitExceeded"))#set($context.responseOverride.status = 503)` +
		`{"message":"The order was not accepted; try again"}` +
		`#else{"message":"Internal server error"}#end`
)

// integration is the x-amazon-apigateway-integration. The response's status is that of the mapping that the backend's
// status chooses, unless its template overrides it.
func (e *Execution) integration(machineARN, roleARN, allowOrigin string) (object, error) {
	parts := strings.Split(machineARN, ":")
	if len(parts) < 4 {
		return nil, fmt.Errorf("state machine: %q is no ARN", machineARN)
	}
	respond := func(status, template string) object {
		return object{
			"statusCode":         status,
			"responseParameters": object{"method.response.header.Access-Control-Allow-Origin": "'" + allowOrigin + "'"},
			"responseTemplates":  object{"application/json": template},
		}
	}
	unavailable := `{"message":"The order was not accepted; try again"}`
	return object{
		"type":        "aws",
		"httpMethod":  "POST",
		"uri":         fmt.Sprintf("arn:%s:apigateway:%s:states:action/StartExecution", parts[1], parts[3]),
		"credentials": roleARN,
		// Only JSON is validated, so other content types are refused.
		"passthroughBehavior": "never",
		"requestTemplates": object{"application/json": strings.NewReplacer(
			"NAME", e.NamePath, "MACHINE", machineARN, "INPUT", e.InputPath).Replace(startTemplate)},
		"responses": object{
			"200":     respond("202", startedTemplate),
			`4\d{2}`:  respond("500", strings.ReplaceAll(refusedTemplate, "NAME", strings.TrimPrefix(e.NamePath, "$."))),
			"default": respond("503", unavailable),
		},
	}, nil
}
