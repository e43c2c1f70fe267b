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

// Route is one method of one path of a REST API.
type Route struct {
	// Method is GET, POST, PUT, PATCH, DELETE or HEAD. Required.
	Method string `pulumi:"method"`
	// Path is the path, such as /order or /order/{orderId}. Required.
	Path string `pulumi:"path"`
	// Run is a function that the component creates, and that answers the route's requests. It gets the variables ALLOW_ORIGIN, the origin
	// that its answers must allow, and AUTH, which is jwt if the API verifies tokens. Exactly one of Run, Function and Execution is
	// required. Default size [IntakeSize].
	Run *Function `pulumi:"run,optional"`
	// Publishes gives Run the permission and a variable for the resource behind the API: to publish to the topic of a FanOut or
	// CheckerPipeline (TOPIC_ARN), to append to the stream of an EventStream (STREAM_ARN), or to start executions of the machine of an
	// Orchestrator (STATE_MACHINE_ARN). Default false.
	Publishes bool `pulumi:"publishes,optional"`
	// Function is an existing Lambda function that answers the route's requests.
	Function *FunctionTarget `pulumi:"function,optional"`
	// Execution starts an execution of a state machine for each request. It requires Body.
	Execution *Execution `pulumi:"execution,optional"`
	// Summary is the summary of the route in the API's document.
	Summary string `pulumi:"summary,optional"`
	// Query lists the parameters of the query string. A request without a required one gets 400.
	Query []Parameter `pulumi:"query,optional"`
	// Headers lists additional headers that a client may send. CORS preflights include them.
	Headers []Parameter `pulumi:"headers,optional"`
	// Body is a JSON schema of draft 4 for request bodies, as text. It is part of the API's document. With Execution, API Gateway answers
	// 400 to a body that is not valid. A function gets every body, because its errors can name the field, and API Gateway's cannot.
	// Default: no schema.
	Body string `pulumi:"body,optional"`
	// BodyRules is the message of such a 400, because API Gateway's own does not name the field, and repeats the whole value. It may
	// contain letters, digits, spaces and ()[]:;,.'/_- only.
	BodyRules string `pulumi:"bodyRules,optional"`
	// Responses lists the statuses that the route answers. With Execution they must include 202, 413, 500 and 503. Otherwise the default is
	// 200. The document also lists 401 and 403 if the route has an authorizer.
	Responses []Response `pulumi:"responses,optional"`

	// Authorizer is the authorizer of the route. Default: the API's.
	Authorizer AuthorizerKind `pulumi:"authorizer,optional"`
	// Scopes are the scopes that a token must have, all of them. Only where tokens are verified. Default: none.
	Scopes []string `pulumi:"scopes,optional"`

	// RateLimit and BurstLimit are the throttle of the route, like those in [ApiSettings]. Default: the API's.
	RateLimit  pulumi.IntPtrInput `pulumi:"rateLimit,optional"`
	BurstLimit pulumi.IntPtrInput `pulumi:"burstLimit,optional"`
}

// FunctionTarget is an existing Lambda function that a route invokes.
type FunctionTarget struct {
	// Name is the function's name. The API gets the permission to invoke it. Required.
	Name pulumi.StringInput `pulumi:"name"`
	// InvokeArn is the ARN with which API Gateway invokes the function: the output invokeArn of an aws.lambda.Function. Required.
	InvokeArn pulumi.StringInput `pulumi:"invokeArn"`
}

// Parameter is a parameter of a query string, or a header.
type Parameter struct {
	// Name is the name of the parameter or header. Required.
	Name string `pulumi:"name"`
	// Description is the description in the API's document.
	Description string `pulumi:"description,optional"`
	// Required answers 400 to a request without the parameter. Default false.
	Required bool `pulumi:"required,optional"`
}

// Response is a status that a route answers.
type Response struct {
	// Status is an HTTP status, 200 to 599. Required.
	Status int `pulumi:"status"`
	// Description is the description in the API's document.
	Description string `pulumi:"description,optional"`
}

var (
	methods       = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
	rulesPattern  = regexp.MustCompile(`^[A-Za-z0-9 ()\[\]:;,.'/_-]*$`)
	headerPattern = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	pathPattern   = regexp.MustCompile(`^(/([A-Za-z0-9._-]+|\{[A-Za-z0-9._-]+\+?\}))+$`)
	// statusRange is the range of a route's statuses.
	statusRange = Range{200, 599}
)

// resolveRoutes validates routes, and sets defaults.
func resolveRoutes(v *validator, routes []Route) []Route {
	routes = slices.Clone(routes)
	seen := map[string]int{}
	for i, r := range routes {
		at := fmt.Sprintf("Routes[%d]", i)
		r.validate(v, at)
		// Routes that differ only in braces would give their resources the same names.
		key := routeSuffix(r)
		if other, taken := seen[key]; taken {
			v.addf(at, "%s %s matches the same requests as Routes[%d]", r.Method, r.Path, other)
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

// runName returns the name of the function of a route: post-order for POST /order.
func runName(r Route) string {
	return strings.Trim(functionNameEnd.ReplaceAllString(strings.TrimPrefix(routeSuffix(r), "-"), "-"), "-")
}

var functionNameEnd = regexp.MustCompile(`[^A-Za-z0-9]+`)

// run creates the functions of routes, and returns the routes with these targets. publisher says what a function needs to publish.
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
		v.addf(at+".Publishes", "is accepted only with Run")
	}
	if r.Function != nil {
		v.required(at+".Function.Name", r.Function.Name)
		v.required(at+".Function.InvokeArn", r.Function.InvokeArn)
	}
	if r.Execution != nil {
		r.validateExecution(v, at)
	}
}

// validateRequest validates the request and the responses of a route.
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

// validateExecution validates what no function behind the API would validate.
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

// routeSuffix returns the suffix of the names of a route's resources: -post-order for POST /order.
func routeSuffix(r Route) string {
	path := strings.NewReplacer("/", "-", "{", "", "}", "", "+", "").Replace(r.Path)
	return "-" + strings.ToLower(r.Method) + path
}
