package components_test

import (
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const (
	functionType = "aws:lambda/function:Function"
	queueType    = "aws:sqs/queue:Queue"
	logGroupType = "aws:cloudwatch/logGroup:LogGroup"
	tableType    = "aws:dynamodb/table:Table"
	bucketType   = "aws:s3/bucketV2:BucketV2"
	stageType    = "aws:apigateway/stage:Stage"
	machineType  = "aws:sfn/stateMachine:StateMachine"
	topicType    = "aws:sns/topic:Topic"
	alarmType    = "aws:cloudwatch/metricAlarm:MetricAlarm"
	queryType    = "aws:cloudwatch/queryDefinition:QueryDefinition"
	streamType   = "aws:kinesis/stream:Stream"
)

// has asserts that inputs have these values. It ignores other inputs.
func has(t *testing.T, inputs, want map[string]any) {
	t.Helper()
	got := map[string]any{}
	for key := range want {
		got[key] = inputs[key]
	}
	require.Empty(t, cmp.Diff(want, got))
}

func TestFunctionsByDefault(t *testing.T) {
	type size struct{ memory, timeout float64 }
	sizes := map[string]map[string]size{
		"fanout": {
			"publish-order": {512, 10}, "store-order": {512, 30}, "write-invoice": {128, 30}, "get-order": {256, 10}, "get-invoice": {256, 10},
		},
		"orchestrator": {
			"store-order-task": {256, 10}, "write-invoice-task": {256, 10}, "take-back-order-task": {256, 10},
			"get-order": {256, 10}, "get-invoice": {256, 10},
		},
		"eventstream": {
			"append-order": {512, 10}, "project-order": {512, 30}, "invoice-order": {512, 30}, "get-order": {256, 10}, "get-invoice": {256, 10},
		},
	}
	sizes["checker"] = map[string]size{
		"capture-order": {512, 10}, "get-order-status": {512, 10}, "update-account": {512, 10}, "update-stock": {512, 10},
		"check-balance": {256, 10}, "check-stock": {256, 10}, "update-order": {256, 40}, "relay-order": {256, 10}, "ship-order": {256, 30},
	}
	each(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		for _, fn := range functions[pattern] {
			name, want := pattern+"-"+fn, sizes[pattern][fn]
			has(t, c.inputs(t, functionType, name), map[string]any{
				"memorySize": want.memory, "timeout": want.timeout, "runtime": "provided.al2023", "handler": "bootstrap",
				"architectures": []any{"arm64"}, "tracingConfig": map[string]any{"mode": "Active"},
				"loggingConfig":                map[string]any{"logFormat": "JSON", "logGroup": "name:loggroup/" + name + "-logs"},
				"role":                         "arn:role/" + name + "-role",
				"reservedConcurrentExecutions": nil, "name": nil,
			})
			// The zip is passed on unchanged, under a path that does not depend on where the engine runs.
			code := c.find(t, functionType, name).Inputs["code"].ArchiveValue()
			require.True(t, filepath.IsAbs(code.Path))
			require.Equal(t, fn+".zip", filepath.Base(code.Path))
			has(t, c.inputs(t, logGroupType, name+"-logs"), map[string]any{"retentionInDays": 30.0})
			// Without its policy the function's first invocations would fail.
			require.Contains(t, c.dependencies(t, functionType, name), "rolepolicy/"+name+"-policy")
		}
	})
}

