package main

import (
	"fmt"
	"strings"

	"github.com/order-patterns/order-patterns/components"
)

// patterns are the names that the config value pattern may have.
var patterns = []string{"fanout", "orchestrator", "eventstream", "checker"}

// accessLogs are the values of apiAccessLogs.
var accessLogs = []string{"off", "account", "own-account"}

const defaultAccessLogs = "account"

// topicTraces are the values of topicTraces.
var topicTraces = []string{"account", "own-account"}

const defaultTopicTraces = "account"

const defaultAlarms = "on" // or off

// authKinds are the values of auth, and what each needs.
const authKinds = "choose jwt: tokens of an OpenID Connect issuer, which needs jwtIssuer and jwtAudience; " +
	"iam: requests signed with AWS credentials, which needs an IAM policy that allows execute-api:Invoke on the output routeArns; " +
	"or none: everybody may place orders, read any of them and set balances, which is for a stack that holds nothing of value"

// configKey is a key of the stack's config.
type configKey struct {
	name string
	// standard is the default, whose type is also the key's: a string, an int or a bool.
	standard    any
	limits      components.Range // of an int
	description string           // ends with the limits of an int where it has %v
}

// configKeys are all keys. The section config of Pulumi.yaml is written from this list by: go test . -update
var configKeys = []configKey{
	{"pattern", "fanout", none, "What to deploy: fanout, orchestrator, eventstream or checker; several separated by commas; or all"},
	{"auth", "", none, "Who may call the APIs, required: jwt, with a token of jwtIssuer for jwtAudience; iam, with requests that are signed with AWS " +
		"credentials; or none, which is everybody"},
	{"jwtIssuer", "", none, "auth jwt: URL of the OpenID Connect issuer of the tokens"},
	{"jwtAudience", "", none, "auth jwt: what the tokens are for: their claim aud, or client_id if they have no aud"},
	{"jwtAccountClaim", components.DefaultAccountClaim, none, "auth jwt: claim that names the account of the caller"},
	{"packages", "", none, "Folder of the Lambda zips that `make build` makes; default build/arm64"},
	{"architecture", "", none, "Processor of the Lambda functions: arm64 or x86_64; default what the zips were built for"},
	{"codeFromS3", true, none, "Upload the zips to a bucket from which Lambda reads them; else they are part of the requests that create the functions, " +
		"which takes 5 seconds each"},
	{"deleteData", false, none, "Delete the table and the bucket, with what is in them, when the stack is destroyed; else both are protected"},
	{"tableReadUnits", 0, orZero(components.CapacityRange),
		"Reads of up to 4 KB that each table can do in a second, %v; 0, with tableWriteUnits 0, for tables that are paid by the request"},
	{"tableWriteUnits", 0, orZero(components.CapacityRange),
		"Writes of up to 1 KB that each table can do in a second, %v; what is beyond waits in front of the table; needs tableReadUnits"},
	{"tableMaxReadUnits", 0, orZero(components.CapacityRange),
		"Read units up to which each table scales from tableReadUnits, %v; 0 for a fixed capacity; needs tableReadUnits"},
	{"tableMaxWriteUnits", 0, orZero(components.CapacityRange),
		"Write units up to which each table scales from tableWriteUnits, %v; 0 for a fixed capacity; needs tableWriteUnits"},
	{"kmsKeyArn", "", none, "ARN of a KMS key that encrypts everything; its policy must contain what `pulumi preview` prints, the output keyPolicy; keys of AWS by default"},
	{"ownKey", false, none, "Make such a key for each pattern, which KMS rotates; needs keyUsers"},
	{"keyUsers", "", none, "ARNs of the users and roles that deploy, or look at data, and may use the own keys for that; separated by commas"},
	{"storeBatchSize", components.DefaultStoreBatchSize, smallBatches, "fanout: most orders that one invocation stores, %v"},
	{"invoiceBatchSize", components.DefaultInvoiceBatchSize, smallBatches, "fanout: most orders that one invocation invoices, %v"},
	{"express", false, none, "orchestrator: Express executions, which are cheaper and have no history; else Standard ones"},
	{"notifyEmail", "", none, "orchestrator: address that is notified of each placed order, once its owner has confirmed; none by default"},
	{"shards", 0, orZero(components.ShardsRange), "eventstream: shards of the stream, %v; 0 leaves their number to Kinesis"},
	{"readerBatchSize", components.DefaultReaderBatchSize, components.BatchSizeRange,
		"eventstream: most records in one invocation, %v; 100 is cheap, 10 is quick"},
	{"readerBatchingWindowSeconds", components.DefaultBatchingWindow, components.WindowRange,
		"eventstream: seconds to wait for a batch to fill, %v; 30 is cheap, 2 is quick"},
	{"parallelizationFactor", components.DefaultParallelizationFactor, components.ParallelizationRange,
		"eventstream: batches of one shard that are processed at the same time, %v"},
	{"readerRetryAttempts", 0, orZero(components.RetryAttemptsRange),
		"eventstream: how often a batch is retried that fails for a reason that may pass, %v; 0 for half of the time that the stream keeps records"},
	{"enhancedFanOut", false, none, "eventstream: each reader has 2 MB a second of each shard for itself; else the readers share it"},
	{"clientRateLimit", components.DefaultClientRate, components.RateRange,
		"checker: requests per second that the usage plan allows the holder of an API key, %v"},
	{"clientBurstLimit", components.DefaultClientBurst, components.BurstRange,
		"checker: requests at the same time that the usage plan allows the holder of an API key, %v"},
	{"requireApiKey", false, none, "checker: refuse requests without an API key in the header X-Api-Key; one is made, and is an output"},
	{"clientQuota", 0, orZero(components.QuotaRange),
		"checker: requests that the holder of an API key has in a clientQuotaPeriod; 0 for no limit; needs requireApiKey"},
	{"clientQuotaPeriod", "", none, "checker: DAY, WEEK or MONTH; " + components.DefaultQuotaPeriod + " by default"},
	{"apiRateLimit", components.DefaultRateLimit, components.RateRange, "Requests per second that an API lets through, %v"},
	{"apiBurstLimit", components.DefaultBurstLimit, components.BurstRange, "Requests at the same time that an API lets through, %v"},
	{"apiDetailedMetrics", false, none, "CloudWatch metrics of each method of an API, besides those of the API; each is billed"},
	{"allowOrigin", components.DefaultAllowOrigin, none,
		"CORS origin that may call the APIs from a browser, such as https://shop.example.com; * for any"},
	{"apiAccessLogs", defaultAccessLogs, none, "Access logs of the APIs: off; account, where the Region's API Gateway setting names a role already; " +
		"or own-account, if this stack is the one that makes that setting"},
	{"topicTraces", defaultTopicTraces, none, "X-Ray's permission for topics to record traces, of which an account has at most five: account, where there is one or " +
		"none is needed; or own-account, if this stack makes it for all topics of the Region"},
	{"allowedCidrs", "", none, "Ranges of addresses that may call the APIs, separated by commas, such as 192.0.2.0/24; others get 403; any by default"},
	{"webAclArn", "", none, "Web ACL of AWS WAF, of the Region, in front of the APIs; none by default"},
	{"domainName", "", none, "Name of the API's own, such as orders.example.com, of a stack with one pattern; needs certificateArn"},
	{"certificateArn", "", none, "Certificate for domainName, of AWS Certificate Manager in the stack's Region"},
	{"hostedZoneId", "", none, "Hosted zone of Route 53 that gets a record of domainName; none by default, and somebody else makes the record"},
	{"disableExecuteApiEndpoint", false, none, "Turn off the name that API Gateway gives an API; needs domainName"},
	{"alarms", defaultAlarms, none, "on or off: alarms, and a dashboard, for each pattern"},
	{"alarmTopicArn", "", none, "ARN of an SNS topic that alarms are published to; by default each pattern has one, the output alarmTopicArn"},
	{"alarmEmail", "", none, "Address that is notified of alarms, once its owner has confirmed; not with alarmTopicArn; none by default"},
	{"alarmQueueAgeSeconds", components.DefaultQueueAge, components.QueueAgeRange,
		"Seconds that the oldest message of a queue may wait, or a message may fail, before an alarm is raised, %v"},
	{"alarmFunctionErrors", components.DefaultErrors, components.ErrorsRange, "How often a function may fail in five minutes before an alarm is raised, %v"},
	{"alarmDurationPercent", components.DefaultDurationPercent, components.PercentRange,
		"Percentage of its timeout that a function may take before an alarm is raised, %v"},
	{"alarmIteratorAgeSeconds", components.DefaultIteratorAge, components.IteratorAgeRange,
		"eventstream: seconds that a reader may be behind before an alarm is raised, %v"},
	{"alarmApiErrors", components.DefaultErrors, components.ErrorsRange,
		"Requests that an API may answer with a status from 500 in five minutes before an alarm is raised, %v"},
	{"alarmApiLatencyMs", components.DefaultLatencyMs, components.LatencyRange,
		"Milliseconds that 99 percent of an API's answers may take before an alarm is raised, %v"},
	{"alarmPendingSeconds", components.DefaultPending, components.PendingRange,
		"checker: seconds that an order may be Pending before an alarm is raised, %v"},
	{"lambdaInsights", false, none, "AWS's extension of CloudWatch Lambda Insights in each function, which is billed"},
	{"lambdaInsightsLayerArn", "", none, "ARN of the version of that extension's layer; by default the one that AWS lists for the Region; needs lambdaInsights"},
	{"logRetentionDays", components.DefaultLogRetention, components.LogRetentionRange, "Days that log groups keep their lines"},
}

var (
	none components.Range
	// smallBatches are those that need no batching window, which the config does not have.
	smallBatches = components.Range{Min: components.BatchSizeRange.Min, Max: components.SmallBatch}
)

// orZero is a range in which 0 stands for: not set.
func orZero(r components.Range) components.Range { return components.Range{Min: 0, Max: r.Max} }

// text is the description, with the limits in it.
func (k configKey) text() string {
	if strings.Contains(k.description, "%v") {
		return fmt.Sprintf(k.description, k.limits)
	}
	return k.description
}
