package components

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Route is one method of one path.
type Route struct {
	// Method is GET, POST, PUT, PATCH, DELETE or HEAD. Required.
	Method string `pulumi:"method"`
	// Path is such as /order, or /order/{orderId}. Required.
	Path string `pulumi:"path"`
	// Run is a function that the component makes, and that answers the route's requests. It gets the variables ALLOW_ORIGIN, the
	// origin that its answers must allow, and AUTH, jwt if the API verifies tokens. One of Run, Function and Execution is required.
	Run *Function `pulumi:"run,optional"`
	// Publishes lets Run publish to what the component has behind its API: a FanOut's topic (TOPIC_ARN), a CheckerPipeline's, or an
	// EventStream's stream (STREAM_ARN); or start executions of an Orchestrator's machine (STATE_MACHINE_ARN).
	Publishes bool `pulumi:"publishes,optional"`
	// Function is a function of any program that answers the route's requests.
	Function *FunctionTarget `pulumi:"function,optional"`
	// Execution starts a state machine with the route's requests. It needs a Body.
	Execution *Execution `pulumi:"execution,optional"`
	// Summary is for the API's document.
	Summary string `pulumi:"summary,optional"`
	// Query are the parameters of the query string. Requests without a required one get 400.
	Query []Parameter `pulumi:"query,optional"`
	// Headers are those that a client may send besides the usual ones. A CORS preflight lists them.
	Headers []Parameter `pulumi:"headers,optional"`
	// Body is the text of a JSON schema of draft 4 of request bodies, which the API's document has. With Execution, other
	// bodies get 400. A function gets every body: it can say which field is wrong, and API Gateway cannot. Empty for none.
	Body string `pulumi:"body,optional"`
	// BodyRules are the message of such a 400, because API Gateway does not say which value is wrong, and repeats the
	// whole value. Letters, digits, spaces and ()[]:;,.'/_- only.
	BodyRules string `pulumi:"bodyRules,optional"`
	// Responses are the statuses that the route answers: with Execution at least 202, 413, 500 and 503, and otherwise 200 by default.
	// The document also has 401 and 403, if the route has an authorizer.
	Responses []Response `pulumi:"responses,optional"`

	// Authorizer says who may call the route. Default: the API's.
	Authorizer AuthorizerKind `pulumi:"authorizer,optional"`
	// Scopes are what a token needs for the route, all of them, where tokens are verified. Default: any valid token will do.
	Scopes []string `pulumi:"scopes,optional"`

	// RateLimit and BurstLimit are those of the route, as those of [ApiSettings] are of the others. Default: the API's.
	RateLimit  pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
}

// FunctionTarget is a Lambda function behind a route, of any program.
type FunctionTarget struct {
	// Name is the function's name. The API gets the permission to invoke it. Required.
	Name pulumi.StringInput `pulumi:"name"`
	// InvokeArn is the ARN by which API Gateway invokes it, the output invokeArn of a function. Required.
	InvokeArn pulumi.StringInput `pulumi:"invokeArn"`
}

// Parameter is one parameter of a query string, or one header.
type Parameter struct {
	// Name is its name. Required.
	Name string `pulumi:"name"`
	// Description is for the API's document.
	Description string `pulumi:"description,optional"`
	// Required refuses requests without it: they get 400.
	Required bool `pulumi:"required,optional"`
}

// Response is one status that a route answers.
type Response struct {
	// Status is an HTTP status, 200 to 599. Required.
	Status int `pulumi:"status"`
	// Description is for the API's document.
	Description string `pulumi:"description,optional"`
}

var (
	methods       = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
	rulesPattern  = regexp.MustCompile(`^[A-Za-z0-9 ()\[\]:;,.'/_-]*$`)
	headerPattern = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	pathPattern   = regexp.MustCompile(`^(/([A-Za-z0-9._-]+|\{[A-Za-z0-9._-]+\+?\}))+$`)
	// statusRange is what a route can answer.
	statusRange = Range{200, 599}
)

// resolveRoutes validates routes, and puts their defaults in place.
func resolveRoutes(v *validator, routes []Route) []Route {
	routes = slices.Clone(routes)
	seen := map[string]int{}
	for i, r := range routes {
		at := fmt.Sprintf("Routes[%d]", i)
		r.validate(v, at)
		// Routes that differ in braces only would give their resources the same names.
		key := routeSuffix(r)
		if other, taken := seen[key]; taken {
			v.addf(at, "%s %s cannot be told from Routes[%d]", r.Method, r.Path, other)
		}
		seen[key] = i
		if len(r.Responses) == 0 && r.Execution == nil {
			routes[i].Responses = []Response{{Status: 200}}
		}
		if r.Run != nil {
			name := runName(r)
			v.function(at+".Run", name)
			run := r.Run.resolveOwn(v, at+".Run", IntakeSize)
			routes[i].Run = &run
		}
	}
	return routes
}