func TestEnvironmentOfTheFunctions(t *testing.T) {
	const origin = "https://shop.example.com"
	eachCoffeePattern(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		for _, name := range []string{"get-order", "get-invoice"} {
			variables := at(t, c.inputs(t, functionType, pattern+"-"+name), "environment", "variables")
			require.Equal(t, "*", variables["ALLOW_ORIGIN"], name)
		}
	})
	eachCoffeePattern(t, common{api: components.ApiSettings{AllowOrigin: pulumi.String(origin)}}, func(t *testing.T, pattern string, c *cloud) {
		table, bucket := "name:table/"+pattern+"-orders", "name:bucketv2/"+pattern+"-invoices"
		for name, want := range map[string]map[string]any{
			"publish-order":        {"TOPIC_ARN": "arn:topic/fanout-orders", "ALLOW_ORIGIN": origin},
			"store-order":          {"TABLE_NAME": table, "QUEUE_URL": "https://queue/fanout-store-order", "DEAD_LETTERS_URL": "https://queue/fanout-store-order-dead-letters"},
			"write-invoice":        {"BUCKET_NAME": bucket, "QUEUE_URL": "https://queue/fanout-write-invoice", "DEAD_LETTERS_URL": "https://queue/fanout-write-invoice-dead-letters"},
			"append-order":         {"STREAM_ARN": "arn:stream/eventstream-events", "ALLOW_ORIGIN": origin},
			"project-order":        {"TABLE_NAME": table, "FAILURES_URL": "https://queue/eventstream-project-order-failures"},
			"invoice-order":        {"BUCKET_NAME": bucket, "FAILURES_URL": "https://queue/eventstream-invoice-order-failures"},
			"store-order-task":     {"TABLE_NAME": table},
			"write-invoice-task":   {"BUCKET_NAME": bucket},
			"take-back-order-task": {"TABLE_NAME": table},
			"get-order":            {"TABLE_NAME": table, "ALLOW_ORIGIN": origin},
			"get-invoice":          {"BUCKET_NAME": bucket, "ALLOW_ORIGIN": origin},
		} {
			if slices.Contains(functions[pattern], name) {
				want["PATTERN"] = pattern
				has(t, c.inputs(t, functionType, pattern+"-"+name), map[string]any{"environment": map[string]any{"variables": want}})
			}
		}
	})
}

func TestQueuesByDefault(t *testing.T) {
	c := fanOut(t, nil)
	for name, batch := range map[string]float64{"fanout-store-order": 10, "fanout-write-invoice": 5} {
		t.Run(name, func(t *testing.T) {
			has(t, c.inputs(t, queueType, name), map[string]any{
				"visibilityTimeoutSeconds": 180.0, "messageRetentionSeconds": 1209600.0, "receiveWaitTimeSeconds": 20.0,
				"sqsManagedSseEnabled": true, "redrivePolicy": nil, "policy": nil,
			})
			has(t, c.inputs(t, queueType, name+"-dead-letters"), map[string]any{"messageRetentionSeconds": 1209600.0, "sqsManagedSseEnabled": true})
			require.Equal(t, map[string]any{"deadLetterTargetArn": "arn:queue/" + name + "-dead-letters", "maxReceiveCount": 1000.0},
				c.document(t, "aws:sqs/redrivePolicy:RedrivePolicy", name+"-redrive", "redrivePolicy"))
			require.Equal(t, map[string]any{"redrivePermission": "byQueue", "sourceQueueArns": []any{"arn:queue/" + name}},
				c.document(t, "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", name+"-redrive-allow", "redriveAllowPolicy"))
			require.Equal(t, map[string]any{
				"batchSize": batch, "maximumBatchingWindowInSeconds": 0.0, "functionResponseTypes": []any{"ReportBatchItemFailures"},
				"eventSourceArn": "arn:queue/" + name, "functionName": "arn:function/" + name,
			}, c.inputs(t, "aws:lambda/eventSourceMapping:EventSourceMapping", name+"-mapping"))
			has(t, c.inputs(t, "aws:sns/topicSubscription:TopicSubscription", name+"-subscription"), map[string]any{
				"topic": "arn:topic/fanout-orders", "protocol": "sqs", "endpoint": "arn:queue/" + name, "rawMessageDelivery": true,
			})
			require.Equal(t, map[string]any{"deadLetterTargetArn": "arn:queue/" + name + "-dead-letters"},
				c.document(t, "aws:sns/topicSubscription:TopicSubscription", name+"-subscription", "redrivePolicy"))
		})
	}
}

// The AWS provider takes 25 seconds for each queue resource, so a chain of them would decide how long `pulumi up` takes.
func TestQueuesAreCreatedInParallel(t *testing.T) {
	c := fanOut(t, nil)
	for _, name := range []string{"fanout-store-order", "fanout-write-invoice"} {
		require.Empty(t, c.dependencies(t, queueType, name))
		require.Empty(t, c.dependencies(t, queueType, name+"-dead-letters"))
	}
}

