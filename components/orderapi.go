package components

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stageName is the name of every API's only stage, the first part of its paths.
const stageName = "prod"

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
	// ApiKey is the value of the usage plan's API key, a secret; empty if none is required.
	ApiKey pulumi.StringOutput

	roles pulumi.StringArray // of the routes into state machines
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
	build := func() error { return api.build(ctx, name, args) }
	return api, register(ctx, orderApiType, name, api, build, opts...)
}

// Outputs are the API's fields.
func (api *OrderApi) Outputs() pulumi.Map {
	return pulumi.Map{
		"url": api.Url, "restApiId": api.RestApiId, "document": api.Document, "accessLogGroup": api.AccessLogGroup, "apiKey": api.ApiKey,
	}
}

// targets are what the document has to know of where each route leads, and what must be in place before it is used: of
// a function its invocation ARN; of a state machine its ARN and that of the role that starts it.
func (api *OrderApi) targets(ctx *pulumi.Context, name string, args *OrderApiArgs, parent pulumi.ResourceOption) (targets []any, ready []pulumi.Resource, err error) {
	for _, r := range args.Routes {
		if r.Function != nil {
			targets = append(targets, r.Function.InvokeArn)
			continue
		}
		role, policy, err := r.Execution.newRole(ctx, name+"-start"+routeSuffix(r), pulumi.ToStringMap(args.Tags), parent)
		if err != nil {
			return nil, nil, err
		}
		ready = append(ready, policy)
		api.roles = append(api.roles, role.Name)
		targets = append(targets, pulumi.StringArray{r.Execution.StateMachine.Arn, role.Arn})
	}
	return targets, ready, nil
}

// integration renders one of the targets.
func (r Route) integration(target any, allowOrigin string) (object, error) {
	switch t := target.(type) {
	case string:
		if t != "" {
			return lambdaProxy(t), nil
		}
	case []string:
		if len(t) == 2 && t[0] != "" && t[1] != "" {
			return r.Execution.integration(t[0], t[1], allowOrigin)
		}
	}
	return nil, fmt.Errorf("what it leads to has no ARN, got %v", target)
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

	targets, ready, err := api.targets(ctx, name, args, parent)
	if err != nil {
		return err
	}
	document := pulumi.All(targets...).ApplyT(func(values []any) (string, error) {
		integrations := make([]object, len(values))
		for i, v := range values {
			var err error
			if integrations[i], err = args.Routes[i].integration(v, origin); err != nil {
				return "", fmt.Errorf("route %d: %w", i, err)
			}
		}
		return args.openAPI(name, integrations, origin)
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
	ready = append(ready, args.DependsOn...)
	for _, r := range args.Routes {
		if r.Function == nil {
			continue
		}
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
	api.ApiKey = pulumi.String("").ToStringOutput()
	if args.UsagePlan != nil {
		if api.ApiKey, err = newUsagePlan(ctx, name, *args.UsagePlan, rest, deployed, tags, parent); err != nil {
			return err
		}
	}
	api.Url = deployed.InvokeUrl
	api.RestApiId = rest.ID().ToStringOutput()
	api.Document = document
	return nil
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// pathARN is a path as an execute-api ARN has it, with * for parameters.
func pathARN(path string) string { return pathParameter.ReplaceAllString(path, "*") }

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
