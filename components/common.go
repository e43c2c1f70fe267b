package components

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Common are the arguments that all patterns share.
type Common struct {
	// Packages is the folder with the functions' zips. Default in a Go program: build/ARCHITECTURE, where `make build` puts them; in
	// other languages: the zips of the plugin.
	Packages string `pulumi:"packages,optional"`
	// Zips are the same zips where they are not in a folder of this machine: an embed.FS, for example. Those that the component needs
	// are written to the user's cache folder, once. It can be set from Go only.
	Zips fs.FS
	// Architecture is [ARM64] or [X8664]. Default: what the zips were built for; [ARM64] where Packages is not set either.
	Architecture string `pulumi:"architecture,optional"`
	// CodeFromS3 uploads the zips to a bucket, also those of your own functions, from which Lambda reads them. Without it they are part
	// of the requests that create the functions, which the AWS provider sends one after another, 5 seconds each.
	CodeFromS3 bool `pulumi:"codeFromS3,optional"`
	// CodeBucket is the name of the bucket for CodeFromS3. Default: the component makes one.
	CodeBucket pulumi.StringPtrInput `pulumi:"codeBucket,optional"`
	// Tags are put on every resource that takes tags.
	Tags pulumi.StringMapInput `pulumi:"tags,optional"`
	// LogRetentionDays is how long log groups keep their lines: a number of days that CloudWatch Logs accepts. Default
	// [DefaultLogRetention].
	LogRetentionDays pulumi.IntPtrInput `pulumi:"logRetentionDays,optional"`
	// DeleteData deletes the tables, the bucket and the stream, with what is in them, when the stack is destroyed. By
	// default they are protected, and tables can be restored to any second of the last 35 days.
	DeleteData bool `pulumi:"deleteData,optional"`
	// KmsKeyArn is the ARN of a KMS key of this account and Region that encrypts topics, queues, tables, the bucket of invoices, the
	// stream, log groups and the environment of functions. Its policy must contain the output KeyPolicy: see docs/keys.md.
	// Default: keys of AWS, and topics are not encrypted at rest.
	KmsKeyArn pulumi.StringPtrInput `pulumi:"kmsKeyArn,optional"`
	// OwnKey makes such a key for the component, which KMS rotates every year. Unless DeleteData is set, it is protected.
	OwnKey bool `pulumi:"ownKey,optional"`
	// KeyUsers are the ARNs of the IAM users and roles that deploy the component, or look at its data, and may use its own key for
	// that; * and ? are wildcards. Required with OwnKey.
	KeyUsers pulumi.StringArrayInput `pulumi:"keyUsers,optional"`
	// Alarms are the settings of the alarms and the dashboard, which are made by default.
	Alarms AlarmSettings `pulumi:"alarms,optional"`
	// LambdaInsights adds AWS's extension to each function, which records the use of memory and processor, and costs for it.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Lambda-Insights.html
	LambdaInsights bool `pulumi:"lambdaInsights,optional"`
	// LambdaInsightsLayerArn is the ARN of the version of the extension's layer. Default: the one that AWS lists for the Region and the
	// architecture. It is required where AWS lists none.
	LambdaInsightsLayerArn pulumi.StringPtrInput `pulumi:"lambdaInsightsLayerArn,optional"`
}

// shared is what the children of a component have in common: Common, validated.
type shared struct {
	packages         packages
	codeFromS3       bool
	codeBucket       pulumi.StringInput // nil if it is still to be made
	tags             pulumi.StringMapInput
	logRetentionDays pulumi.IntPtrInput
	deleteData       bool
	keyArgs          keyArgs
	alarmArgs        AlarmSettings
	insights         insights
}

// resolve validates the arguments. functions names the zips that must be in the folder.
func (c Common) resolve(v *validator, functions ...string) shared {
	for _, function := range functions {
		v.child(roleName, function+"-role")
	}
	var codeBucket pulumi.StringInput
	switch {
	case unset(c.CodeBucket):
	case !c.CodeFromS3:
		v.addf("Common.CodeBucket", "is of use only with CodeFromS3")
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

// retentionDays are the days that CloudWatch Logs accepts:
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// LogRetentionRange is from the shortest to the longest retention that CloudWatch Logs accepts.
var LogRetentionRange = Range{retentionDays[0], retentionDays[len(retentionDays)-1]}

func checkRetention(days int) error {
	if !slices.Contains(retentionDays, days) {
		return fmt.Errorf("must be one of %v, got %d", retentionDays, days)
	}
	return nil
}
