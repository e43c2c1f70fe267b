package components

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Execution lets API Gateway start an execution of a state machine by itself, with no function between:
// https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-api-gateway.html
//
// The execution's name is the id of the request, so that every request starts one. Its input is {"id", "requestid",
// "accepted", "body"}: the id that the client chose, or else the request's; the request's id; when it was accepted, in
// milliseconds since 1970; and the body. Where tokens are verified it also has "caller", the account of the caller, unless the
// caller may act for any account.
//
// API Gateway writes the body anew: a number may have another form (1.0 for 1), and one of a member's values is left if the
// client sent the member twice.
//
// The answer is 202 {"id", "requestid", "executionArn"}; 413 if the body is larger than [MaxExecutionBody]; 403 if it is
// of another account than the caller's; 503 where Step Functions is throttled.
type Execution struct {
	// StateMachineArn is the machine's. Required.
	StateMachineArn pulumi.StringInput `pulumi:"stateMachineArn"`
	// IdPath is where in the body the id is that the client chose, such as "$.order.orderid". Default: the id is the request's.
	//
	// Nothing relies on what is there: any character but letters, digits, dots, underscores and hyphens is left out. The
	// machine must validate the body.
	IdPath string `pulumi:"idPath,optional"`
	// AccountPath is where in the body the account is, such as "$.order.accountid". Where tokens are verified, it must be
	// that of the caller, or else the answer is 403. Default: the account is not compared.
	AccountPath string `pulumi:"accountPath,optional"`

	// orders says that the execution is one of our orders. Its id is called orderid, and its body is the text as the client wrote
	// it: the machine validates that, also whether a member occurs twice. So it must compare the account with "caller" again.
	orders bool
}

// MaxExecutionBody is the largest body that starts an execution, in characters. It is that of the functions, too, and leaves
// the whole input space in a message of 256 KiB.
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

// executionStatuses are what the integration answers. API Gateway refuses a document in which a route's integration
// answers with a status that the route does not declare.
var executionStatuses = []int{202, 413, 500, 503}

// The mapping templates, in the language of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
//
// The template of a response cannot read the request. So the request's template keeps the id in a header that Step Functions
// ignores, which AWS documents:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-override-request-response-parameters.html
// AWS does not say that the response's template can read that header. If it cannot, the answer has no id: it is then the
// one that the client sent, or else the requestid.
const (
	keptID = "$context.requestOverride.header.X-Order-Id"
	// $input.json is JSON of any type, "" if there is nothing. The body is JSON in a string in JSON in a string, so it is
	// escaped twice. escapeJavaScript also escapes apostrophes, which JSON does not allow.
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
	// The request without an ARN, of a body that is too large, is refused as one of these two.
	refusedTemplate = `#set($type = $input.path('$.__type'))` +
		`#if(FORBIDDEN$type.contains("ValidationException") || $type.contains("InvalidArn"))#set($context.responseOverride.status = 413)` +
		`{"message":"The body is larger than LIMIT characters"}` +
		`#elseif($type.contains("Throttling") || $type.contains("ExecutionLimitExceeded"))#set($context.responseOverride.status = 503)` +
		`UNAVAILABLE` +
		`#else{"message":"Internal server error"}#end`
)

// The parts of the templates where tokens are verified. The authorizer's answer has the caller's account, or any "true".
//
// Step Functions refuses an input that is no JSON, by the error InvalidExecutionInput:
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
// A mapping template cannot answer by itself. So a request for another account is one with such an input, and the template of
// the response makes a 403 of the error.
//
// AWS does not say whether a variable that is not set is null or an empty text, nor how null compares. So the gate opens only
// for texts that are equal.
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

// otherAccount is the message about an order of another account than the caller's. The functions have the same.
const otherAccount = "not allowed for this account"

// templates are those of the request, of the answer, of a refusal, and of a failure. tokens says that tokens are verified.
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

// integration is the x-amazon-apigateway-integration. The response's status is that of the mapping that the backend's
// status chooses, unless its template overrides it.
func (e *Execution) integration(machineARN, roleARN, allowOrigin string, tokens bool) (object, error) {
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
