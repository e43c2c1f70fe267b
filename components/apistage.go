package components

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/apigateway"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stage creates the only stage of the API, and its access logs.
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
		// The group's name need not begin with /aws/vendedlogs/. A REST API writes access logs with the role of the account setting, and
		// needs no resource policy. https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
		logs, err := b.logGroup("access-logs")
		if err != nil {
			return nil, err
		}
		api.AccessLogGroup = logs.Name
		b.logs = append(b.logs, logs.Name)
		destination := logs.Arn
		if role := args.Settings.AccountRoleArn; role != nil {
			// The stage does not use the role, but must not be created before the account setting names it.
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

// rate converts a number of requests per second to the type that API Gateway takes.
func rate(limit pulumi.IntOutput) pulumi.Float64Output {
	return limit.ApplyT(func(n int) float64 { return float64(n) }).(pulumi.Float64Output)
}
