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

// authKinds are the values of auth, and what each requires.
const authKinds = "choose jwt: tokens of an OpenID Connect issuer, which requires jwtIssuer and jwtAudience; " +
	"iam: requests signed with AWS credentials, which requires an IAM policy that allows execute-api:Invoke on the output routeArns; " +
	"or none: everybody may place orders, read any of them and set balances, which is for a stack that holds nothing of value"

// configKey is a key of the stack's config.
type configKey struct {
	name string
	// standard is the default. Its type is the key's type: a string, an int or a bool.
	standard    any
	limits      components.Range // of an int
	description string           // limits of an int replace %v
}

// configKeys are all keys. go test . -update writes the section config of Pulumi.yaml from this list.
var configKeys = []configKey{
	{"pattern", "fanout", none, "Patterns to deploy: fanout, orchestrator, eventstream or checker; several separated by commas; or all"},
	{"auth", "", none, "Who may call the APIs, required: jwt, callers with a token of jwtIssuer for jwtAudience; iam, callers that sign requests with AWS " +
		"credentials; or none, everybody"},
	{"jwtIssuer", "", none, "auth jwt: URL of the OpenID Connect issuer of the tokens"},
	{"jwtAudience", "", none, "auth jwt: audience of the tokens: their claim aud, or client_id if they have no aud"},
	{"jwtAccountClaim", components.DefaultAccountClaim, none, "auth jwt: claim that names the caller's account"},
	{"packages", "", none, "Folder with the Lambda zips of `make build`; default build/arm64"},
	{"architecture", "", none, "Architecture of the Lambda functions: arm64 or x86_64; default the one that the zips were built for"},
	{"codeFromS3", true, none, "Upload the zips to a bucket from which Lambda reads them; otherwise they are part of the requests that create the functions, " +
		"which take 5 seconds each"},
	{"deleteData", false, none, "Delete the tables, the bucket and the stream with their data when the stack is destroyed; otherwise they are protected"},
	{"tableReadUnits", 0, orZero(components.CapacityRange),
		"Read capacity units of each table, %v: one is a read of up to 4 KB per second; 0, with tableWriteUnits 0, for on-demand tables"},
	{"tableWriteUnits", 0, orZero(components.CapacityRange),
		"Write capacity units of each table, %v: one is a write of up to 1 KB per second; orders beyond that wait in a queue; requires tableReadUnits"},
	{"tableMaxReadUnits", 0, orZero(components.CapacityRange),
		"Read capacity units up to which each table scales from tableReadUnits, %v; 0 for a fixed capacity; requires tableReadUnits"},
	{"tableMaxWriteUnits", 0, orZero(components.CapacityRange),
		"Write capacity units up to which each table scales from tableWriteUnits, %v; 0 for a fixed capacity; requires tableWriteUnits"},
	{"kmsKeyArn", "", none, "ARN of a KMS key that encrypts everything; its policy must contain the output keyPolicy, which `pulumi preview` prints; keys of AWS by default"},
	{"ownKey", false, none, "Create such a key for each pattern, which KMS rotates; requires keyUsers"},
	{"keyUsers", "", none, "ARNs of users and roles that deploy or read data, and may use the own keys for that; separated by commas"},
	{"storeBatchSize", components.DefaultStoreBatchSize, smallBatches, "fanout: largest number of orders that one invocation stores, %v"},
	{"invoiceBatchSize", components.DefaultInvoiceBatchSize, smallBatches, "fanout: largest number of orders that one invocation invoices, %v"},
	{"express", false, none, "orchestrator: Express executions, which are cheaper and have no history; otherwise Standard ones"},
	{"notifyEmail", "", none, "orchestrator: address that is notified of each placed order, once its owner has confirmed the subscription; none by default"},
	{"shards", 0, orZero(components.ShardsRange), "eventstream: number of shards of the stream, %v; 0 for on-demand capacity"},
	{"readerBatchSize", components.DefaultReaderBatchSize, components.BatchSizeRange,
		"eventstream: largest number of records in one invocation, %v; 100 costs less, 10 is faster"},
	{"readerBatchingWindowSeconds", components.DefaultBatchingWindow, components.WindowRange,
		"eventstream: seconds to wait for a batch to fill, %v; 30 costs less, 2 is faster"},
	{"parallelizationFactor", components.DefaultParallelizationFactor, components.ParallelizationRange,
		"eventstream: number of batches of one shard that are processed concurrently, %v"},
	{"readerRetryAttempts", 0, orZero(components.RetryAttemptsRange),
		"eventstream: number of retries of a batch that fails for a reason that may pass, %v; 0 to retry for half of the stream's retention period"},
	{"enhancedFanOut", false, none, "eventstream: each reader has its own throughput of 2 MB per second and shard; otherwise all readers share it"},
	{"clientRateLimit", components.DefaultClientRate, components.RateRange,
		"checker: requests per second that the usage plan allows per API key, %v"},
	{"clientBurstLimit", components.DefaultClientBurst, components.BurstRange,
		"checker: concurrent requests that the usage plan allows per API key, %v"},
	{"requireApiKey", false, none, "checker: refuse requests without an API key in the header X-Api-Key; the stack creates one, which is an output"},
	{"clientQuota", 0, orZero(components.QuotaRange),
		"checker: number of requests per API key in a clientQuotaPeriod; 0 for no limit; requires requireApiKey"},
	{"clientQuotaPeriod", "", none, "checker: DAY, WEEK or MONTH; " + components.DefaultQuotaPeriod + " by default"},
	{"apiRateLimit", components.DefaultRateLimit, components.RateRange, "Requests per second that an API accepts, %v"},
	{"apiBurstLimit", components.DefaultBurstLimit, components.BurstRange, "Concurrent requests that an API accepts, %v"},
	{"apiDetailedMetrics", false, none, "CloudWatch metrics for each method of an API, in addition to those of the API; each is billed"},
	{"allowOrigin", components.DefaultAllowOrigin, none,
		"CORS origin that may call the APIs from a browser, such as https://shop.example.com; * for any"},
	{"apiAccessLogs", defaultAccessLogs, none, "Access logs of the APIs: off; account, if the Region's API Gateway account setting already names a role; " +
		"or own-account, if this stack creates that setting"},
	{"topicTraces", defaultTopicTraces, none, "X-Ray's permission for topics to record traces; an account has at most five: account, if one exists or none is needed; " +
		"or own-account, if this stack creates it for all topics of the Region"},
	{"allowedCidrs", "", none, "CIDR blocks that may call the APIs, separated by commas, such as 192.0.2.0/24; others get 403; any address by default"},
	{"webAclArn", "", none, "ARN of an AWS WAF web ACL of the Region, in front of the APIs; none by default"},
	{"domainName", "", none, "Custom domain name of the API, such as orders.example.com, in a stack with one pattern; requires certificateArn"},
	{"certificateArn", "", none, "ARN of the certificate for domainName, in AWS Certificate Manager in the stack's Region"},
	{"hostedZoneId", "", none, "Id of the Route 53 hosted zone that gets a record of domainName; by default no record is created"},
	{"disableExecuteApiEndpoint", false, none, "Turn off the name that API Gateway gives an API; requires domainName"},
	{"alarms", defaultAlarms, none, "on or off: alarms and a dashboard for each pattern"},
	{"alarmTopicArn", "", none, "ARN of an SNS topic that alarms are published to; by default each pattern has one, the output alarmTopicArn"},
	{"alarmEmail", "", none, "Address that is notified of alarms, once its owner has confirmed the subscription; not with alarmTopicArn; none by default"},
	{"alarmQueueAgeSeconds", components.DefaultQueueAge, components.QueueAgeRange,
		"Seconds that the oldest message of a queue may wait before an alarm is raised, %v"},
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
	{"lambdaInsights", false, none, "The CloudWatch Lambda Insights extension in each function; it is billed"},
	{"lambdaInsightsLayerArn", "", none, "ARN of a version of that extension's layer; by default the version that AWS lists for the Region; requires lambdaInsights"},
	{"logRetentionDays", components.DefaultLogRetention, components.LogRetentionRange, "Days that log groups keep log events"},
}

var (
	none components.Range
	// smallBatches is for queues without a batching window, which the config cannot set.
	smallBatches = components.Range{Min: components.BatchSizeRange.Min, Max: components.SmallBatch}
)

// orZero extends a range by 0, which means that the key is not set.
func orZero(r components.Range) components.Range { return components.Range{Min: 0, Max: r.Max} }

// text returns the description with the limits filled in.
func (k configKey) text() string {
	if strings.Contains(k.description, "%v") {
		return fmt.Sprintf(k.description, k.limits)
	}
	return k.description
}
