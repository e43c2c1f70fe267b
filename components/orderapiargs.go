package components

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// OrderApiArgs describe a REST API whose routes lead to Lambda functions and state machines.
type OrderApiArgs struct {
	// Routes are what the API serves. Required.
	Routes []Route
	ApiSettings
	// UsagePlan limits each client. Nil for none.
	UsagePlan *UsagePlan
	// ErrorBody is what the errors are like that API Gateway itself answers: MessageBody, the default, or
	// DescriptionBody.
	ErrorBody ErrorBody
	// DependsOn is what must be in place before the API takes its first request: a topic without its subscriptions
	// would lose what is published to it.
	DependsOn []pulumi.Resource
}

// ErrorBody is the layout of an error.
type ErrorBody string

const (
	// MessageBody is {"message": "..."}.
	MessageBody ErrorBody = "message"
	// DescriptionBody is {"status": 400, "description": "..."}.
	DescriptionBody ErrorBody = "description"
)

// ApiSettings are the operational settings of an API.
type ApiSettings struct {
	// RateLimit is the steady number of requests per second that the stage lets through: 1 to 10,000, which is also
	// the account's limit and the default. Above it, callers get 429.
	RateLimit int
	// BurstLimit is how many requests may come at once: 1 to 5,000, which is also the account's limit and the default.
	BurstLimit int
	// AllowOrigin is the CORS origin: "*", the default, or one such as https://shop.example.com. The API says it in
	// preflights, in its own errors and for state machines; in other answers the functions do.
	AllowOrigin string
	// AccessLogs writes a line of JSON for each request to a log group of the API. It needs the Region's API Gateway
	// account setting to name a role: see ApiAccount, and DependsOn it if this program makes it. Off by default,
	// because where the setting is missing AWS refuses to create the stage.
	AccessLogs bool
	// Account is the Region's API Gateway setting, if this program owns it. Nil where another one does.
	Account *ApiAccount
	// LogRetentionDays is how long log groups keep their lines: a number of days that CloudWatch Logs accepts.
	// Default 30.
	LogRetentionDays int
	// Tags are put on every resource that takes tags.
	Tags map[string]string
}

// Route is one method of one path.
type Route struct {
	Method string // "GET", "POST", ...
	Path   string // "/order"
	// Function answers the route's requests. Required, unless Execution is set.
	Function *lambda.Function
	// Execution takes the route's requests straight into a state machine. It wants a Body.
	Execution *Execution
	Summary   string
	// Query are the parameters of the query string. Requests without a required one get 400.
	Query []Parameter
	// Headers are those that a client may send beside the usual ones; browsers are told so.
	Headers []Parameter
	// Body is a JSON schema of draft 4 that request bodies must meet, else 400; nil for none.
	Body map[string]any
	// BodyRules end the message of such a 400, because API Gateway tells what is wrong with a value, but not with
	// which. Letters, digits and ()[]:;,.'/_- only.
	BodyRules string
	// Responses are the statuses that the route answers: with Execution at least 202, 409, 500 and 503.
	Responses []Response
}

// Parameter is one parameter of a query string, or one header.
type Parameter struct {
	Name, Description string
	Required          bool
}

// Response is one status that a route answers.
type Response struct {
	Status      int
	Description string
}

var (
	methods       = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
	originPattern = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)
	rulesPattern  = regexp.MustCompile(`^[A-Za-z0-9 ()\[\]:;,.'/_-]*$`)
	headerPattern = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	pathPattern   = regexp.MustCompile(`^(/([A-Za-z0-9._-]+|\{[A-Za-z0-9._-]+\+?\}))+$`)
)

