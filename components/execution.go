package components

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Execution lets API Gateway start an execution of a state machine directly, without a Lambda function:
// https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-api-gateway.html
//
// The name of the execution is the id of the request, so every request starts one. The input is {"id", "requestid", "accepted", "body"}:
// the id that the client chose, or else the id of the request; the id of the request; the time at which it was accepted, in milliseconds
// since 1970; and the body. Where tokens are verified, the input also has "caller", the caller's account, unless the caller may act for any
// account.
//
// API Gateway rewrites the body: the format of a number may change (1.0 for 1), and a member that occurs twice keeps only one value.
//
// The answer is 202 {"id", "requestid", "executionArn"}; 413 if the body is larger than [MaxExecutionBody]; 403 if the body names another
// account than the caller's; 503 if Step Functions is throttled.
type Execution struct {
	// StateMachineArn is the ARN of the state machine. Required.
	StateMachineArn pulumi.StringInput `pulumi:"stateMachineArn"`
	// IdPath is the JSONPath of the id that the client chooses, in the body, such as "$.order.orderid". Default: the id of the request.
	//
	// The id is not validated: characters other than letters, digits, dots, underscores and hyphens are removed. The machine must validate
	// the body.
	IdPath string `pulumi:"idPath,optional"`
	// AccountPath is the JSONPath of the account in the body, such as "$.order.accountid". Where tokens are verified, it must be the
	// caller's account; otherwise the answer is 403. Default: the account is not compared.
	AccountPath string `pulumi:"accountPath,optional"`

	// orders says that the execution processes a built-in order. Its id is then called orderid, and its body is the text that the client
	// sent. The machine validates that text, and rejects a member that occurs twice. So it must also compare the account with "caller".
	orders bool
}

// MaxExecutionBody is the largest body that starts an execution, in characters. Functions behind the API have the same limit. It leaves
// space for the whole input in a message of 256 KiB.
const MaxExecutionBody = 64 << 10

var memberPath = regexp.MustCompile(`^\$(\.[A-Za-z_][A-Za-z0-9_]*)+$`)

func (e *Execution) validate(v *validator, path string) {
	v.required(path+".StateMachineArn", e.StateMachineArn)
	e.validatePaths(v, path)
}

func (e *Execution) validatePaths(v *validator, path string) {
	if e.IdPath != "" && !memberPath.MatchString(e.IdPath) {
		v.addf(path+".IdPath", "must be a path such as $.order.orderid, got %q", e.IdPath)
	}
	if e.AccountPath != "" && !memberPath.MatchString(e.AccountPath) {
		v.addf(path+".AccountPath", "must be a path such as $.order.accountid, got %q", e.AccountPath)
	}
}

// executionStatuses are the statuses that the integration answers. API Gateway refuses a document in which an integration answers with a
// status that the route does not declare.
var executionStatuses = []int{202, 413, 500, 503}

// The mapping templates, in the language of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
//
// The template of a response cannot read the request. So the template of the request stores the id in a header that Step Functions ignores:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
// AWS does not document that the template of the response can read that header. If it cannot, the answer has no id. The id is then the one
// that the client sent, or else the requestid.
const (
	keptID = "$context.requestOverride.header.X-Order-Id"
	// $input.json returns JSON of any type, or "" if there is nothing. The body is JSON in a string in JSON in a string, so it is escaped
	// twice. escapeJavaScript also escapes apostrophes, which JSON does not allow.
	textBody = `\"$util.escapeJavaScript($body).replaceAll("\\'","'")\"`
	setText  = `#set($body = $util.escapeJavaScript($input.body).replaceAll("\\'","'"))`
	// A body that is JSON in JSON in a string is escaped once.
	jsonBody = `$util.escapeJavaScript($input.json('$')).replaceAll("\\'","'")`
	chosenID = `#set($id = $input.json('ID').replaceAll("[^A-Za-z0-9._-]",""))#if($id == "")#set($id = $context.requestId)#end`
	ownID    = `#set($id = $context.requestId)`

	startTemplate = `CHOOSE#set(` + keptID + ` = $id)` +
		`#if($input.body.length() > LIMIT){}OWNSET` +
		`{"stateMachineArn":"MACHINE","name":"$context.requestId","input":"{\"MEMBER\":\"$id\",\"requestid\":\"$context.requestId\",` +
		`\"accepted\":$context.requestTimeEpoch,CALLER\"body\":BODY}"}OTHER#end`
	startedTemplate = `#set($id = ` + keptID + `){#if($id && $id != "")"MEMBER":"$id",#end"requestid":"$context.requestId",` +
		`"executionArn":"$input.path('$.executionArn')"}`
	// A body that is too large makes a request without an ARN, which Step Functions refuses with one of these two errors.
	refusedTemplate = `#set($type = $input.path('$.__type'))` +
		`#if(FORBIDDEN$type.contains("ValidationException") || $type.contains("InvalidArn"))#set($context.responseOverride.status = 413)` +
		`{"message":"The body is larger than LIMIT characters"}` +
		`#elseif($type.contains("Throttling") || $type.contains("ExecutionLimitExceeded"))#set($context.responseOverride.status = 503)` +
		`UNAVAILABLE` +
		`#else{"message":"Internal server error"}#end`
)

