package components

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stageName is the name of every API's only stage, the first part of its paths.
const stageName = "prod"

// OrderApiArgs describe a REST API whose routes lead to Lambda functions.
type OrderApiArgs struct {
	// Routes are what the API serves. Required.
	Routes []Route
	ApiSettings
	// DependsOn is what must be in place before the API takes its first request: a topic without its subscriptions
	// would lose what is published to it.
	DependsOn []pulumi.Resource
}

// ApiSettings are the operational settings of an API.
type ApiSettings struct {
	// RateLimit is the steady number of requests per second that the stage lets through: 1 to 10,000, which is also
	// the account's limit and the default. Above it, callers get 429.
	RateLimit int
	// BurstLimit is how many requests may come at once: 1 to 5,000, which is also the account's limit and the default.
	BurstLimit int
	// AllowOrigin is the CORS origin: "*", the default, or one such as https://shop.example.com. The API says it in
	// preflights and in its own errors; in other answers the functions do.
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
	// Function answers the route's requests.
	Function *lambda.Function
	Summary  string
	// Query are the parameters of the query string. Requests without a required one get 400.
	Query []Parameter
	// Body is a JSON schema of draft 4 that request bodies must meet, else 400; nil for none.
	Body map[string]any
	// Responses are the statuses that the function answers.
	Responses []Response
}

// Parameter is one parameter of a query string.
type Parameter struct {
	Name, Description string
	Required          bool
}

// Response is one status that a route answers.
type Response struct {
	Status      int
	Description string
}

// OrderApi is a REST API in API Gateway with one stage, described by one OpenAPI document: routing, validation, CORS
// and the wording of errors. The stage is throttled and traced.
type OrderApi struct {
	pulumi.ResourceState

	// Url is where the API answers, the stage included: https://API.execute-api.REGION.amazonaws.com/prod.
	Url pulumi.StringOutput
	// RestApiId is the API's id.
	RestApiId pulumi.StringOutput
	// Document is the OpenAPI document.
	Document pulumi.StringOutput
	// AccessLogGroup is the name of the log group of its access logs; empty without them.
	AccessLogGroup pulumi.StringOutput
}

const orderApiType = "order-patterns:components:OrderApi"

// NewOrderApi registers an OrderApi. It refuses bad arguments, all at once, before it registers anything.
func NewOrderApi(ctx *pulumi.Context, name string, args *OrderApiArgs, opts ...pulumi.ResourceOption) (*OrderApi, error) {
	if args == nil {
		args = &OrderApiArgs{}
	}
	p := &problems{}
	args.validate(p)
	if err := p.err(orderApiType, name); err != nil {
		return nil, err
	}
	api := &OrderApi{}
	if err := ctx.RegisterComponentResource(orderApiType, name, api, opts...); err != nil {
		return nil, err
	}
	if err := api.build(ctx, name, args); err != nil {
		return nil, fmt.Errorf("%s %q: %w", orderApiType, name, err)
	}
	return api, ctx.RegisterResourceOutputs(api, pulumi.Map{
		"url": api.Url, "restApiId": api.RestApiId, "document": api.Document, "accessLogGroup": api.AccessLogGroup,
	})
}

var (
	methods       = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}
	originPattern = regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)
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
		if r.Function == nil {
			p.addf(at+".Function", "is required")
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
		// What differs in braces only would also give its resources the same names.
		key := routeSuffix(r)
		if other, taken := seen[key]; taken {
			p.addf(at, "%s %s cannot be told from Routes[%d]", r.Method, r.Path, other)
		}
		seen[key] = i
	}
	args.ApiSettings.validate(p, "")
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

// accessLogFormat is one JSON object on one line. It holds ids and outcomes, and nothing of the order.
const accessLogFormat = `{"requestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId",` +
	`"time":"$context.requestTime","method":"$context.httpMethod","path":"$context.resourcePath",` +
	`"status":"$context.status","responseLatency":"$context.responseLatency",` +
	`"integrationLatency":"$context.integrationLatency","errorType":"$context.error.responseType",` +
	`"traceId":"$context.xrayTraceId"}`

