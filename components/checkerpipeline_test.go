package components_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const (
	usagePlanType    = "aws:apigateway/usagePlan:UsagePlan"
	usagePlanKeyType = "aws:apigateway/usagePlanKey:UsagePlanKey"
	apiKeyType       = "aws:apigateway/apiKey:ApiKey"
	invokeConfigType = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
)

func TestTablesOfTheCheckerPipeline(t *testing.T) {
	byDefault := checkerPipeline(t, nil)
	provisioned := checkerPipeline(t, func(a *components.CheckerPipelineArgs) {
		a.Orders.Capacity = components.TableCapacity{ReadUnits: pulumi.Int(50), WriteUnits: pulumi.Int(20)}
	})
	for table, key := range map[string]string{"orders": "orderId", "accounts": "customerId", "stock": "productId"} {
		has(t, byDefault.inputs(t, tableType, "checker-"+table), map[string]any{
			"hashKey": key, "rangeKey": nil, "billingMode": "PAY_PER_REQUEST", "readCapacity": nil,
			"attributes": []any{map[string]any{"name": key, "type": "S"}},
		})
		var expires any // the keys of additions
		if table != "orders" {
			expires = map[string]any{"attributeName": "expires", "enabled": true}
		}
		has(t, byDefault.inputs(t, tableType, "checker-"+table), map[string]any{"ttl": expires})
		has(t, provisioned.inputs(t, tableType, "checker-"+table), map[string]any{
			"billingMode": "PROVISIONED", "readCapacity": 50.0, "writeCapacity": 20.0,
		})
	}
}

func TestCheckersHaveQueuesOfTheirOwn(t *testing.T) {
	c := checkerPipeline(t, func(a *components.CheckerPipelineArgs) {
		a.Orders.CheckQueue = components.QueueSettings{BatchSize: pulumi.Int(7), MaxReceiveCount: pulumi.Int(4)}
		a.Orders.UpdateQueue = components.QueueSettings{BatchSize: pulumi.Int(3)}
	})
	for name, batch := range map[string]float64{"check-balance": 7, "check-stock": 7, "relay-order": 7, "update-order": 3} {
		has(t, c.inputs(t, mappingType, "checker-"+name+"-mapping"), map[string]any{
			"eventSourceArn": "arn:queue/checker-" + name, "functionName": "arn:function/checker-" + name, "batchSize": batch,
			"functionResponseTypes": []any{"ReportBatchItemFailures"},
		})
		require.Equal(t, "arn:queue/checker-"+name+"-dead-letters",
			c.document(t, "aws:sqs/redrivePolicy:RedrivePolicy", "checker-"+name+"-redrive", "redrivePolicy")["deadLetterTargetArn"])
	}
	for _, name := range []string{"check-balance", "check-stock"} {
		has(t, c.inputs(t, subscriptionType, "checker-"+name+"-subscription"), map[string]any{
			"topic": "arn:topic/checker-orders", "endpoint": "arn:queue/checker-" + name, "rawMessageDelivery": true,
		})
		require.Contains(t, c.dependencies(t, stageType, "checker-api"), "topicsubscription/checker-"+name+"-subscription")
	}
	for _, name := range []string{"update-order", "relay-order"} {
		require.NotContains(t, c.registered, subscriptionType+" checker-"+name+"-subscription")
	}
}

func TestShippingThatFailsIsReported(t *testing.T) {
	c := checkerPipeline(t, nil)
	has(t, c.inputs(t, invokeConfigType, "checker-ship-order-invocations"), map[string]any{
		"functionName": "name:function/checker-ship-order", "maximumRetryAttempts": 2.0, "maximumEventAgeInSeconds": 21600.0,
		"destinationConfig": map[string]any{"onFailure": map[string]any{"destination": "arn:queue/checker-ship-order-failures"}},
	})
	// When the destination is set, Lambda checks that the role may send to it.
	require.Contains(t, c.dependencies(t, invokeConfigType, "checker-ship-order-invocations"), "rolepolicy/checker-ship-order-policy")
	has(t, c.inputs(t, queueType, "checker-ship-order-failures"), map[string]any{"messageRetentionSeconds": 1209600.0})
}