func TestTablesAreOnDemandUnlessTheirCapacityIsSet(t *testing.T) {
	byDefault := fanOut(t, nil)
	has(t, byDefault.inputs(t, tableType, "fanout-orders"), map[string]any{"billingMode": "PAY_PER_REQUEST", "readCapacity": nil, "writeCapacity": nil})
	provisioned := fanOut(t, func(a *components.FanOutArgs) {
		a.Orders.Capacity = components.TableCapacity{ReadUnits: pulumi.Int(50), WriteUnits: pulumi.Int(5)}
	})
	has(t, provisioned.inputs(t, tableType, "fanout-orders"), map[string]any{"billingMode": "PROVISIONED", "readCapacity": 50.0, "writeCapacity": 5.0})
}

func TestTablesScaleIfTheyHaveAMaximum(t *testing.T) {
	const targetType, policyType = "aws:appautoscaling/target:Target", "aws:appautoscaling/policy:Policy"
	capacity := components.TableCapacity{ReadUnits: pulumi.Int(50), WriteUnits: pulumi.Int(5), MaxWriteUnits: pulumi.Int(100)}
	writes := fanOut(t, func(a *components.FanOutArgs) { a.Orders.Capacity, a.Common.Tags = capacity, team })
	writesOfOrders := map[string]any{
		"serviceNamespace": "dynamodb", "resourceId": "table/name:table/fanout-orders", "scalableDimension": "dynamodb:table:WriteCapacityUnits",
	}
	has(t, writes.inputs(t, targetType, "fanout-orders-writes"), writesOfOrders)
	has(t, writes.inputs(t, targetType, "fanout-orders-writes"), map[string]any{
		"minCapacity": 5.0, "maxCapacity": 100.0, "tags": map[string]any{"team": "coffee"}})
	policy := func(c *cloud, name, metric string, target float64) {
		has(t, c.inputs(t, policyType, name), map[string]any{"policyType": "TargetTrackingScaling",
			"targetTrackingScalingPolicyConfiguration": map[string]any{
				"predefinedMetricSpecification": map[string]any{"predefinedMetricType": metric}, "targetValue": target,
			}})
	}
	policy(writes, "fanout-orders-writes", "DynamoDBWriteCapacityUtilization", 70)
	has(t, writes.inputs(t, policyType, "fanout-orders-writes"), writesOfOrders)
	has(t, writes.inputs(t, tableType, "fanout-orders"), map[string]any{"billingMode": "PROVISIONED", "readCapacity": 50.0, "writeCapacity": 5.0})
	// Only the capacity that scales may differ from the program's.
	require.Equal(t, []string{"writeCapacity"}, writes.find(t, tableType, "fanout-orders").RegisterRPC.GetIgnoreChanges())
	require.NotContains(t, writes.registered, targetType+" fanout-orders-reads")

	// The checker has three tables. Values may be outputs.
	capacity.MaxReadUnits, capacity.TargetUtilization = pulumi.Int(60).ToIntPtrOutput(), pulumi.Int(90)
	both := checkerPipeline(t, func(a *components.CheckerPipelineArgs) { a.Orders.Capacity = capacity })
	for _, table := range []string{"checker-orders", "checker-accounts", "checker-stock"} {
		has(t, both.inputs(t, targetType, table+"-reads"), map[string]any{
			"scalableDimension": "dynamodb:table:ReadCapacityUnits", "minCapacity": 50.0, "maxCapacity": 60.0})
		policy(both, table+"-reads", "DynamoDBReadCapacityUtilization", 90)
		policy(both, table+"-writes", "DynamoDBWriteCapacityUtilization", 90)
		require.Equal(t, []string{"readCapacity", "writeCapacity"}, both.find(t, tableType, table).RegisterRPC.GetIgnoreChanges())
	}

	capacity.MaxReadUnits, capacity.MaxWriteUnits, capacity.TargetUtilization = nil, nil, nil
	fixed := fanOut(t, func(a *components.FanOutArgs) { a.Orders.Capacity = capacity })
	require.Empty(t, fixed.find(t, tableType, "fanout-orders").RegisterRPC.GetIgnoreChanges())
}