func (api *OrderApi) build(ctx *pulumi.Context, name string, args *OrderApiArgs) error {
	parent := pulumi.Parent(api)
	tags := pulumi.ToStringMap(args.Tags)
	origin := or(args.AllowOrigin, "*")

	var arns []any
	for _, r := range args.Routes {
		arns = append(arns, r.Function.InvokeArn)
	}
	document := pulumi.All(arns...).ApplyT(func(values []any) (string, error) {
		integrations := make([]string, len(values))
		for i, v := range values {
			arn, _ := v.(string)
			if arn == "" {
				return "", fmt.Errorf("Routes[%d].Function: has no invocation ARN", i)
			}
			integrations[i] = arn
		}
		return openAPI(name, args.Routes, integrations, origin)
	}).(pulumi.StringOutput)

	rest, err := apigateway.NewRestApi(ctx, name, &apigateway.RestApiArgs{
		Body: document,
		EndpointConfiguration: &apigateway.RestApiEndpointConfigurationArgs{
			Types: pulumi.String("REGIONAL"),
		},
		FailOnWarnings: pulumi.Bool(true),
		Tags:           tags,
	}, parent)
	if err != nil {
		return err
	}

	// A permission per route, and the stage after all of them: the first request must not find its way barred.
	ready := slices.Clone(args.DependsOn)
	for _, r := range args.Routes {
		permission, err := lambda.NewPermission(ctx, name+"-invoke"+routeSuffix(r), &lambda.PermissionArgs{
			Action:    pulumi.String("lambda:InvokeFunction"),
			Function:  r.Function.Name,
			Principal: pulumi.String("apigateway.amazonaws.com"),
			SourceArn: pulumi.Sprintf("%s/%s/%s%s", rest.ExecutionArn, stageName, r.Method, pathARN(r.Path)),
		}, parent)
		if err != nil {
			return err
		}
		ready = append(ready, permission)
	}

	deployment, err := apigateway.NewDeployment(ctx, name, &apigateway.DeploymentArgs{
		RestApi: rest.ID(),
		// A deployment is a snapshot: a changed document needs a new one.
		Triggers: pulumi.StringMap{"document": document.ApplyT(digest).(pulumi.StringOutput)},
	}, parent)
	if err != nil {
		return err
	}

	stage := &apigateway.StageArgs{
		RestApi:            rest.ID(),
		Deployment:         deployment.ID(),
		StageName:          pulumi.String(stageName),
		XrayTracingEnabled: pulumi.Bool(true),
		Tags:               tags,
	}
	api.AccessLogGroup = pulumi.String("").ToStringOutput()
	if args.AccessLogs {
		logs, err := cloudwatch.NewLogGroup(ctx, name+"-access-logs", &cloudwatch.LogGroupArgs{
			RetentionInDays: pulumi.Int(or(args.LogRetentionDays, 30)),
			Tags:            tags,
		}, parent)
		if err != nil {
			return err
		}
		stage.AccessLogSettings = &apigateway.StageAccessLogSettingsArgs{
			DestinationArn: logs.Arn,
			Format:         pulumi.String(accessLogFormat),
		}
		api.AccessLogGroup = logs.Name
		if args.Account != nil {
			ready = append(ready, args.Account.account)
		}
	}
	deployed, err := apigateway.NewStage(ctx, name, stage, parent, pulumi.DependsOn(ready))
	if err != nil {
		return err
	}
	_, err = apigateway.NewMethodSettings(ctx, name, &apigateway.MethodSettingsArgs{
		RestApi:    rest.ID(),
		StageName:  deployed.StageName,
		MethodPath: pulumi.String("*/*"),
		Settings: &apigateway.MethodSettingsSettingsArgs{
			MetricsEnabled:       pulumi.Bool(true),
			ThrottlingRateLimit:  pulumi.Float64(or(args.RateLimit, 10000)),
			ThrottlingBurstLimit: pulumi.Int(or(args.BurstLimit, 5000)),
		},
	}, parent)
	if err != nil {
		return err
	}
	api.Url = deployed.InvokeUrl
	api.RestApiId = rest.ID().ToStringOutput()
	api.Document = document
	return nil
}

// routeSuffix names the resources of a route: -post-order for POST /order.
func routeSuffix(r Route) string {
	path := strings.NewReplacer("/", "-", "{", "", "}", "", "+", "").Replace(r.Path)
	return "-" + strings.ToLower(r.Method) + path
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// pathARN is a path as an execute-api ARN has it, with * for parameters.
func pathARN(path string) string { return pathParameter.ReplaceAllString(path, "*") }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