func TestEnvironmentOfTheCheckerPipelinesFunctions(t *testing.T) {
	c := checkerPipeline(t, nil)
	const orders, accounts, stock, findings, outbox = "name:table/checker-orders", "name:table/checker-accounts", "name:table/checker-stock",
		"https://queue/checker-update-order", "https://queue/checker-relay-order"
	for name, want := range map[string]map[string]any{
		"capture-order":    {"OUTBOX_QUEUE_URL": outbox, "ORDERS_TABLE": orders, "TOPIC_ARN": "arn:topic/checker-orders", "ALLOW_ORIGIN": "*"},
		"relay-order":      {"ORDERS_TABLE": orders, "TOPIC_ARN": "arn:topic/checker-orders", "QUEUE_URL": outbox, "DEAD_LETTERS_URL": outbox + "-dead-letters"},
		"get-order-status": {"ORDERS_TABLE": orders, "ALLOW_ORIGIN": "*"},
		"update-account":   {"ACCOUNTS_TABLE": accounts, "ALLOW_ORIGIN": "*"},
		"update-stock":     {"STOCK_TABLE": stock, "ALLOW_ORIGIN": "*"},
		"check-balance":    {"ACCOUNTS_TABLE": accounts, "FINDINGS_QUEUE_URL": findings, "QUEUE_URL": "https://queue/checker-check-balance", "DEAD_LETTERS_URL": "https://queue/checker-check-balance-dead-letters"},
		"check-stock":      {"STOCK_TABLE": stock, "FINDINGS_QUEUE_URL": findings, "QUEUE_URL": "https://queue/checker-check-stock", "DEAD_LETTERS_URL": "https://queue/checker-check-stock-dead-letters"},
		"update-order":     {"ORDERS_TABLE": orders, "SHIP_FUNCTION": "arn:function/checker-ship-order", "QUEUE_URL": findings, "DEAD_LETTERS_URL": findings + "-dead-letters"},
		"ship-order":       {"ORDERS_TABLE": orders, "ACCOUNTS_TABLE": accounts, "STOCK_TABLE": stock},
	} {
		want["PATTERN"] = "checker"
		has(t, c.inputs(t, functionType, "checker-"+name), map[string]any{"environment": map[string]any{"variables": want}})
	}
}

