package rules_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/policy/rules"
)

type object = map[string]any

// resourceOf makes a resource of a test, with references: the names of other resources, by property.
func resourceOf(typ, name string, properties object, references ...string) rules.Resource {
	dependsOn := map[string][]string{}
	for i := 0; i+1 < len(references); i += 2 {
		dependsOn[references[i]] = append(dependsOn[references[i]], urn(references[i+1]))
		if _, given := properties[references[i]]; !given {
			properties[references[i]] = rules.Unknown{}
		}
	}
	return rules.New(urn(name), typ, properties, dependsOn)
}

func urn(name string) string { return "urn:pulumi:dev::orders::type::" + name }

// tagged are properties with tags.
func tagged(properties object) object {
	properties["tags"] = object{"project": "orders", "stack": "dev"}
	return properties
}

func policy(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

// stack is a small stack that keeps all rules, as a preview shows it that would create it: no ARN is known.
func stack() map[string]rules.Resource {
	all := map[string]rules.Resource{}
	add := func(typ, name string, properties object, references ...string) {
		all[name] = resourceOf(typ, name, properties, references...)
	}
	alarm := func(name, namespace, metric, of string) {
		add("aws:cloudwatch/metricAlarm:MetricAlarm", name, tagged(object{"namespace": namespace, "metricName": metric}), "dimensions", of, "alarmActions", "topic")
	}
	add("aws:sns/topic:Topic", "topic", tagged(object{}))
	add("aws:sqs/queue:Queue", "queue", tagged(object{"sqsManagedSseEnabled": true, "messageRetentionSeconds": 1209600.0, "visibilityTimeoutSeconds": 185.0}))
	add("aws:sqs/queue:Queue", "letters", tagged(object{"kmsMasterKeyId": "alias/orders", "messageRetentionSeconds": 1209600.0}))
	add("aws:sqs/redrivePolicy:RedrivePolicy", "redrive", object{}, "queueUrl", "queue", "redrivePolicy", "letters")
	add("aws:sns/topicSubscription:TopicSubscription", "subscription", object{"protocol": "sqs"}, "endpoint", "queue", "redrivePolicy", "letters")
	add("aws:sns/topicSubscription:TopicSubscription", "mail", object{"protocol": "email"}, "topic", "topic")
	add("aws:lambda/function:Function", "consumer", tagged(object{"timeout": 30.0}))
	add("aws:lambda/eventSourceMapping:EventSourceMapping", "mapping", object{"maximumBatchingWindowInSeconds": 5.0}, "eventSourceArn", "queue", "functionName", "consumer")
	add("aws:kinesis/stream:Stream", "stream", tagged(object{"encryptionType": "KMS", "kmsKeyId": "alias/aws/kinesis", "retentionPeriod": 168.0}))
	add("aws:lambda/eventSourceMapping:EventSourceMapping", "reader", object{"startingPosition": "TRIM_HORIZON", "destinationConfig": object{"onFailure": object{"destinationArn": rules.Unknown{}}}},
		"eventSourceArn", "stream", "functionName", "consumer")
	add("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "invocations", object{"destinationConfig": object{"onFailure": object{"destination": rules.Unknown{}}}}, "functionName", "consumer")
	add("aws:lambda/permission:Permission", "permission", object{"principal": "sns.amazonaws.com"}, "function", "consumer")
	add("aws:cloudwatch/logGroup:LogGroup", "logs", tagged(object{"retentionInDays": 14.0}))
	add("aws:dynamodb/table:Table", "table", tagged(object{}))
	add("aws:s3/bucketV2:BucketV2", "bucket", tagged(object{}))
	add("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "encryption", object{}, "bucket", "bucket")
	add("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "block",
		object{"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true}, "bucket", "bucket")
	add("aws:s3/bucketPolicy:BucketPolicy", "bucket-policy",
		object{"policy": policy(`{"Sid":"TLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}`)}, "bucket", "bucket")
	add("aws:iam/role:Role", "role", tagged(object{"assumeRolePolicy": policy(`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}`)}))
	add("aws:iam/rolePolicy:RolePolicy", "role-policy", object{"policy": policy(
		`{"Sid":"WriteTraces","Effect":"Allow","Action":["xray:PutTraceSegments"],"Resource":"*"}`,
		`{"Sid":"WriteLogs","Effect":"Allow","Action":["logs:PutLogEvents"],"Resource":["arn:aws:logs:eu-west-1:123456789012:log-group:logs:*"]}`,
		`{"Sid":"WriteInvoices","Effect":"Allow","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::bucket/*"]}`,
	)})
	add("aws:sfn/stateMachine:StateMachine", "machine", tagged(object{}))
	add("aws:apigateway/restApi:RestApi", "api", tagged(object{"body": document(`[{"jwt":[]}]`)}))
	alarm("consumer-errors", "AWS/Lambda", "Errors", "consumer")
	alarm("queue-age", "AWS/SQS", "ApproximateAgeOfOldestMessage", "queue")
	alarm("letters-visible", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "letters")
	alarm("stream-throttles", "AWS/Kinesis", "WriteProvisionedThroughputExceeded", "stream")
	alarm("machine-failed", "AWS/States", "ExecutionsFailed", "machine")
	alarm("api-errors", "AWS/ApiGateway", "5XXError", "api")
	add("aws:cloudwatch/metricAlarm:MetricAlarm", "table-errors", tagged(object{"metricQueries": []any{
		object{"id": "a", "metric": object{"namespace": "AWS/DynamoDB", "metricName": "SystemErrors", "dimensions": rules.Unknown{}}},
		object{"id": "alarm", "expression": "a"},
	}}), "metricQueries", "table", "alarmActions", "topic")
	return all
}

// document is an OpenAPI document with one route, which has this security, and its preflight.
func document(security string) string {
	return `{"components":{"securitySchemes":{
		"jwt":{"type":"apiKey","x-amazon-apigateway-authtype":"custom"},"api_key":{"type":"apiKey","name":"x-api-key"}}},
		"paths":{"/order":{"parameters":[],"options":{},"post":{"security":` + security + `}}}}`
}

// settingsOf are the default settings, with an edit.
func settingsOf(edit func(*rules.Settings)) rules.Settings {
	s := rules.DefaultSettings()
	if edit != nil {
		edit(&s)
	}
	return s
}

// set, without and add are faults: they change a stack.
type fault func(all map[string]rules.Resource)

func set(name, property string, value any) fault {
	return func(all map[string]rules.Resource) { all[name].Properties[property] = value }
}

func without(names ...string) fault {
	return func(all map[string]rules.Resource) {
		for _, name := range names {
			delete(all, name)
		}
	}
}

func add(typ, name string, properties object, references ...string) fault {
	return func(all map[string]rules.Resource) { all[name] = resourceOf(typ, name, properties, references...) }
}

func allowing(statement string) fault { return set("role-policy", "policy", policy(statement)) }

const noDestination = `sns.amazonaws.com invokes the function asynchronously, and there is no destination for failures: an event that fails is lost`

var faults = []struct {
	rule, name string
	plant      fault
	settings   func(*rules.Settings)
	want       string // the resource and the message
}{
	{"encryption-at-rest", "a queue in plain text", set("queue", "sqsManagedSseEnabled", false), nil, "queue: the queue is not encrypted: set sqsManagedSseEnabled or kmsMasterKeyId"},
	{"encryption-at-rest", "a stream in plain text", set("stream", "encryptionType", "NONE"), nil, "stream: the stream is not encrypted: set encryptionType KMS and kmsKeyId"},
	{"encryption-at-rest", "a stream without a key", set("stream", "kmsKeyId", ""), nil, "stream: the stream is not encrypted: set encryptionType KMS and kmsKeyId"},
	{"encryption-at-rest", "a bucket in plain text", without("encryption"), nil, "bucket: the bucket has no encryption configuration: add a server-side encryption configuration"},
	{"encryption-at-rest", "a table that does not use the key", add("aws:kms/key:Key", "key", tagged(object{})), nil, "table: the stack has a key, and the table does not use it: set serverSideEncryption"},

	{"topic-encryption", "a topic without a key, and no reason", set("topic", "kmsMasterKeyId", nil), func(s *rules.Settings) { s.PlainTopics = "" },
		"topic: the topic has no key: set kmsMasterKeyId, or give the reason in the settings"},
	{"topic-encryption", "a topic that does not use the key", add("aws:kms/key:Key", "key", tagged(object{})), nil, "topic: the stack has a key, and the topic does not use it: set kmsMasterKeyId"},
	{"topic-encryption", "AWS's own key", set("topic", "kmsMasterKeyId", "alias/aws/sns"), nil,
		"topic: the topic uses AWS's own key for SNS, with which other AWS services cannot publish to it: use a key of your own"},

	{"dead-letters", "a queue without redrive policy", without("redrive"), nil, "queue: a function consumes the queue, which has no redrive policy: a message that fails is retried until it expires, and is then lost"},
	{"dead-letters", "a reader without destination", set("reader", "destinationConfig", nil), nil, "reader: the reader of a stream has no destination for failures: records that fail are skipped and lost"},
	{"dead-letters", "a subscription without redrive policy", set("subscription", "redrivePolicy", ""), nil, "subscription: the subscription has no redrive policy: a message that cannot be delivered is lost"},
	{"dead-letters", "asynchronous invocations without destination", set("invocations", "destinationConfig", object{}), nil, "invocations: asynchronous invocations have no destination for failures: an event that fails is lost"},
	{"dead-letters", "a function of a topic without destination", without("invocations"), nil, "consumer: " + noDestination},

	{"retention", "logs for ever", set("logs", "retentionInDays", nil), nil, "logs: the log group keeps log lines for ever: set retentionInDays"},
	{"retention", "a short queue", set("queue", "messageRetentionSeconds", 86400.0), nil, "queue: the queue keeps messages for 1 days, and must keep them for 4"},
	{"retention", "a short stream", set("stream", "retentionPeriod", nil), nil, "stream: the stream keeps records for 24 hours, and must keep them for 72"},
	{"retention", "dead letters that expire before the queue's messages", set("letters", "messageRetentionSeconds", 864000.0), nil,
		"letters: dead letters are kept for 10 days, and queue keeps its messages for 14: a message keeps its age"},

	{"no-public-bucket", "no block", without("block"), nil, "bucket: the bucket has no public access block"},
	{"no-public-bucket", "half a block", set("block", "ignorePublicAcls", false), nil, "block: ignorePublicAcls is not true"},
	{"no-public-bucket", "a public ACL", add("aws:s3/bucketAclV2:BucketAclV2", "acl", object{"acl": "public-read"}), nil, "acl: the ACL public-read allows others"},
	{"no-public-bucket", "a policy for everybody", set("bucket-policy", "policy", policy(`{"Sid":"Read","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}`)), nil,
		"bucket-policy: the statement Read allows everybody"},

	{"no-wildcard", "all actions of a service", allowing(`{"Sid":"Orders","Effect":"Allow","Action":"dynamodb:*","Resource":"arn:aws:dynamodb:eu-west-1:123456789012:table/orders"}`), nil,
		"role-policy: the statement Orders allows dynamodb:*; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "all actions that begin alike", allowing(`{"Effect":"Allow","Action":["sqs:SendMessage","sqs:Receive*"],"Resource":"arn:aws:sqs:eu-west-1:123456789012:queue"}`), nil,
		"role-policy: the statement without Sid allows sqs:Receive*; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "all resources", allowing(`{"Sid":"Send","Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}`), nil,
		"role-policy: the statement Send allows actions on *; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "all tables", allowing(`{"Sid":"Read","Effect":"Allow","Action":"dynamodb:GetItem","Resource":["arn:aws:dynamodb:eu-west-1:123456789012:table/*"]}`), nil,
		"role-policy: the statement Read allows actions on arn:aws:dynamodb:eu-west-1:123456789012:table/*; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "all buckets", allowing(`{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::*"}`), nil,
		"role-policy: the statement Read allows actions on arn:aws:s3:::*; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "all actions but some", allowing(`{"Sid":"Most","Effect":"Allow","NotAction":"iam:PassRole","Resource":"arn:aws:s3:::bucket"}`), nil,
		"role-policy: the statement Most allows all actions but some; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "a reason for other actions", allowing(`{"Sid":"WriteTraces","Effect":"Allow","Action":["xray:PutTraceSegments","s3:GetObject"],"Resource":"*"}`), nil,
		"role-policy: the statement WriteTraces allows actions on *; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "a reason for actions that are written out", allowing(`{"Sid":"WriteTraces","Effect":"Allow","Action":"xray:*","Resource":"*"}`), nil,
		"role-policy: the statement WriteTraces allows xray:*; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "an exception without a reason", allowing(`{"Sid":"Send","Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}`),
		func(s *rules.Settings) { s.Wildcards["Send"] = rules.Exception{Actions: []string{"sqs:SendMessage"}} },
		"role-policy: the statement Send allows actions on *; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "a queue for everybody", add("aws:sqs/queuePolicy:QueuePolicy", "queue-policy", object{"policy": policy(`{"Sid":"Send","Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:eu-west-1:123456789012:queue"}`)}), nil,
		"queue-policy: the statement Send allows everybody; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "a role for everybody", set("role", "assumeRolePolicy", object{"Statement": object{"Sid": "Assume", "Effect": "Allow", "Principal": object{"AWS": []any{"*"}}, "Action": "sts:AssumeRole"}}), nil,
		"role: the statement Assume allows everybody; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "an inline policy", set("role", "inlinePolicies", []any{object{"name": "wide", "policy": policy(`{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}`)}}), nil,
		"role: the statement All allows *; name what is needed, or give the reason in the settings"},
	{"no-wildcard", "a function for everybody", set("permission", "principal", "*"), nil, "permission: everybody may invoke the function; name the service or the account"},
	{"no-wildcard", "a managed policy", add("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "attachment", object{"policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}), nil,
		"attachment: the AWS managed policy AmazonS3FullAccess is attached, which is wider than one role needs; write a policy, or give the reason in the settings"},

	{"visibility-timeout", "a short timeout of the queue", set("queue", "visibilityTimeoutSeconds", 180.0), nil,
		"queue: the visibility timeout is 180 s, and must be at least 185 s: 6 times the timeout of consumer, plus the batching window"},
	{"visibility-timeout", "a long timeout of the function", set("consumer", "timeout", 60.0), nil,
		"queue: the visibility timeout is 185 s, and must be at least 365 s: 6 times the timeout of consumer, plus the batching window"},
	{"visibility-timeout", "the default of SQS", set("queue", "visibilityTimeoutSeconds", nil), nil,
		"queue: the visibility timeout is 30 s, and must be at least 185 s: 6 times the timeout of consumer, plus the batching window"},

	{"authorizer", "a method without security", set("api", "body", document("[]")), nil, "api: everybody may call POST /order: it has no authorizer"},
	{"authorizer", "a method with an API key only", set("api", "body", document(`[{"api_key":[]}]`)), nil, "api: everybody may call POST /order: it has no authorizer"},
	{"authorizer", "an unknown scheme", set("api", "body", document(`[{"other":[]}]`)), nil, "api: everybody may call POST /order: it has no authorizer"},
	{"authorizer", "a method of its own", add("aws:apigateway/method:Method", "method", object{"httpMethod": "GET", "authorization": "NONE"}), nil, "method: everybody may call the method: authorization is NONE"},
	{"authorizer", "a function's address", add("aws:lambda/functionUrl:FunctionUrl", "address", object{"authorizationType": "NONE"}), nil, "address: everybody may call the function: authorizationType is NONE"},

	{"alarms", "no alarm of a function", without("consumer-errors"), nil, "consumer: no alarm with an action watches Errors"},
	{"alarms", "no alarm of a queue", without("queue-age"), nil, "queue: no alarm with an action watches ApproximateAgeOfOldestMessage or ApproximateNumberOfMessagesVisible"},
	{"alarms", "no alarm of a table", without("table-errors"), nil, "table: no alarm with an action watches SystemErrors or ReadThrottleEvents or WriteThrottleEvents or ThrottledRequests"},
	{"alarms", "no alarm of a stream", without("stream-throttles"), nil,
		"stream: no alarm with an action watches WriteProvisionedThroughputExceeded or ReadProvisionedThroughputExceeded or GetRecords.IteratorAgeMilliseconds"},
	{"alarms", "no alarm of a machine", without("machine-failed"), nil, "machine: no alarm with an action watches ExecutionsFailed"},
	{"alarms", "no alarm of an API", without("api-errors"), nil, "api: no alarm with an action watches 5XXError"},
	{"alarms", "an alarm that tells nobody", set("api-errors", "alarmActions", []any{}), nil, "api: no alarm with an action watches 5XXError"},
	{"alarms", "an alarm whose actions are off", set("api-errors", "actionsEnabled", false), nil, "api: no alarm with an action watches 5XXError"},
	{"alarms", "an alarm on another metric", set("api-errors", "metricName", "Count"), nil, "api: no alarm with an action watches 5XXError"},

	{"tags", "no tags", set("queue", "tags", nil), nil, "queue: tags are missing: project, stack"},
	{"tags", "one tag of two", set("bucket", "tags", object{"project": "orders"}), nil, "bucket: tags are missing: stack"},
}

func TestACompliantStackHasNoFindings(t *testing.T) {
	t.Parallel()
	require.Empty(t, check(stack(), settingsOf(nil)))
}

func TestEachInjectedFaultIsFoundAndNothingElse(t *testing.T) {
	t.Parallel()
	planted := map[string]bool{}
	for _, f := range faults {
		planted[f.rule] = true
		t.Run(f.rule+"/"+f.name, func(t *testing.T) {
			t.Parallel()
			all := stack()
			f.plant(all)
			var found []string
			for _, finding := range check(all, settingsOf(f.settings)) {
				if finding.Rule == f.rule {
					found = append(found, finding.Name+": "+finding.Message)
				}
			}
			require.Equal(t, []string{f.want}, found)
		})
	}
	for _, rule := range rules.All() {
		require.True(t, planted[rule.Name], "there is no planted fault for %s", rule.Name)
	}
}

// check runs the rules over a stack, in the order of names.
func check(all map[string]rules.Resource, settings rules.Settings) []rules.Finding {
	var resources []rules.Resource
	for r := range maps.Values(all) {
		resources = append(resources, r)
	}
	return rules.Check(resources, rules.Config{Settings: settings})
}

func TestUnknownValuesAreNotReported(t *testing.T) {
	t.Parallel()
	all := stack()
	for _, r := range all {
		for property := range r.Properties {
			if property != "tags" && property != "startingPosition" && property != "namespace" && property != "metricName" && property != "metricQueries" {
				r.Properties[property] = rules.Unknown{}
			}
		}
	}
	require.Empty(t, check(all, settingsOf(nil)))
}

// A state has the ARNs, and resources of other programs have no dependencies.
func TestRelationsAreFoundByARNToo(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:sqs:eu-west-1:123456789012:letters"
	all := stack()
	all["letters"].Properties["arn"] = arn
	all["redrive"] = resourceOf("aws:sqs/redrivePolicy:RedrivePolicy", "redrive", object{"redrivePolicy": `{"deadLetterTargetArn":"` + arn + `","maxReceiveCount":5}`}, "queueUrl", "queue")
	all["letters"].Properties["messageRetentionSeconds"] = 864000.0
	found := check(all, settingsOf(nil))
	require.Len(t, found, 1)
	require.Equal(t, "retention", found[0].Rule)
}

func TestTheReasonForAWildcardIsGivenByTheSidAndTheActions(t *testing.T) {
	t.Parallel()
	all := stack()
	allowing(`{"Sid":"Send","Effect":"Allow","Action":"sqs:SendMessage","Resource":"*"}`)(all)
	require.Len(t, check(all, settingsOf(nil)), 1)
	require.Empty(t, check(all, settingsOf(func(s *rules.Settings) {
		s.Wildcards["Send"] = rules.Exception{Reason: "the queues of all tenants", Actions: []string{"sqs:SendMessage"}}
	})))
}