func TestCodeComesFromS3IfEnabled(t *testing.T) {
	const objectType = "aws:s3/bucketObjectv2:BucketObjectv2"
	each(t, common{Common: components.Common{CodeFromS3: true}}, func(t *testing.T, pattern string, c *cloud) {
		// There is one bucket for all functions. It is deleted together with its objects.
		has(t, c.inputs(t, bucketType, pattern+"-code"), map[string]any{"forceDestroy": true})
		require.False(t, c.find(t, bucketType, pattern+"-code").RegisterRPC.GetProtect())
		for _, fn := range functions[pattern] {
			name := pattern + "-" + fn
			object := c.inputs(t, objectType, name+"-code")
			require.Equal(t, "name:bucketv2/"+pattern+"-code", object["bucket"])
			source := c.find(t, objectType, name+"-code").Inputs["source"].AssetValue()
			content, err := source.Bytes()
			require.NoError(t, err)
			// The key has the content's hash, so that the function changes exactly if the zip does.
			require.Equal(t, fmt.Sprintf("project/stack/%s/%s/%x.zip", pattern, fn, sha256.Sum256(content)), object["key"])
			has(t, c.inputs(t, functionType, name), map[string]any{"s3Bucket": object["bucket"], "s3Key": object["key"], "code": nil})
		}
	})
}

func TestCodeComesFromANamedBucket(t *testing.T) {
	c := fanOut(t, func(a *components.FanOutArgs) {
		a.Common.CodeFromS3, a.Common.CodeBucket = true, pulumi.String("our-packages")
	})
	has(t, c.inputs(t, functionType, "fanout-store-order"), map[string]any{"s3Bucket": "our-packages", "code": nil})
	require.NotContains(t, c.registered, bucketType+" fanout-code")
}

var team = pulumi.StringMap{"team": pulumi.String("coffee")}

func TestSettingsReachTheirResources(t *testing.T) {
	c := fanOut(t, func(a *components.FanOutArgs) {
		a.Orders.Functions = map[string]components.Function{
			"publish-order": {MemoryMB: pulumi.Int(1024), TimeoutSeconds: pulumi.Int(20), ReservedConcurrency: pulumi.Int(7)},
			"store-order":   {TimeoutSeconds: pulumi.Int(60)},
		}
		a.Orders.StoreQueue = components.QueueSettings{BatchSize: pulumi.Int(100), BatchingWindowSeconds: pulumi.Int(5), MaximumConcurrency: pulumi.Int(20), MaxReceiveCount: pulumi.Int(9), RetentionDays: pulumi.Int(14)}
		a.Api = components.ApiSettings{RateLimit: pulumi.Int(100), BurstLimit: pulumi.Int(50), DetailedMetrics: pulumi.Bool(true)}
		a.Common.LogRetentionDays, a.Common.Tags = pulumi.Int(7), team
	})
	has(t, c.inputs(t, functionType, "fanout-publish-order"), map[string]any{
		"memorySize": 1024.0, "timeout": 20.0, "reservedConcurrentExecutions": 7.0, "tags": map[string]any{"team": "coffee"}})
	has(t, c.inputs(t, functionType, "fanout-store-order"), map[string]any{"memorySize": 512.0, "timeout": 60.0})
	has(t, c.inputs(t, queueType, "fanout-store-order"), map[string]any{"visibilityTimeoutSeconds": 6*60.0 + 5, "messageRetentionSeconds": 1209600.0})
	has(t, c.inputs(t, queueType, "fanout-store-order-dead-letters"), map[string]any{"messageRetentionSeconds": 14 * 86400.0})
	has(t, c.inputs(t, "aws:lambda/eventSourceMapping:EventSourceMapping", "fanout-store-order-mapping"), map[string]any{
		"batchSize": 100.0, "maximumBatchingWindowInSeconds": 5.0, "scalingConfig": map[string]any{"maximumConcurrency": 20.0}})
	require.EqualValues(t, 9, c.document(t, "aws:sqs/redrivePolicy:RedrivePolicy", "fanout-store-order-redrive", "redrivePolicy")["maxReceiveCount"])
	has(t, c.inputs(t, queueType, "fanout-write-invoice"), map[string]any{"visibilityTimeoutSeconds": 180.0})
	has(t, c.inputs(t, logGroupType, "fanout-store-order-logs"), map[string]any{"retentionInDays": 7.0})
	has(t, c.inputs(t, "aws:apigateway/methodSettings:MethodSettings", "fanout-api"), map[string]any{
		"methodPath": "*/*", "settings": map[string]any{"metricsEnabled": true, "throttlingRateLimit": 100.0, "throttlingBurstLimit": 50.0}})
}