func (args *OrderApiArgs) validate(p *problems) {
	if len(args.Routes) == 0 {
		p.addf("Routes", "at least one is required")
	}
	seen := map[string]int{}
	for i, r := range args.Routes {
		at := fmt.Sprintf("Routes[%d]", i)
		if !slices.Contains(methods, r.Method) {
			p.addf(at+".Method", "must be one of %q, got %q", methods, r.Method)
		}
		if !pathPattern.MatchString(r.Path) {
			p.addf(at+".Path", "must be like /order or /order/{orderId}, got %q", r.Path)
		}
		if (r.Function == nil) == (r.Execution == nil) {
			p.addf(at+".Function", "is required, or Execution, and not both")
		}
		if r.Execution != nil {
			r.validateExecution(p, at)
		}
		if !rulesPattern.MatchString(r.BodyRules) {
			p.addf(at+".BodyRules", "must have letters, digits, spaces and ()[]:;,.'/_- only, got %q", r.BodyRules)
		}
		if len(r.Responses) == 0 {
			p.addf(at+".Responses", "at least one is required")
		}
		for j, response := range r.Responses {
			if response.Status < 200 || response.Status > 599 {
				p.addf(fmt.Sprintf("%s.Responses[%d].Status", at, j), "must be from 200 to 599, got %d", response.Status)
			}
		}
		for j, parameter := range r.Query {
			if parameter.Name == "" {
				p.addf(fmt.Sprintf("%s.Query[%d].Name", at, j), "is required")
			}
		}
		for j, header := range r.Headers {
			if !headerPattern.MatchString(header.Name) {
				p.addf(fmt.Sprintf("%s.Headers[%d].Name", at, j), "must have letters, digits and hyphens only, got %q", header.Name)
			}
		}
		// What differs in braces only would also give its resources the same names.
		key := routeSuffix(r)
		if other, taken := seen[key]; taken {
			p.addf(at, "%s %s cannot be told from Routes[%d]", r.Method, r.Path, other)
		}
		seen[key] = i
	}
	if bodies := []ErrorBody{"", MessageBody, DescriptionBody}; !slices.Contains(bodies, args.ErrorBody) {
		p.addf("ErrorBody", "must be one of %q, got %q", bodies[1:], args.ErrorBody)
	}
	if args.UsagePlan != nil {
		args.UsagePlan.validate(p, "UsagePlan")
	}
	args.ApiSettings.validate(p, "")
}

// requireAPIKey tells whether clients have to bring an API key.
func (args *OrderApiArgs) requireAPIKey() bool {
	return args.UsagePlan != nil && args.UsagePlan.RequireApiKey
}

// validateExecution wants what nobody else checks, with no function behind the API.
func (r Route) validateExecution(p *problems, at string) {
	r.Execution.validate(p, at+".Execution")
	if r.Body == nil {
		p.addf(at+".Body", "is required with Execution, to check the execution's name")
	}
	for _, status := range executionStatuses {
		if !slices.ContainsFunc(r.Responses, func(response Response) bool { return response.Status == status }) {
			p.addf(at+".Responses", "must have %d, which Execution may answer", status)
		}
	}
}

// withDefaults settles what the functions of a pattern share with its API.
func (s ApiSettings) withDefaults() ApiSettings {
	s.LogRetentionDays = or(s.LogRetentionDays, 30)
	s.AllowOrigin = or(s.AllowOrigin, "*")
	return s
}

func (s ApiSettings) validate(p *problems, path string) {
	p.between(path+"RateLimit", s.RateLimit, 1, 10000)
	p.between(path+"BurstLimit", s.BurstLimit, 1, 5000)
	validateRetention(p, path+"LogRetentionDays", s.LogRetentionDays)
	if o := s.AllowOrigin; o != "" && o != "*" && !originPattern.MatchString(o) {
		p.addf(path+"AllowOrigin", "must be * or an origin such as https://shop.example.com, with nothing behind it, got %q", o)
	}
	if s.Account != nil && !s.AccessLogs {
		p.addf(path+"Account", "is of use only with AccessLogs")
	}
}

// routeSuffix names the resources of a route: -post-order for POST /order.
func routeSuffix(r Route) string {
	path := strings.NewReplacer("/", "-", "{", "", "}", "", "+", "").Replace(r.Path)
	return "-" + strings.ToLower(r.Method) + path
}
