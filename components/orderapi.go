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

// stageName is the name of the only stage of an API, and the first part of its paths.
const stageName = "prod"

// OrderApi is a REST API of API Gateway with one stage. One OpenAPI document defines its routes, validation, CORS and errors. The stage has
// throttling and tracing.
type OrderApi struct {
	pulumi.ResourceState

	// Url is the base URL of the API: https://API.execute-api.REGION.amazonaws.com/prod, or https://DOMAIN.
	Url pulumi.StringOutput `pulumi:"url"`
	// RestApiId is the id of the REST API.
	RestApiId pulumi.StringOutput `pulumi:"restApiId"`
	// Document is the OpenAPI document.
	Document pulumi.StringOutput `pulumi:"document"`
	// AccessLogGroup is the name of the log group of the access logs. Empty if access logs are off.
	AccessLogGroup pulumi.StringOutput `pulumi:"accessLogGroup"`
	// ApiKey is the value of the usage plan's API key, a secret. Empty if no key is required.
	ApiKey pulumi.StringOutput `pulumi:"apiKey"`
	// Auth is the kind of its authorizer: none, iam or jwt.
	Auth pulumi.StringOutput `pulumi:"auth"`
	// RouteArns holds the execute-api ARN of each route, for IAM policies that allow execute-api:Invoke. The key is the route, such as
	// "POST /order". Path parameters are *.
	RouteArns pulumi.StringMapOutput `pulumi:"routeArns"`

	// Alarms holds the name of each alarm. The key says what the alarm watches, such as "api-errors". AlarmArn is the ARN of a composite
	// alarm, which is raised while any of the others is. AlarmTopicArn is the SNS topic that alarms are published to. DashboardName is the
	// name of the CloudWatch dashboard. All of them are empty if alarms are off, and for the API of a pattern, whose component has the
	// alarms.
	Alarms        pulumi.StringMapOutput `pulumi:"alarms"`
	AlarmArn      pulumi.StringOutput    `pulumi:"alarmArn"`
	AlarmTopicArn pulumi.StringOutput    `pulumi:"alarmTopicArn"`
	DashboardName pulumi.StringOutput    `pulumi:"dashboardName"`

	roleNames pulumi.StringArray // of the routes that start executions
	functions []*function        // the functions that the API itself creates
	key       *key               // nil without a customer-managed key
	pattern   string             // the component that the API is part of; empty if it is used alone
	orders    bool               // whether that component has Orders
	watched   watched            // for the alarms of that component
}

const orderApiType = "order-patterns:components:OrderApi"

// NewOrderApi registers an OrderApi. It validates all arguments before it registers anything. The error lists every argument that is not
// valid.
func NewOrderApi(ctx *pulumi.Context, name string, args *OrderApiArgs, opts ...pulumi.ResourceOption) (*OrderApi, error) {
	api := &OrderApi{}
	return register(ctx, orderApiType, name, api, args, api.build, opts...)
}

// Outputs returns the outputs by name.
func (api *OrderApi) Outputs() pulumi.Map { return outputs(api) }

// outputs returns the outputs that a pattern repeats. All of them are empty if api is nil.
func (api *OrderApi) outputs() (url, accessLogGroup, auth pulumi.StringOutput, routeArns pulumi.StringMapOutput) {
	if api == nil {
		none := pulumi.String("").ToStringOutput()
		return none, none, none, pulumi.StringMap{}.ToStringMapOutput()
	}
	return api.Url, api.AccessLogGroup, api.Auth, api.RouteArns
}

// integration renders the target of a route with this kind of authorizer.
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

// accessLogFormat is one JSON object on one line. It holds ids and results, and no data of the order. The functions' log lines have the
// same keys. There, requestId is the id of the invocation, so the id of the API's request has another name.
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
		// The import warns about parts of a schema that API Gateway ignores. The consumer of the requests validates them too, so these
		// warnings must not stop a deployment:
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/import-export-api-OpenAPI-overview.html
		FailOnWarnings: pulumi.Bool(false),
		Policy:         policy,
		// nil instead of false, as the provider's default.
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
	// A deployment is a snapshot, so a changed document or policy needs a new one.
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
	// The stage is created last, so that everything exists before its first request.
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

// document renders the OpenAPI document once everything that it depends on is known.
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

// targets returns what the document needs to know about the target of each route: the invocation ARN of a function, or the ARN of a state
// machine and of the role that starts it. It creates these roles. ready must exist before the first request.
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

// invokePermissions allows the API to invoke each function, for its routes only.
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

// pathARN returns a path in the form of an execute-api ARN, with * for parameters.
func pathARN(path string) string { return pathParameter.ReplaceAllString(path, "*") }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