func TestEverythingThatTakesTagsIsTagged(t *testing.T) {
	tagged := []string{functionType, queueType, logGroupType, tableType, bucketType, stageType, machineType, topicType, streamType,
		"aws:iam/role:Role", restAPIType, usagePlanType, apiKeyType}
	each(t, common{Common: components.Common{Tags: team}}, func(t *testing.T, _ string, c *cloud) {
		for key, r := range c.registered {
			if slices.Contains(tagged, r.TypeToken) {
				require.Equal(t, map[string]any{"team": "coffee"}, r.Inputs.Mappable()["tags"], key)
			}
		}
	})
}

func TestDataIsEncryptedAndPrivate(t *testing.T) {
	const encryption = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	eachCoffeePattern(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		name := pattern + "-invoices"
		bucket, arn := "id:bucketv2/"+name, "arn:bucketv2/"+name
		require.Equal(t, map[string]any{
			"bucket": bucket, "blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
		}, c.inputs(t, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name))
		has(t, c.inputs(t, encryption, name), map[string]any{
			"bucket": bucket, "rules": []any{map[string]any{"applyServerSideEncryptionByDefault": map[string]any{"sseAlgorithm": "AES256"}}}})
		has(t, c.inputs(t, "aws:s3/bucketOwnershipControls:BucketOwnershipControls", name), map[string]any{
			"bucket": bucket, "rule": map[string]any{"objectOwnership": "BucketOwnerEnforced"}})

		const policy = "aws:s3/bucketPolicy:BucketPolicy"
		require.Equal(t, bucket, c.inputs(t, policy, name)["bucket"])
		require.Equal(t, map[string]any{"Version": "2012-10-17", "Statement": []any{overTLSOnly("s3:*", arn, arn+"/*")}}, c.document(t, policy, name, "policy"))
		require.Contains(t, c.dependencies(t, policy, name), "bucketpublicaccessblock/"+name)
	})
}

func TestOverwrittenInvoicesAreKeptForAWhile(t *testing.T) {
	eachCoffeePattern(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		bucket := "id:bucketv2/" + pattern + "-invoices"
		require.Equal(t, map[string]any{"bucket": bucket, "versioningConfiguration": map[string]any{"status": "Enabled"}},
			c.inputs(t, "aws:s3/bucketVersioningV2:BucketVersioningV2", pattern+"-invoices"))
		require.Equal(t, map[string]any{"bucket": bucket, "rules": []any{map[string]any{
			"id": "tidy-up", "status": "Enabled", "filter": map[string]any{"prefix": "invoices/"},
			"abortIncompleteMultipartUpload": map[string]any{"daysAfterInitiation": 7.0},
			"noncurrentVersionExpiration":    map[string]any{"noncurrentDays": 30.0},
		}}}, c.inputs(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", pattern+"-invoices"))
	})
}

func TestTheTableIsKeyedByCustomerAndShop(t *testing.T) {
	eachCoffeePattern(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		has(t, c.inputs(t, tableType, pattern+"-orders"), map[string]any{
			"hashKey": "accountid", "rangeKey": "vendorid", "billingMode": "PAY_PER_REQUEST",
			"attributes": []any{map[string]any{"name": "accountid", "type": "S"}, map[string]any{"name": "vendorid", "type": "S"}},
			"ttl":        map[string]any{"attributeName": "expires", "enabled": true},
		})
	})
}

func TestDataIsProtectedUnlessItMayBeDeleted(t *testing.T) {
	for name, deleteData := range map[string]bool{"by default": false, "with DeleteData": true} {
		t.Run(name, func(t *testing.T) {
			each(t, common{Common: components.Common{DeleteData: deleteData}}, func(t *testing.T, _ string, c *cloud) {
				for key, r := range c.registered {
					switch r.TypeToken {
					case tableType:
						has(t, r.Inputs.Mappable(), map[string]any{
							"deletionProtectionEnabled": !deleteData, "pointInTimeRecovery": map[string]any{"enabled": !deleteData}})
					case bucketType:
						has(t, r.Inputs.Mappable(), map[string]any{"forceDestroy": deleteData})
					}
					data := slices.Contains([]string{tableType, bucketType, streamType}, r.TypeToken)
					require.Equal(t, data && !deleteData, r.RegisterRPC.GetProtect(), key)
				}
			})
		})
	}
}