// The parts of the templates where tokens are verified. The authorizer's answer has the caller's account, or "true" in any if the caller
// may act for any account.
//
// A mapping template cannot answer by itself. So for a request for another account it sends an input that is not JSON. Step Functions
// refuses that with the error InvalidExecutionInput, and the template of the response turns the error into a 403:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
//
// AWS does not document whether a variable that is not set is null or an empty text, nor how null compares. So a request is allowed only if
// two texts are equal.
const (
	ownTemplate = `#elseif($context.authorizer.any == "true" || ($context.authorizer.account && $context.authorizer.account != "" && ` +
		`$context.authorizer.account == $input.path('ACCOUNT')))`
	otherTemplate  = `#else{"stateMachineArn":"MACHINE","name":"$context.requestId","input":"not allowed"}`
	callerTemplate = `#if($context.authorizer.any == "true")#else` +
		`#set($caller = $util.escapeJavaScript($context.authorizer.account).replaceAll("\\'","'"))` +
		`\"caller\":\"$util.escapeJavaScript($caller).replaceAll("\\'","'")\",#end`
	forbiddenTemplate = `$type.contains("InvalidExecutionInput"))#set($context.responseOverride.status = 403)` +
		`{"message":"` + otherAccount + `"}#elseif(`
)

// otherAccount is the message about an order of another account than the caller's. The functions answer with the same text.
const otherAccount = "not allowed for this account"

// templates returns the templates for the request, the answer, a refusal, and a failure. tokens says that tokens are verified.
func (e *Execution) templates(machineARN string, tokens bool) (start, started, refused, unavailable string) {
	own, other, caller, forbidden := "#else", "", "", ""
	if tokens {
		caller = callerTemplate
		if e.AccountPath != "" {
			own, other, forbidden = ownTemplate, otherTemplate, forbiddenTemplate
		}
	}
	choose, member, set, body, what := chosenID, "id", "", jsonBody, "request"
	if e.IdPath == "" {
		choose = ownID
	}
	if e.orders {
		member, set, body, what = "orderid", setText, textBody, "order"
	}
	limit, unavailable := strconv.Itoa(MaxExecutionBody), `{"message":"The `+what+` was not accepted; try again"}`
	start = strings.NewReplacer("CHOOSE", choose, "OWN", own, "SET", set, "OTHER", other, "CALLER", caller, "BODY", body, "MEMBER", member).Replace(startTemplate)
	start = strings.NewReplacer("ID", e.IdPath, "ACCOUNT", e.AccountPath, "MACHINE", machineARN, "LIMIT", limit).Replace(start)
	started = strings.Replace(startedTemplate, "MEMBER", member, 1)
	refused = strings.NewReplacer("FORBIDDEN", forbidden, "LIMIT", limit, "UNAVAILABLE", unavailable).Replace(refusedTemplate)
	return start, started, refused, unavailable
}

// integration returns the x-amazon-apigateway-integration. The backend's status selects a mapping, whose status is the response's unless
// its template overrides it.
func (e *Execution) integration(machineARN, roleARN, allowOrigin string, tokens bool) (object, error) {
	parts := strings.Split(machineARN, ":")
	if len(parts) < 4 {
		return nil, fmt.Errorf("state machine: %q is not an ARN", machineARN)
	}
	respond := func(status, template string) object {
		return object{
			"statusCode":         status,
			"responseParameters": object{"method.response.header.Access-Control-Allow-Origin": "'" + allowOrigin + "'"},
			"responseTemplates":  object{"application/json": template},
		}
	}
	start, started, refused, unavailable := e.templates(machineARN, tokens)
	return object{
		"type":        "aws",
		"httpMethod":  "POST",
		"uri":         fmt.Sprintf("arn:%s:apigateway:%s:states:action/StartExecution", parts[1], parts[3]),
		"credentials": roleARN,
		// Only JSON is validated, so other content types are refused.
		"passthroughBehavior": "never",
		"requestTemplates":    object{"application/json": start},
		"responses": object{
			"200":     respond("202", started),
			`4\d{2}`:  respond("500", refused),
			"default": respond("503", unavailable),
		},
	}, nil
}
