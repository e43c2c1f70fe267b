package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stage makes the API's only stage, and its access logs.
func (api *OrderApi) stage(b *builder, args *OrderApiArgs, rest *apigateway.RestApi, deployment *apigateway.Deployment,
	ready []pulumi.Resource,
) (*apigateway.Stage, error) {
	stage := &apigateway.StageArgs{
		RestApi:            rest.ID(),
		Deployment:         deployment.ID(),
		StageName:          pulumi.String(stageName),
		XrayTracingEnabled: pulumi.Bool(true),
		Tags:               b.tags,
	}
	api.AccessLogGroup = pulumi.String("").ToStringOutput()
	if args.Settings.accessLogs() {
		// Not below /aws/vendedlogs/: access logs of a REST API are written with the role of the account's setting, and need no
		// resource policy. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
		logs, err := b.logGroup("access-logs")
		if err != nil {
			return nil, err
		}
		api.AccessLogGroup = logs.Name
		b.logs = append(b.logs, logs.Name)
		destination := logs.Arn
		if role := args.Settings.AccountRoleArn; role != nil {
			// The stage does not use the role, but must not be created before the account's setting names it.
			destination = pulumi.All(logs.Arn, role).ApplyT(func(v []any) string { return v[0].(string) }).(pulumi.StringOutput)
		}
		stage.AccessLogSettings = &apigateway.StageAccessLogSettingsArgs{
			DestinationArn: destination,
			Format:         pulumi.String(accessLogFormat),
		}
	}
	deployed, err := apigateway.NewStage(b.ctx, b.name, stage, b.after(ready...)...)
	if err != nil {
		return nil, err
	}
	settings, err := apigateway.NewMethodSettings(b.ctx, b.name, &apigateway.MethodSettingsArgs{
		RestApi:    rest.ID(),
		StageName:  deployed.StageName,
		MethodPath: pulumi.String("*/*"),
		Settings: &apigateway.MethodSettingsSettingsArgs{
			MetricsEnabled:       args.Settings.DetailedMetrics,
			ThrottlingRateLimit:  rate(intOf(args.Settings.RateLimit)),
			ThrottlingBurstLimit: args.Settings.BurstLimit,
		},
	}, b.opts()...)
	if err != nil {
		return nil, err
	}
	return deployed, b.throttleRoutes(args, rest, deployed, settings)
}

// rate is a number of requests per second, as API Gateway takes it.
func rate(limit pulumi.IntOutput) pulumi.Float64Output {
	return limit.ApplyT(func(n int) float64 { return float64(n) }).(pulumi.Float64Output)
}