// runName names the function of a route: post-order for POST /order.
func runName(r Route) string {
	return strings.Trim(functionNameEnd.ReplaceAllString(strings.TrimPrefix(routeSuffix(r), "-"), "-"), "-")
}

var functionNameEnd = regexp.MustCompile(`[^A-Za-z0-9]+`)

// run makes the functions of routes, and returns the routes to them. publisher has what those get that publish.
func (b *builder) run(routes []Route, args *OrderApiArgs, publisher functionSpec) ([]Route, error) {
	routes = slices.Clone(routes)
	for i, r := range routes {
		if r.Run == nil {
			continue
		}
		spec := functionSpec{name: runName(r), settings: *r.Run, environment: args.Authorizer.environment(pulumi.StringMap{
			"ALLOW_ORIGIN": stringOf(args.Settings.AllowOrigin),
		})}
		if r.Publishes {
			maps.Copy(spec.environment, publisher.environment)
			spec.allow = publisher.allow
		}
		fn, err := b.function(spec)
		if err != nil {
			return nil, err
		}
		routes[i].Run, routes[i].Publishes, routes[i].Function = nil, false, fn.target()
	}
	return routes, nil
}

func (r Route) validate(v *validator, at string) {
	r.validateRequest(v, at)
	var targets int
	for _, set := range []bool{r.Run != nil, r.Function != nil, r.Execution != nil} {
		if set {
			targets++
		}
	}
	if targets != 1 {
		v.addf(at, "must have one of Run, Function and Execution, got %d", targets)
	}
	if r.Publishes && r.Run == nil {
		v.addf(at+".Publishes", "is of use only with Run")
	}
	if r.Function != nil {
		v.required(at+".Function.Name", r.Function.Name)
		v.required(at+".Function.InvokeArn", r.Function.InvokeArn)
	}
	if r.Execution != nil {
		r.validateExecution(v, at)
	}
}

// validateRequest checks what the route takes and answers.
func (r Route) validateRequest(v *validator, at string) {
	if err := oneOf(methods...)(r.Method); err != nil {
		v.addf(at+".Method", "%v", err)
	}
	if !pathPattern.MatchString(r.Path) {
		v.addf(at+".Path", "must be like /order or /order/{orderId}, got %q", r.Path)
	}
	var schema map[string]any
	if r.Body != "" && json.Unmarshal([]byte(r.Body), &schema) != nil {
		v.addf(at+".Body", "must be a JSON schema, an object, got %q", r.Body)
	}
	if !rulesPattern.MatchString(r.BodyRules) {
		v.addf(at+".BodyRules", "must have letters, digits, spaces and ()[]:;,.'/_- only, got %q", r.BodyRules)
	}
	for j, response := range r.Responses {
		if err := statusRange.Check(response.Status); err != nil {
			v.addf(fmt.Sprintf("%s.Responses[%d].Status", at, j), "%v", err)
		}
	}
	for j, parameter := range r.Query {
		if parameter.Name == "" {
			v.addf(fmt.Sprintf("%s.Query[%d].Name", at, j), "is required")
		}
	}
	for j, header := range r.Headers {
		if !headerPattern.MatchString(header.Name) {
			v.addf(fmt.Sprintf("%s.Headers[%d].Name", at, j), "must have letters, digits and hyphens only, got %q", header.Name)
		}
	}
}

// validateExecution checks what no function behind the API would check.
func (r Route) validateExecution(v *validator, at string) {
	r.Execution.validate(v, at+".Execution")
	if r.Body == "" {
		v.addf(at+".Body", "is required with Execution, so that only JSON starts one")
	}
	for _, status := range executionStatuses {
		if !slices.ContainsFunc(r.Responses, func(response Response) bool { return response.Status == status }) {
			v.addf(at+".Responses", "must have %d, which Execution may answer", status)
		}
	}
}

// routeSuffix names the resources of a route: -post-order for POST /order.
func routeSuffix(r Route) string {
	path := strings.NewReplacer("/", "-", "{", "", "}", "", "+", "").Replace(r.Path)
	return "-" + strings.ToLower(r.Method) + path
}
