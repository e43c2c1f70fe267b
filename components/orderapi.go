package components

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stageName is the name of every API's only stage, the first part of its paths.
const stageName = "prod"

// OrderApi is a REST API in API Gateway with one stage, described by one OpenAPI document: routing, validation, CORS
// and the wording of errors. The stage is throttled and traced.
type OrderApi struct {
	pulumi.ResourceState

	// Url is where the API answers: https://API.execute-api.REGION.amazonaws.com/prod, or https://DOMAIN.
	Url pulumi.StringOutput `pulumi:"url"`
	// RestApiId is the API's id.
	RestApiId pulumi.StringOutput `pulumi:"restApiId"`
	// Document is the OpenAPI document.
	Document pulumi.StringOutput `pulumi:"document"`
	// AccessLogGroup is the name of the log group of its access logs; empty without them.
	AccessLogGroup pulumi.StringOutput `pulumi:"accessLogGroup"`
	// ApiKey is the value of the usage plan's API key, a secret; empty if none is required.
	ApiKey pulumi.StringOutput `pulumi:"apiKey"`
	// Auth is the kind of its authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns are the ARNs that IAM policies allow execute-api:Invoke on, by the route, such as "POST /order". Parameters of a
	// path are *.
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`

	// Alarms are the names of the alarms by what they watch, such as "api-errors". AlarmArn is an alarm that is raised while one of
	// them is, AlarmTopicArn the topic that they are published to, and DashboardName the page that shows all of it. Empty without
	// alarms, and for an API that is part of a pattern, which has them.
	Alarms        pulumi.StringMapOutput `pulumi:"alarms"`
	AlarmArn      pulumi.StringOutput    `pulumi:"alarmArn"`
	AlarmTopicArn pulumi.StringOutput    `pulumi:"alarmTopicArn"`
	DashboardName pulumi.StringOutput    `pulumi:"dashboardName"`

	roleNames pulumi.StringArray // of the routes into state machines
	functions []*function        // of its own
	key       *key               // nil without one
	pattern   string             // that it is part of; empty if it is used alone
	orders    bool               // whether that is our example
	watched   watched            // by that pattern
}

const orderApiType = "order-patterns:components:OrderApi"

// NewOrderApi registers an OrderApi. It refuses bad arguments, all at once, before it registers anything.
func NewOrderApi(ctx *pulumi.Context, name string, args *OrderApiArgs, opts ...pulumi.ResourceOption) (*OrderApi, error) {
	api := &OrderApi{}
	return register(ctx, orderApiType, name, api, args, api.build, opts...)
}

// Outputs are the API's fields.
func (api *OrderApi) Outputs() pulumi.Map { return outputs(api) }

// outputs are those that a pattern repeats; all are empty without an API.
func (api *OrderApi) outputs() (url, accessLogGroup, auth pulumi.StringOutput, routeArns pulumi.StringMapOutput) {
	if api == nil {
		none := pulumi.String("").ToStringOutput()
		return none, none, none, pulumi.StringMap{}.ToStringMapOutput()
	}
	return api.Url, api.AccessLogGroup, api.Auth, api.RouteArns
}

// integration renders one of the targets, of a route with this kind of authorizer.
func (r Route) integration(target any, allowOrigin string, kind AuthorizerKind) (object, error) {
	switch t := target.(type) {
	case string:
		if t != "" {
			return lambdaProxy(t), nil
		}
	case []string:
		if len(t) == 2 && t[0] != "" && t[1] != "" {
			return r.Execution.integration(t[0], t[1], allowOrigin, kind == AuthJwt)
		}
	}
	return nil, fmt.Errorf("its target has no ARN, got %v", target)
}

// accessLogFormat is one JSON object on one line. It holds ids and outcomes, and nothing of the order. The functions' lines have the
// same keys: requestId is that of an invocation there, so the one of the API's request has another name.
const accessLogFormat = `{"apiRequestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId",` +
	`"time":"$context.requestTime","method":"$context.httpMethod","path":"$context.resourcePath",` +
	`"status":"$context.status","responseLatency":"$context.responseLatency",` +
	`"integrationLatency":"$context.integrationLatency","errorType":"$context.error.responseType",` +
	`"traceId":"$context.xrayTraceId"}`

func (api *OrderApi) build(b *builder, args *OrderApiArgs) error {
	api.key = b.key
	b.pattern, b.orders = cmp.Or(api.pattern, b.name), api.orders
	var err error
	if args.Routes, err = b.run(args.Routes, args, functionSpec{}); err != nil {
		return err
	}
	targets, ready, err := api.targets(b, args.Routes)
	if err != nil {
		return err
	}
	authorizer, err := b.authorizer(args)
	if err != nil {
		return err
	}
	document := api.document(b, args, targets, authorizer)
	policy := b.resourcePolicy(args)
	rest, err := apigateway.NewRestApi(b.ctx, b.name, &apigateway.RestApiArgs{
		Body: document,
		EndpointConfiguration: &apigateway.RestApiEndpointConfigurationArgs{
			Types: pulumi.String("REGIONAL"),
		},
		// The import warns of parts of a schema that API Gateway ignores. What takes the requests validates them anyway, so that
		// is no reason not to deploy: https://docs.aws.amazon.com/apigateway/latest/developerguide/import-export-api-OpenAPI-overview.html
		FailOnWarnings: pulumi.Bool(false),
		Policy:         policy,
		// nil, not false, which is the provider's default too.
		DisableExecuteApiEndpoint: trueOrNil(args.Settings.DisableExecuteApiEndpoint),
		Tags:                      b.tags,
	}, b.opts()...)
	if err != nil {
		return err
	}
	permissions, err := b.invokePermissions(rest, args.Routes)
	if err != nil {
		return err
	}
	if authorizer != nil {
		permission, err := b.mayAuthorize(rest, authorizer)
		if err != nil {
			return err
		}
		permissions = append(permissions, permission)
	}
	// A deployment is a snapshot: a changed document or policy needs a new one.
	triggers := pulumi.StringMap{"document": document.ApplyT(digest).(pulumi.StringOutput)}
	if policy != nil {
		triggers["policy"] = stringOf(policy).ApplyT(digest).(pulumi.StringOutput)
	}
	deployment, err := apigateway.NewDeployment(b.ctx, b.name, &apigateway.DeploymentArgs{
		RestApi:  rest.ID(),
		Triggers: triggers,
	}, b.opts()...)
	if err != nil {
		return err
	}
	// The stage comes last, so that its first request finds everything in place.
	stage, err := api.stage(b, args, rest, deployment, slices.Concat(ready, args.DependsOn, permissions))
	if err != nil {
		return err
	}
	b.watchAPI(rest, stage)
	api.functions = b.functions
	api.ApiKey = pulumi.String("").ToStringOutput()
	if args.UsagePlan != nil {
		if api.ApiKey, err = b.usagePlan(*args.UsagePlan, rest, stage); err != nil {
			return err
		}
	}
	api.Url = stage.InvokeUrl
	if args.Settings.DomainName != nil {
		if api.Url, err = b.domain(args.Settings, rest, stage); err != nil {
			return err
		}
	}
	if args.Settings.WebAclArn != nil {
		if err := b.webACL(args.Settings.WebAclArn, stage); err != nil {
			return err
		}
	}
	api.RestApiId = rest.ID().ToStringOutput()
	api.Document = document
	api.Auth = pulumi.String(args.Authorizer.Kind).ToStringOutput()
	api.RouteArns = rest.ExecutionArn.ApplyT(func(arn string) map[string]string {
		arns := map[string]string{}
		for _, r := range args.Routes {
			arns[r.Method+" "+r.Path] = arn + "/" + stageName + "/" + r.Method + pathARN(r.Path)
		}
		return arns
	}).(pulumi.StringMapOutput)
	if api.pattern != "" {
		api.watched = b.watched
		api.Alarms, api.AlarmArn, api.AlarmTopicArn, api.DashboardName = noAlarms()
		return nil
	}
	api.Alarms, api.AlarmArn, api.AlarmTopicArn, api.DashboardName, err = b.watch()
	return err
}

func trueOrNil(b bool) pulumi.BoolPtrInput {
	if b {
		return pulumi.Bool(true)
	}
	return nil
}

// document renders the OpenAPI document, once all that it depends on is known.
func (api *OrderApi) document(b *builder, args *OrderApiArgs, targets []any, authorizer *function) pulumi.StringOutput {
	inputs := pulumi.Map{
		"targets": pulumi.ToOutput(targets), "origin": stringOf(args.Settings.AllowOrigin),
	}
	if authorizer != nil {
		inputs["authorizer"], inputs["seconds"] = authorizer.InvokeArn, intOf(args.Authorizer.CacheSeconds)
	}
	return inputs.ToMapOutput().ApplyT(func(values map[string]any) (string, error) {
		d := documentArgs{title: b.name, integrations: make([]object, len(args.Routes))}
		d.allowOrigin, _ = values["origin"].(string)
		d.authorizerURI, _ = values["authorizer"].(string)
		d.cacheSeconds, _ = values["seconds"].(int)
		for i, target := range values["targets"].([]any) {
			var err error
			if d.integrations[i], err = args.Routes[i].integration(target, d.allowOrigin, args.kind(args.Routes[i])); err != nil {
				return "", fmt.Errorf("route %d: %w", i, err)
			}
		}
		if authorizer != nil && d.authorizerURI == "" {
			return "", fmt.Errorf("the authorizer has no ARN")
		}
		return args.openAPI(d)
	}).(pulumi.StringOutput)
}

// targets returns what the document must know about the target of each route: of a function its invocation ARN; of a
// state machine its ARN and that of the role that starts it, which it makes. ready is what must be in place before the
// first request.
func (api *OrderApi) targets(b *builder, routes []Route) (targets []any, ready []pulumi.Resource, err error) {
	for _, r := range routes {
		if r.Function != nil {
			targets = append(targets, r.Function.InvokeArn)
			continue
		}
		role, policy, err := b.role("start"+routeSuffix(r), apiGatewayService,
			may("StartExecution", r.Execution.StateMachineArn, "states:StartExecution"))
		if err != nil {
			return nil, nil, err
		}
		ready = append(ready, policy)
		api.roleNames = append(api.roleNames, role.Name)
		targets = append(targets, pulumi.StringArray{r.Execution.StateMachineArn, role.Arn})
	}
	return targets, ready, nil
}

// invokePermissions lets the API invoke each function, for its routes only.
func (b *builder) invokePermissions(rest *apigateway.RestApi, routes []Route) (permissions []pulumi.Resource, err error) {
	for _, r := range routes {
		if r.Function == nil {
			continue
		}
		permission, err := lambda.NewPermission(b.ctx, b.child("invoke"+routeSuffix(r)), &lambda.PermissionArgs{
			Action:    pulumi.String("lambda:InvokeFunction"),
			Function:  r.Function.Name,
			Principal: pulumi.String(apiGatewayService),
			SourceArn: pulumi.Sprintf("%s/%s/%s%s", rest.ExecutionArn, stageName, r.Method, pathARN(r.Path)),
		}, b.opts()...)
		if err != nil {
			return nil, err
		}
		permissions = append(permissions, permission)
	}
	return permissions, nil
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// pathARN is a path as an execute-api ARN has it, with * for parameters.
func pathARN(path string) string { return pathParameter.ReplaceAllString(path, "*") }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
