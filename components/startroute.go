package components

import (
	"cmp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// StartRoute is the route of an Orchestrator's API that starts an execution of its Tasks, with no function between. [Execution] says
// what the input is, and the answer.
type StartRoute struct {
	// Method is POST, PUT, PATCH, DELETE, GET or HEAD. Default [DefaultStartMethod].
	Method string `pulumi:"method,optional"`
	// Path is such as /pictures. Required.
	Path string `pulumi:"path"`
	// Summary says in the API's document what the route does.
	Summary string `pulumi:"summary,optional"`
	// Body is the text of a JSON schema of draft 4 of request bodies. Others get 400. Required, so that only JSON starts an execution.
	//
	// API Gateway does not support all of it:
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html
	Body string `pulumi:"body"`
	// BodyRules are the message of such a 400, because API Gateway does not say which value is wrong, and repeats the
	// whole value. Letters, digits, spaces and ()[]:;,.'/_- only.
	BodyRules string `pulumi:"bodyRules,optional"`
	// IdPath is where in the body an id is that the client chose, such as "$.picture.id": see [Execution]. Default: the id is that of
	// the request.
	IdPath string `pulumi:"idPath,optional"`
	// AccountPath is where in the body the account is, such as "$.picture.owner". Where tokens are verified, it must be that of the
	// caller, or else the answer is 403. Default: the account is not compared.
	AccountPath string `pulumi:"accountPath,optional"`

	// Authorizer says who may call the route. Default: the API's.
	Authorizer AuthorizerKind `pulumi:"authorizer,optional"`
	// Scopes are what a token needs for the route, all of them, where tokens are verified. Default: any valid token will do.
	Scopes []string `pulumi:"scopes,optional"`
	// RateLimit and BurstLimit are those of the route, as those of [ApiSettings] are of the others. Default: the API's.
	RateLimit  pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
}

// resolve validates the route, and returns it without its machine.
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
