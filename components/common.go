package components

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Common holds the arguments that all patterns share.
type Common struct {
	// Packages is the folder with the zips of the built-in functions. Default in a Go program: build/ARCHITECTURE, where `make build`
	// writes them. Default in other languages: the zips that the plugin contains.
	Packages string `pulumi:"packages,optional"`
	// Zips is a file system with the same zips, such as an embed.FS, instead of a folder of this machine. The zips that the component needs
	// are written once to the user's cache folder. It can only be set from Go.
	Zips fs.FS
	// Architecture is [ARM64] or [X8664]. Default: the architecture that the zips were built for; [ARM64] if Packages is not set either.
	Architecture string `pulumi:"architecture,optional"`
	// CodeFromS3 uploads the zips to a bucket, from which Lambda reads them; zips of your own functions too. Without it, the zips are part
	// of the requests that create the functions, which the AWS provider sends one after another, 5 seconds each. Default false.
	CodeFromS3 bool `pulumi:"codeFromS3,optional"`
	// CodeBucket is the name of the bucket for CodeFromS3. Default: the component creates one.
	CodeBucket pulumi.StringPtrInput `pulumi:"codeBucket,optional"`
	// Tags are set on every resource that supports tags.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
	// LogRetentionDays is how long log groups keep log events: a number of days that CloudWatch Logs accepts. Default
	// [DefaultLogRetention].
	LogRetentionDays pulumi.IntPtrInput `pulumi:"logRetentionDays,optional"`
	// DeleteData allows the tables, the bucket and the stream to be deleted with their data when the stack is destroyed. By default they
	// are protected, and tables can be restored to any second of the last 35 days.
	DeleteData bool `pulumi:"deleteData,optional"`
	// KmsKeyArn is the ARN of a KMS key of this account and Region. It encrypts topics, queues, tables, the bucket of invoices, the stream,
	// log groups and the environment of functions. Its policy must contain the output KeyPolicy: see docs/keys.md. Default: keys of AWS,
	// and topics are not encrypted at rest.
	KmsKeyArn pulumi.StringPtrInput `pulumi:"kmsKeyArn,optional"`
	// OwnKey creates such a key for the component, which KMS rotates every year. It is protected unless DeleteData is set. Default false.
	OwnKey bool `pulumi:"ownKey,optional"`
	// KeyUsers are the ARNs of IAM users and roles that deploy the component or read its data, and may use its own key for that. * and ?
	// are wildcards. Required with OwnKey.
	KeyUsers pulumi.StringArrayInput `pulumi:"keyUsers,optional"`
	// Alarms configures the alarms and the dashboard, which are created by default.
	Alarms AlarmSettings `pulumi:"alarms,optional"`
	// LambdaInsights adds AWS's Lambda Insights extension to each function. It reports memory and CPU usage, at an extra cost. Default
	// false. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights.html
	LambdaInsights bool `pulumi:"lambdaInsights,optional"`
	// LambdaInsightsLayerArn is the ARN of a version of the extension's layer. Default: the version that AWS lists for the Region and the
	// architecture. Required where AWS lists none.
	LambdaInsightsLayerArn pulumi.StringPtrInput `pulumi:"lambdaInsightsLayerArn,optional"`
}

// shared is Common after validation: what all children of a component have in common.
type shared struct {
	packages         packages
	codeFromS3       bool
	codeBucket       pulumi.StringInput // nil if it is not created yet
	tags             pulumi.StringMapInput
	logRetentionDays pulumi.IntPtrInput
	deleteData       bool
	keyArgs          keyArgs
	alarmArgs        AlarmSettings
	insights         insights
}

// resolve validates the arguments. functions names the zips that must exist.
func (c Common) resolve(v *validator, functions ...string) shared {
	for _, function := range functions {
		v.child(roleName, function+"-role")
	}
	var codeBucket pulumi.StringInput
	switch {
	case unset(c.CodeBucket):
	case !c.CodeFromS3:
		v.addf("Common.CodeBucket", "is accepted only with CodeFromS3")
	default:
		codeBucket = stringOf(c.CodeBucket)
	}
	return shared{
		packages:         findPackages(v, "Common.", c.Packages, c.Zips, c.Architecture, functions...),
		codeFromS3:       c.CodeFromS3,
		codeBucket:       codeBucket,
		tags:             v.tags("Common.Tags", c.Tags),
		logRetentionDays: v.number("Common.LogRetentionDays", c.LogRetentionDays, checkRetention, DefaultLogRetention),
		deleteData:       c.DeleteData,
		keyArgs:          c.resolveKey(v),
		alarmArgs:        c.Alarms.resolve(v, "Common.Alarms"),
		insights:         c.resolveInsights(v),
	}
}

// retentionDays are the retention periods that CloudWatch Logs accepts:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// LogRetentionRange is from the shortest to the longest retention that CloudWatch Logs accepts, in days.
var LogRetentionRange = Range{retentionDays[0], retentionDays[len(retentionDays)-1]}

func checkRetention(days int) error {
	if !slices.Contains(retentionDays, days) {
		return fmt.Errorf("must be one of %v, got %d", retentionDays, days)
	}
	return nil
}