func TestTheStageIsTracedThrottledAndCreatedLast(t *testing.T) {
	c := fanOut(t, nil)
	has(t, c.inputs(t, stageType, "fanout-api"), map[string]any{
		"stageName": "prod", "xrayTracingEnabled": true, "restApi": "id:restapi/fanout-api", "deployment": "id:deployment/fanout-api"})
	has(t, c.inputs(t, "aws:apigateway/methodSettings:MethodSettings", "fanout-api"), map[string]any{
		"settings": map[string]any{"metricsEnabled": false, "throttlingRateLimit": 1000.0, "throttlingBurstLimit": 500.0}})
	has(t, c.inputs(t, "aws:apigateway/restApi:RestApi", "fanout-api"), map[string]any{
		"endpointConfiguration": map[string]any{"types": "REGIONAL"}, "failOnWarnings": false})

	for _, want := range []string{
		"permission/fanout-api-invoke-post-order", "permission/fanout-api-invoke-get-order", "permission/fanout-api-invoke-get-invoice",
		"topicsubscription/fanout-store-order-subscription", "topicsubscription/fanout-write-invoice-subscription",
		"queuepolicy/fanout-store-order-queue-policy", "queuepolicy/fanout-write-invoice-queue-policy",
		"redrivepolicy/fanout-store-order-redrive", "redrivepolicy/fanout-write-invoice-redrive",
	} {
		require.Contains(t, c.dependencies(t, stageType, "fanout-api"), want)
	}
	for _, name := range []string{"fanout-store-order", "fanout-write-invoice"} {
		for _, policy := range []string{name + "-queue-policy", name + "-dead-letters-queue-policy"} {
			require.Contains(t, c.dependencies(t, "aws:sns/topicSubscription:TopicSubscription", name+"-subscription"), "queuepolicy/"+policy)
		}
		require.Contains(t, c.dependencies(t, "aws:lambda/eventSourceMapping:EventSourceMapping", name+"-mapping"), "rolepolicy/"+name+"-policy")
	}
}

func TestAccessLogsNeedTheRegionsAccountSetting(t *testing.T) {
	c := &cloud{}
	folder := packages(t, elf.EM_AARCH64)
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		account, err := components.NewApiAccount(ctx, "api-account", &components.ApiAccountArgs{Tags: team})
		if err != nil {
			return err
		}
		_, err = components.NewFanOut(ctx, "fanout", &components.FanOutArgs{
			Orders: &components.FanOutOrders{}, Authorizer: open,
			Common: components.Common{Packages: folder}, Api: components.ApiSettings{AccountRoleArn: account.RoleArn}})
		return err
	}))
	stage := c.inputs(t, stageType, "fanout-api")["accessLogSettings"].(map[string]any)
	require.Equal(t, "arn:loggroup/fanout-api-access-logs", stage["destinationArn"])
	// One line, so that one request is one log event; JSON once the variables are replaced. AWS requires the request's id.
	require.NotContains(t, stage["format"], "\n")
	format := parse(t, stage["format"].(string))
	require.Equal(t, "$context.requestId", format["apiRequestId"])
	require.Equal(t, "$context.status", format["status"])
	require.Equal(t, "$context.xrayTraceId", format["traceId"])
	has(t, c.inputs(t, logGroupType, "fanout-api-access-logs"), map[string]any{"retentionInDays": 30.0})
	require.Contains(t, c.dependencies(t, stageType, "fanout-api"), "account/api-account")

	has(t, c.inputs(t, "aws:apigateway/account:Account", "api-account"), map[string]any{
		"cloudwatchRoleArn": "arn:role/api-account-role",
		// Without this, the Region's setting would name a role that no longer exists after the stack is destroyed.
		"resetOnDelete": true,
	})
	has(t, c.inputs(t, "aws:iam/role:Role", "api-account-role"), map[string]any{"tags": map[string]any{"team": "coffee"}})
	require.Contains(t, c.dependencies(t, "aws:apigateway/account:Account", "api-account"), "rolepolicyattachment/api-account-push-logs")
	has(t, c.inputs(t, "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "api-account-push-logs"), map[string]any{
		"role": "name:role/api-account-role", "policyArn": "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"})
	require.Equal(t, "apigateway.amazonaws.com", trusted(t, c, "api-account-role"))
}
