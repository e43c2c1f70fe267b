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
	{"pattern", "fanout", none, "Patterns to deploy: fanout, orchestrator, eventstream, checker; several separated by commas; or all"},
	{"auth", "", none, "Required. Authorizer of the APIs: jwt, for tokens of jwtIssuer for jwtAudience; iam, for requests that are signed with AWS " +
		"credentials; or none, with which everybody may call"},
	{"jwtIssuer", "", none, "auth jwt: URL of the OpenID Connect issuer of the tokens"},
	{"jwtAudience", "", none, "auth jwt: required value of the tokens' claim aud, or of client_id if they have no aud"},
	{"jwtAccountClaim", components.DefaultAccountClaim, none, "auth jwt: claim with the account of the caller"},
	{"packages", "", none, "Folder with the Lambda zips of `make build`; default build/arm64"},
	{"architecture", "", none, "Processor of the Lambda functions: arm64 or x86_64; default: the processor that the zips were built for"},
	{"codeFromS3", true, none, "Upload the zips to a bucket, from which Lambda reads them; if false, the requests that create the functions contain the zips, " +
		"which takes 5 seconds for each function"},
	{"deleteData", false, none, "Delete the tables, the bucket and the stream, with their data, when the stack is destroyed; if false, they are protected"},
	{"tableReadUnits", 0, orZero(components.CapacityRange),
		"Reads of up to 4 KB per second of each table, %v; 0, with tableWriteUnits 0, for on-demand tables"},
	{"tableWriteUnits", 0, orZero(components.CapacityRange),
		"Writes of up to 1 KB per second of each table, %v; further orders wait in their queue, execution or stream; requires tableReadUnits"},
	{"tableMaxReadUnits", 0, orZero(components.CapacityRange),
		"Maximum to which the read units of each table scale from tableReadUnits, %v; 0 for a fixed capacity; requires tableReadUnits"},
	{"tableMaxWriteUnits", 0, orZero(components.CapacityRange),
		"Maximum to which the write units of each table scale from tableWriteUnits, %v; 0 for a fixed capacity; requires tableWriteUnits"},
	{"kmsKeyArn", "", none, "ARN of a KMS key that encrypts all data; its policy must contain the statements of the output keyPolicy, which `pulumi preview` prints; by default AWS's keys encrypt"},
	{"ownKey", false, none, "Create a KMS key for each pattern, which KMS rotates; requires keyUsers"},
	{"keyUsers", "", none, "ownKey: ARNs of the users and roles that deploy or read data, and may use the keys; separated by commas"},
	{"storeBatchSize", components.DefaultStoreBatchSize, smallBatches, "fanout: maximum number of orders that one invocation stores, %v"},
	{"invoiceBatchSize", components.DefaultInvoiceBatchSize, smallBatches, "fanout: maximum number of orders that one invocation invoices, %v"},
	{"express", false, none, "orchestrator: Express executions, which are cheaper and have no history; if false, Standard executions"},
	{"notifyEmail", "", none, "orchestrator: e-mail address that receives a message for each placed order, after its owner has confirmed; none by default"},
	{"shards", 0, orZero(components.ShardsRange), "eventstream: number of shards of the stream, %v; 0 for on-demand capacity"},
	{"readerBatchSize", components.DefaultReaderBatchSize, components.BatchSizeRange,
		"eventstream: maximum number of records in one invocation, %v; 100 is cheap, 10 is quick"},
	{"readerBatchingWindowSeconds", components.DefaultBatchingWindow, components.WindowRange,
		"eventstream: seconds to wait for a batch to fill, %v; 30 is cheap, 2 is quick"},
	{"parallelizationFactor", components.DefaultParallelizationFactor, components.ParallelizationRange,
		"eventstream: batches of one shard that are processed at the same time, %v"},
	{"readerRetryAttempts", 0, orZero(components.RetryAttemptsRange),
		"eventstream: maximum number of retries of a batch after temporary failures, %v; with 0, retries end after half of the stream's retention"},
	{"enhancedFanOut", false, none, "eventstream: each reader has its own 2 MB per second of each shard; if false, the readers share 2 MB per second"},
	{"clientRateLimit", components.DefaultClientRate, components.RateRange,
		"checker: requests per second that the usage plan allows for an API key, %v"},
	{"clientBurstLimit", components.DefaultClientBurst, components.BurstRange,
		"checker: concurrent requests that the usage plan allows for an API key, %v"},
	{"requireApiKey", false, none, "checker: refuse requests without an API key in the header X-Api-Key; the stack creates a key, which is an output"},
	{"clientQuota", 0, orZero(components.QuotaRange),
		"checker: requests that an API key allows in a clientQuotaPeriod; 0 for no limit; requires requireApiKey"},
	{"clientQuotaPeriod", "", none, "checker: DAY, WEEK or MONTH; " + components.DefaultQuotaPeriod + " by default"},
	{"apiRateLimit", components.DefaultRateLimit, components.RateRange, "Requests per second that an API accepts, %v"},
	{"apiBurstLimit", components.DefaultBurstLimit, components.BurstRange, "Concurrent requests that an API accepts, %v"},
	{"apiDetailedMetrics", false, none, "CloudWatch metrics of each method of an API, in addition to the metrics of the API; each is billed"},
	{"allowOrigin", components.DefaultAllowOrigin, none,
		"CORS origin that may call the APIs from a browser, such as https://shop.example.com; * for any"},
	{"apiAccessLogs", defaultAccessLogs, none, "Access logs of the APIs: off; account, if the Region's API Gateway setting has a role already; " +
		"or own-account, if this stack creates that setting"},
	{"topicTraces", defaultTopicTraces, none, "X-Ray's resource policy that lets topics record traces; an account has at most five such policies: account, if the policy exists or is not " +
		"needed; or own-account, if this stack creates it for all topics of the Region"},
	{"allowedCidrs", "", none, "Address ranges that may call the APIs, separated by commas, such as 192.0.2.0/24; other addresses get 403; any by default"},
	{"webAclArn", "", none, "ARN of a Regional web ACL of AWS WAF for the APIs; none by default"},
	{"domainName", "", none, "Domain name of the API, such as orders.example.com, in a stack with one pattern; requires certificateArn"},
	{"certificateArn", "", none, "ARN of a certificate for domainName, in AWS Certificate Manager in the stack's Region"},
	{"hostedZoneId", "", none, "Id of the Route 53 hosted zone in which the stack creates the record of domainName; by default the stack creates no record"},
	{"disableExecuteApiEndpoint", false, none, "Turn off the default domain name of API Gateway; requires domainName"},
	{"alarms", defaultAlarms, none, "on or off: create alarms and a dashboard for each pattern"},
	{"alarmTopicArn", "", none, "ARN of an SNS topic that receives the alarms; by default each pattern creates a topic, the output alarmTopicArn"},
	{"alarmEmail", "", none, "E-mail address that receives the alarms, after its owner has confirmed; not with alarmTopicArn; none by default"},
	{"alarmQueueAgeSeconds", components.DefaultQueueAge, components.QueueAgeRange,
		"Seconds that the oldest message of a queue may wait, or a message may fail, before an alarm is raised, %v"},
	{"alarmFunctionErrors", components.DefaultErrors, components.ErrorsRange, "Errors of a function in five minutes above which an alarm is raised, %v"},
	{"alarmDurationPercent", components.DefaultDurationPercent, components.PercentRange,
		"Duration of a function, in percent of its timeout, above which an alarm is raised, %v"},
	{"alarmIteratorAgeSeconds", components.DefaultIteratorAge, components.IteratorAgeRange,
		"eventstream: delay of a reader in seconds above which an alarm is raised, %v"},
	{"alarmApiErrors", components.DefaultErrors, components.ErrorsRange,
		"Responses of an API with a status of 500 or more in five minutes above which an alarm is raised, %v"},
	{"alarmApiLatencyMs", components.DefaultLatencyMs, components.LatencyRange,
		"99th percentile of an API's latency, in milliseconds, above which an alarm is raised, %v"},
	{"alarmPendingSeconds", components.DefaultPending, components.PendingRange,
		"checker: age in seconds of a Pending order above which an alarm is raised, %v"},
	{"lambdaInsights", false, none, "Add the CloudWatch Lambda Insights extension to each function; it is billed"},
	{"lambdaInsightsLayerArn", "", none, "ARN of a layer version of Lambda Insights; by default the version that AWS lists for the Region; requires lambdaInsights"},
	{"logRetentionDays", components.DefaultLogRetention, components.LogRetentionRange, "Days for which log groups keep their lines"},
}

var (
	none components.Range
	// smallBatches is for queues without a batching window, which the config cannot set.
	smallBatches = components.Range{Min: components.BatchSizeRange.Min, Max: components.SmallBatch}
)

// orZero extends a range by 0, which means that the key is not set.
func orZero(r components.Range) components.Range { return components.Range{Min: 0, Max: r.Max} }

// text is the description, with the limits in it.
func (k configKey) text() string {
	if strings.Contains(k.description, "%v") {
		return fmt.Sprintf(k.description, k.limits)
	}
	return k.description
}