// All permissions of each function. An additional permission is a risk, a missing one an outage.
func TestEachFunctionOfTheCheckerPipelineMayDoWhatItDoesAndNothingElse(t *testing.T) {
	c := checkerPipeline(t, nil)
	const orders, accounts, stock, topic, findings, outbox, ship = "arn:table/checker-orders", "arn:table/checker-accounts", "arn:table/checker-stock",
		"arn:topic/checker-orders", "arn:queue/checker-update-order", "arn:queue/checker-relay-order", "arn:function/checker-ship-order"
	take := func(queue string) map[string]any {
		return allow("arn:queue/checker-"+queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility")
	}
	giveUp := func(queue string) map[string]any {
		return allow("arn:queue/checker-"+queue+"-dead-letters", "sqs:SendMessage")
	}
	shipping := allow(orders, "dynamodb:UpdateItem")
	shipping["Resource"] = []any{orders, accounts, stock}
	for fn, want := range map[string]map[string]any{
		"capture-order": {
			"AnnounceOrder": allow(outbox, "sqs:SendMessage"), "CaptureOrder": allow(orders, "dynamodb:PutItem", "dynamodb:UpdateItem"),
			"PublishOrder": allow(topic, "sns:Publish"),
		},
		"relay-order":      {"WatchOrder": allow(orders, "dynamodb:GetItem", "dynamodb:UpdateItem"), "PublishOrder": allow(topic, "sns:Publish"), "TakeMessages": take("relay-order"), "GiveUpMessages": giveUp("relay-order")},
		"get-order-status": {"ReadOrder": allow(orders, "dynamodb:GetItem")},
		"update-account":   {"ChangeBalance": allow(accounts, "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:GetItem")},
		"update-stock":     {"ChangeStock": allow(stock, "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:GetItem")},
		"check-balance":    {"ReadAccount": allow(accounts, "dynamodb:GetItem"), "SendFinding": allow(findings, "sqs:SendMessage"), "TakeMessages": take("check-balance"), "GiveUpMessages": giveUp("check-balance")},
		"check-stock":      {"ReadStock": allow(stock, "dynamodb:BatchGetItem"), "SendFinding": allow(findings, "sqs:SendMessage"), "TakeMessages": take("check-stock"), "GiveUpMessages": giveUp("check-stock")},
		"update-order":     {"UpdateOrder": allow(orders, "dynamodb:UpdateItem"), "Ship": allow(ship, "lambda:InvokeFunction"), "TakeMessages": take("update-order"), "GiveUpMessages": giveUp("update-order")},
		"ship-order": {
			"ReadOrder": allow(orders, "dynamodb:GetItem"), "Ship": shipping,
			"ReportFailures": allow("arn:queue/checker-ship-order-failures", "sqs:SendMessage"),
		},
	} {
		want["WriteLogs"] = allow("arn:loggroup/checker-"+fn+"-logs:*", "logs:CreateLogStream", "logs:PutLogEvents")
		want["WriteTraces"] = allow("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords")
		got, service := grants(t, c, "checker-"+fn)
		require.Empty(t, cmp.Diff(want, got), fn)
		require.Equal(t, "lambda.amazonaws.com", service, fn)
	}
}

func TestTheCheckersAPIHasTheErrorFormatOfTheFunctions(t *testing.T) {
	doc := checkerPipeline(t, nil).document(t, restAPIType, "checker-api", "body")
	responses := at(t, doc, "x-amazon-apigateway-gateway-responses")
	for kind, want := range map[string]string{
		"DEFAULT_4XX":                  `{"status":400,"description":$context.error.messageString}`,
		"BAD_REQUEST_PARAMETERS":       `{"status":400,"description":$context.error.messageString}`,
		"THROTTLED":                    `{"status":429,"description":$context.error.messageString}`,
		"MISSING_AUTHENTICATION_TOKEN": `{"status":404,"description":"No route for $context.httpMethod $context.path"}`,
		"DEFAULT_5XX":                  `{"status":500,"description":$context.error.messageString}`,
	} {
		require.Equal(t, want, at(t, responses, kind, "responseTemplates")["application/json"], kind)
	}
	for kind, response := range responses {
		template := response.(map[string]any)["responseTemplates"].(map[string]any)["application/json"].(string)
		require.Equal(t, response.(map[string]any)["statusCode"], regexp.MustCompile(`^\{"status":([0-9]+),"description":`).FindStringSubmatch(template)[1], kind)
	}
	require.NotContains(t, responses, "REQUEST_TOO_LARGE", "which AWS does not support")
	require.NotContains(t, responses, "BAD_REQUEST_BODY", "the functions answer")
}

func TestAUsagePlanLimitsEachClient(t *testing.T) {
	c := checkerPipeline(t, nil)
	has(t, c.inputs(t, usagePlanType, "checker-api"), map[string]any{
		"throttleSettings": map[string]any{"rateLimit": 100.0, "burstLimit": 50.0}, "quotaSettings": nil,
		"apiStages": []any{map[string]any{"apiId": "id:restapi/checker-api", "stage": "prod"}},
	})
	require.NotContains(t, c.registered, apiKeyType+" checker-api")
	require.NotContains(t, c.document(t, restAPIType, "checker-api", "body"), "components")

	c = checkerPipeline(t, func(a *components.CheckerPipelineArgs) {
		a.UsagePlan = components.UsagePlan{RateLimit: pulumi.Int(10), BurstLimit: pulumi.Int(20), RequireApiKey: true, QuotaLimit: pulumi.Int(5000), QuotaPeriod: pulumi.String("WEEK")}
	})
	has(t, c.inputs(t, usagePlanType, "checker-api"), map[string]any{
		"throttleSettings": map[string]any{"rateLimit": 10.0, "burstLimit": 20.0},
		"quotaSettings":    map[string]any{"limit": 5000.0, "period": "WEEK"},
	})
	has(t, c.inputs(t, usagePlanKeyType, "checker-api"), map[string]any{
		"keyId": "id:apikey/checker-api", "keyType": "API_KEY", "usagePlanId": "id:usageplan/checker-api",
	})
	doc := c.document(t, restAPIType, "checker-api", "body")
	require.Equal(t, map[string]any{"type": "apiKey", "name": "x-api-key", "in": "header"}, at(t, doc, "components", "securitySchemes", "api_key"))
	for path, item := range at(t, doc, "paths") {
		for method, operation := range item.(map[string]any) {
			// A browser's preflight has no key.
			require.Equal(t, method != "options", operation.(map[string]any)["security"] != nil, "%s %s", method, path)
		}
	}
	headers := at(t, doc, "paths", "/order", "options", integration, "responses", "default", "responseParameters")
	require.Equal(t, "'Content-Type,X-Amzn-Trace-Id,Idempotency-Key,X-Api-Key'", headers["method.response.header.Access-Control-Allow-Headers"])
}

func TestOutputsOfTheCheckerPipeline(t *testing.T) {
	args := &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: open, Common: inFolder(t)}
	exports(t, components.NewCheckerPipeline, "checker", args, map[string]any{
		"url":              "https://stage/checker-api",
		"apiKey":           "",
		"topicArn":         "arn:topic/checker-orders",
		"checkerQueueUrls": map[string]string{}, "checkerDeadLettersUrls": map[string]string{},
		"collectQueueUrl": "", "collectDeadLettersUrl": "", "finishFailuresUrl": "",
		"ordersTableName":       "name:table/checker-orders",
		"accountsTableName":     "name:table/checker-accounts",
		"stockTableName":        "name:table/checker-stock",
		"balanceQueueUrl":       "https://queue/checker-check-balance",
		"balanceDeadLettersUrl": "https://queue/checker-check-balance-dead-letters",
		"stockQueueUrl":         "https://queue/checker-check-stock",
		"stockDeadLettersUrl":   "https://queue/checker-check-stock-dead-letters",
		"updateQueueUrl":        "https://queue/checker-update-order",
		"updateDeadLettersUrl":  "https://queue/checker-update-order-dead-letters",
		"outboxQueueUrl":        "https://queue/checker-relay-order",
		"outboxDeadLettersUrl":  "https://queue/checker-relay-order-dead-letters",
		"shipFailuresUrl":       "https://queue/checker-ship-order-failures",
		"accessLogGroup":        "name:loggroup/checker-api-access-logs",
		"auth":                  "none",
		"routeArns": map[string]string{
			"POST /order": "arn:restapi/checker-api/prod/POST/order", "POST /orders": "arn:restapi/checker-api/prod/POST/orders",
			"GET /order/{orderId}/status": "arn:restapi/checker-api/prod/GET/order/*/status",
			"POST /account":               "arn:restapi/checker-api/prod/POST/account", "POST /stock": "arn:restapi/checker-api/prod/POST/stock",
		},
	})
}

