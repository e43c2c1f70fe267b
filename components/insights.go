package components

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// insights holds the validated arguments of Lambda Insights.
type insights struct {
	on    bool
	layer pulumi.StringPtrInput // nil for the version that AWS lists
	at    func(error) error     // adds the argument's path to an error of a value that resolves late
}

var layerARN = regexp.MustCompile(`^arn:[^:]+:lambda:[^:]+:[0-9]{12}:layer:[A-Za-z0-9_-]+:[0-9]+$`)

func checkLayerARN(arn string) error {
	if !layerARN.MatchString(arn) {
		return fmt.Errorf("must be the ARN of a version of a layer, such as arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension-Arm64:23, got %q", arn)
	}
	return nil
}

func (c Common) resolveInsights(v *validator) insights {
	i := insights{on: c.LambdaInsights, at: func(err error) error { return v.late("Common.LambdaInsights", err) }}
	for _, path := range v.fullLayers {
		if i.on {
			v.addf(path, "must be at most %d, because Common.LambdaInsights adds one, got %d", maxLayers-1, maxLayers)
		}
	}
	if unset(c.LambdaInsightsLayerArn) {
		return i
	}
	if !i.on {
		v.addf("Common.LambdaInsightsLayerArn", "is accepted only with LambdaInsights")
	}
	i.layer = v.text("Common.LambdaInsightsLayerArn", c.LambdaInsightsLayerArn, checkLayerARN, "")
	return i
}

// mayReport allows what the extension does: it writes to one log group, from which CloudWatch extracts the metrics, and creates that group
// if it does not exist. AWS's managed policy CloudWatchLambdaInsightsExecutionRolePolicy would allow creating any log group.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-Getting-Started.html
func (b *builder) mayReport() []statement {
	if !b.insights.on {
		return nil
	}
	is := b.identity()
	group := pulumi.Sprintf("arn:%s:logs:%s:%s:log-group:/aws/lambda-insights", is.partition, is.region, is.account)
	return []statement{{
		sid: "ReportInsights", actions: []string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
		resources: []pulumi.StringInput{group, pulumi.Sprintf("%s:*", group)},
	}}
}

// insightsLayer returns the ARN of the extension's layer, or nil without the extension.
func (b *builder) insightsLayer(architecture string) pulumi.StringInput {
	switch {
	case !b.insights.on:
		return nil
	case b.insights.layer != nil:
		return stringOf(b.insights.layer)
	}
	is := b.identity()
	return pulumi.All(is.partition, is.region).ApplyT(func(v []any) (string, error) {
		arn, err := insightsLayerARN(v[0].(string), v[1].(string), architecture)
		return arn, b.insights.at(err)
	}).(pulumi.StringOutput)
}

// insightsLayerARN returns the ARN of version 1.0.404.0 of the extension's layer. The version is fixed, so that a deployment does not
// change it:
//
//   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-extension-versionsARM.html
//   - https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights-extension-versionsx86-64.html
func insightsLayerARN(partition, region, architecture string) (string, error) {
	name, versions := "LambdaInsightsExtension-Arm64", insightsARM
	if architecture == X8664 {
		name, versions = "LambdaInsightsExtension", insightsX86
	}
	version, listed := versions[region]
	if !listed {
		return "", fmt.Errorf("AWS lists no layer for %s in %s: set LambdaInsightsLayerArn", architecture, region)
	}
	account, other := insightsAccounts[region]
	if !other {
		account = "580247275435"
	}
	return fmt.Sprintf("arn:%s:lambda:%s:%s:layer:%s:%d", partition, region, account, name, version), nil
}
