package components

import (
	"cmp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// StartRoute is the route of an Orchestrator's API that starts an execution of its Tasks directly, without a Lambda function. [Execution]
// describes the input of the execution, and the answer.
type StartRoute struct {
	// Method is POST, PUT, PATCH, DELETE, GET or HEAD. Default [DefaultStartMethod].
	Method string `pulumi:"method,optional"`
	// Path is the path, such as /pictures. Required.
	Path string `pulumi:"path"`
	// Summary is the summary of the route in the API's document.
	Summary string `pulumi:"summary,optional"`
	// Body is a JSON schema of draft 4 for request bodies, as text. API Gateway answers 400 to a body that is not valid. Required, so that
	// only JSON starts an execution.
	//
	// API Gateway does not support all keywords: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
	Body string `pulumi:"body"`
	// BodyRules is the message of such a 400, because API Gateway's own does not name the field, and repeats the whole value. It may
	// contain letters, digits, spaces and ()[]:;,.'/_- only.
	BodyRules string `pulumi:"bodyRules,optional"`
	// IdPath is the JSONPath of an id that the client chooses, in the body, such as "$.picture.id": see [Execution]. Default: the id of the
	// request.
	IdPath string `pulumi:"idPath,optional"`
	// AccountPath is the JSONPath of the account in the body, such as "$.picture.owner". Where tokens are verified, it must be the caller's
	// account; otherwise the answer is 403. Default: the account is not compared.
	AccountPath string `pulumi:"accountPath,optional"`

	// Authorizer is the authorizer of the route. Default: the API's.
	Authorizer AuthorizerKind `pulumi:"authorizer,optional"`
	// Scopes are the scopes that a token must have, all of them. Only where tokens are verified. Default: none.
	Scopes []string `pulumi:"scopes,optional"`
	// RateLimit and BurstLimit are the throttle of the route, like those in [ApiSettings]. Default: the API's.
	RateLimit  pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
}

// resolve validates the route. It returns the route without its state machine.
func (s StartRoute) resolve(v *validator, path string) *Route {
	r := Route{
		Method: cmp.Or(s.Method, DefaultStartMethod), Path: s.Path, Summary: s.Summary, Body: s.Body, BodyRules: s.BodyRules,
		Execution:  &Execution{IdPath: s.IdPath, AccountPath: s.AccountPath},
		Authorizer: s.Authorizer, Scopes: s.Scopes,
		RateLimit:  v.optional(path+".RateLimit", s.RateLimit, RateRange.Check),
		BurstLimit: v.optional(path+".BurstLimit", s.BurstLimit, BurstRange.Check),
		Responses: []Response{
			{202, "The request is accepted; the body has its id and the ARN of its execution"},
			{400, "The request is not valid"},
			{413, "The body is too large"},
			{500, "The request was not accepted"},
			{503, "The request was not accepted; try again"},
		},
	}
	r.validateRequest(v, path)
	r.validateAuthorizer(v, path)
	r.Execution.validatePaths(v, path)
	if r.Body == "" {
		v.addf(path+".Body", "is required, so that only JSON starts an execution")
	}
	v.child(roleName, "api-start"+routeSuffix(r)+"-role")
	return &r
}