func TestCheckerPipelineRefusesBadArgumentsAndRegistersNothing(t *testing.T) {
	type args = components.CheckerPipelineArgs
	for _, c := range []struct {
		name string
		edit func(*args)
		want []string
	}{
		{"memory", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"capture-order": {MemoryMB: pulumi.Int(127)}}
		}, []string{"Orders.Functions.capture-order.MemoryMB: must be from 128 to 10240, got 127"}},
		{"batch size", func(a *args) { a.Orders.UpdateQueue.BatchSize = pulumi.Int(11) }, []string{"Orders.UpdateQueue.BatchingWindowSeconds: must be at least 1"}},
		{"half a capacity", func(a *args) { a.Orders.Capacity.ReadUnits = pulumi.Int(5) }, []string{"Orders.Capacity: must have both ReadUnits and WriteUnits, or neither"}},
		{"capacity", func(a *args) {
			a.Orders.Capacity = components.TableCapacity{ReadUnits: pulumi.Int(-1), WriteUnits: pulumi.Int(40001)}
		},
			[]string{"Orders.Capacity.ReadUnits: must be from 1 to 40000, got -1", "Orders.Capacity.WriteUnits: must be from 1 to 40000, got 40001"}},
		{"rate of a client", func(a *args) { a.UsagePlan.RateLimit = pulumi.Int(10001) }, []string{"UsagePlan.RateLimit: must be from 1 to 10000, got 10001"}},
		{"a quota without a key", func(a *args) { a.UsagePlan.QuotaLimit = pulumi.Int(5) }, []string{"UsagePlan.QuotaLimit: requires RequireApiKey"}},
		{"a period without a quota", func(a *args) { a.UsagePlan.QuotaPeriod = pulumi.String("DAY") }, []string{"UsagePlan.QuotaPeriod: is accepted only with QuotaLimit"}},
		{"a period that is none", func(a *args) {
			a.UsagePlan = components.UsagePlan{RequireApiKey: true, QuotaLimit: pulumi.Int(5), QuotaPeriod: pulumi.String("YEAR")}
		}, []string{`UsagePlan.QuotaPeriod: must be one of ["DAY" "WEEK" "MONTH"], got "YEAR"`}},
		{"everything at once", func(a *args) {
			bad := components.Function{MemoryMB: pulumi.Int(1)}
			a.Orders.Functions = map[string]components.Function{"capture-order": bad, "check-stock": bad, "update-order": bad, "ship-order": bad, "ship": {}}
			a.Orders.CheckQueue.BatchSize, a.Orders.UpdateQueue.BatchSize = pulumi.Int(-1), pulumi.Int(-1)
			a.UsagePlan.BurstLimit, a.Orders.Capacity.ReadUnits, a.Api.RateLimit = pulumi.Int(-1), pulumi.Int(-1), pulumi.Int(-1)
			a.Common.Architecture = "mips"
			a.Common.Packages = filepath.Join(a.Common.Packages, "nowhere")
		}, []string{
			"Orders.Functions.capture-order.MemoryMB", "Orders.Functions.check-stock.MemoryMB", "Orders.Functions.update-order.MemoryMB", "Orders.Functions.ship-order.MemoryMB",
			`Orders.Functions: unknown function "ship", must be one of capture-order, get-order-status, update-account`, "Orders.CheckQueue.BatchSize", "Orders.UpdateQueue.BatchSize",
			"UsagePlan.BurstLimit", "Orders.Capacity.ReadUnits", "Api.RateLimit", "Common.Architecture",
			"/capture-order.zip: run `make build`", "/ship-order.zip: run `make build`",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &args{Authorizer: open, Common: inFolder(t), Orders: &components.CheckerPipelineOrders{}}
			c.edit(a)
			refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", a, c.want)
		})
	}
}
