package components_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const (
	compositeType = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
	dashboardType = "aws:cloudwatch/dashboard:Dashboard"
)

// watches is an expected alarm: its metric, or its expression over the metrics with these ids, and when it is raised.
type watches struct {
	metrics    map[string]string // by id, "NAMESPACE NAME STATISTIC DIMENSION=VALUE ..."; of the only one by ""
	expression string
	threshold  float64
	period     float64
	datapoints string // such as "3 of 5"
}

// one returns an alarm on one metric.
func one(metric string, threshold, period float64, datapoints string) watches {
	return watches{map[string]string{"": metric}, "", threshold, period, datapoints}
}

// metricOf formats the metric of an alarm, or of one of its queries.
func metricOf(in map[string]any, statistic any) string {
	var dimensions []string
	for name, value := range in["dimensions"].(map[string]any) {
		dimensions = append(dimensions, fmt.Sprintf("%s=%s", name, value))
	}
	slices.Sort(dimensions)
	return fmt.Sprintf("%s %s %s %s", in["namespace"], in["metricName"], statistic, strings.Join(dimensions, " "))
}

// alarmsOf returns the alarms of a pattern by their names in the output. It asserts what all of them have.
func alarmsOf(t *testing.T, pattern string, c *cloud) map[string]watches {
	t.Helper()
	found := map[string]watches{}
	for _, r := range c.registered {
		if r.TypeToken != alarmType {
			continue
		}
		in := r.Inputs.Mappable()
		topic := []any{"arn:topic/" + pattern + "-alarms"}
		has(t, in, map[string]any{
			"comparisonOperator": "GreaterThanThreshold", "treatMissingData": "notBreaching", "alarmActions": topic, "okActions": topic,
			"insufficientDataActions": nil, "actionsEnabled": nil, "name": nil,
		})
		w := watches{map[string]string{}, "", in["threshold"].(float64), 0, fmt.Sprintf("%v of %v", in["datapointsToAlarm"], in["evaluationPeriods"])}
		if in["metricQueries"] == nil {
			statistic := in["statistic"]
			if statistic == nil {
				statistic = in["extendedStatistic"]
			}
			w.metrics[""], w.period = metricOf(in, statistic), in["period"].(float64)
		} else {
			// AWS compares the one query that returns data.
			queries := in["metricQueries"].([]any)
			for i, q := range queries {
				query := q.(map[string]any)
				last := i == len(queries)-1
				require.Equal(t, last, query["returnData"])
				if last {
					w.expression = query["expression"].(string)
					continue
				}
				metric := query["metric"].(map[string]any)
				w.metrics[query["id"].(string)], w.period = metricOf(metric, metric["stat"]), metric["period"].(float64)
			}
		}
		found[strings.TrimPrefix(r.Name, pattern+"-")] = w
	}
	return found
}

// wantedAlarms walks the resources of a pattern, and returns the alarms that each must have.
func wantedAlarms(t *testing.T, pattern string, c *cloud) map[string]watches {
	t.Helper()
	want := map[string]watches{}
	for _, r := range c.registered {
		in, end := r.Inputs.Mappable(), strings.TrimPrefix(r.Name, pattern+"-")
		switch r.TypeToken {
		case functionType:
			of := " FunctionName=name:function/" + r.Name
			name := strings.TrimPrefix(end, "api-")
			want[name+"-errors"] = one("AWS/Lambda Errors Sum"+of, 0, 300, "1 of 1")
			want[name+"-throttles"] = one("AWS/Lambda Throttles Sum"+of, 0, 60, "3 of 3")
			want[name+"-duration"] = one("AWS/Lambda Duration Maximum"+of, in["timeout"].(float64)*800, 60, "3 of 5")
		case mappingType:
			if in["startingPosition"] != nil { // of a stream
				name := strings.TrimPrefix(in["functionName"].(string), "arn:function/")
				want[strings.TrimPrefix(name, pattern+"-")+"-iterator-age"] = one("AWS/Lambda IteratorAge Maximum FunctionName=name:function/"+name, 300_000, 60, "5 of 5")
			}
		case queueType:
			of := " QueueName=name:queue/" + r.Name
			_, consumed := c.registered["aws:sqs/redrivePolicy:RedrivePolicy "+r.Name+"-redrive"]
			if consumed {
				want[end+"-age"] = one("AWS/SQS ApproximateAgeOfOldestMessage Maximum"+of, 900, 60, "5 of 5")
			} else {
				want[end] = one("AWS/SQS ApproximateNumberOfMessagesVisible Maximum"+of, 0, 60, "1 of 1")
			}
		case tableType:
			of := " TableName=name:table/" + r.Name
			want[end+"-throttles"] = watches{map[string]string{
				"r": "AWS/DynamoDB ReadThrottleEvents Sum" + of, "w": "AWS/DynamoDB WriteThrottleEvents Sum" + of,
			}, "FILL(r, 0) + FILL(w, 0)", 0, 60, "5 of 5"}
			failed, terms := map[string]string{}, []string{}
			for i, operation := range tableOperations[pattern+" "+end] {
				id := string(rune('a' + i))
				failed[id], terms = "AWS/DynamoDB SystemErrors Sum Operation="+operation+of, append(terms, "FILL("+id+", 0)")
			}
			want[end+"-errors"] = watches{failed, strings.Join(terms, " + "), 0, 60, "3 of 3"}
		case topicType:
			if end != "alarms" {
				want[end+"-deliveries"] = one("AWS/SNS NumberOfNotificationsFailed Sum TopicName=name:topic/"+r.Name, 0, 60, "1 of 1")
			}
		case streamType:
			of := " StreamName=name:stream/" + r.Name
			want[end+"-throttles"] = watches{map[string]string{
				"r": "AWS/Kinesis ReadProvisionedThroughputExceeded Sum" + of, "w": "AWS/Kinesis WriteProvisionedThroughputExceeded Sum" + of,
			}, "FILL(r, 0) + FILL(w, 0)", 0, 60, "5 of 5"}
		case machineType:
			of := " StateMachineArn=" + machine(r.Name)
			want["executions-failed"] = one("AWS/States ExecutionsFailed Sum"+of, 0, 60, "1 of 1")
			want["executions-timed-out"] = one("AWS/States ExecutionsTimedOut Sum"+of, 0, 60, "1 of 1")
			want["executions-throttled"] = one("AWS/States ExecutionThrottled Sum"+of, 0, 60, "1 of 1")
		case stageType:
			of := " ApiName=name:restapi/" + r.Name + " Stage=prod"
			want["api-errors"] = one("AWS/ApiGateway 5XXError Sum"+of, 0, 300, "1 of 1")
			want["api-latency"] = one("AWS/ApiGateway Latency p99"+of, 3000, 60, "5 of 5")
		}
	}
	outcome := func(name string) string { return "OrderPatterns " + name + " Sum Pattern=" + pattern }
	notDone := watches{map[string]string{"accepted": outcome("Accepted"), "rejected": outcome("Rejected")}, "", 0, 300, "3 of 3"}
	if pattern == "checker" || pattern == "fanout" { // which have consumers of queues
		want["messages-failing"] = one("OrderPatterns SecondsFailing Maximum Pattern="+pattern, 900, 900, "1 of 2")
	}
	switch pattern {
	case "checker":
		want["orders-pending"] = one("OrderPatterns SecondsPending Maximum Pattern=checker", 900, 900, "1 of 2")
		notDone.metrics["shipped"] = outcome("Shipped")
		notDone.expression = "IF(FILL(accepted, 0) > 0 && (FILL(shipped, 0) + FILL(rejected, 0)) == 0, 1, 0)"
	default:
		notDone.metrics["stored"], notDone.metrics["superseded"] = outcome("Stored"), outcome("Superseded")
		notDone.expression = "IF(FILL(accepted, 0) > 0 && (FILL(stored, 0) + FILL(superseded, 0) + FILL(rejected, 0)) == 0, 1, 0)"
	}
	want["orders-not-done"] = notDone
	return want
}

// tableOperations are the operations of the functions on each table.
var tableOperations = map[string][]string{
	"fanout orders": {"GetItem", "PutItem"}, "orchestrator orders": {"GetItem", "PutItem"}, "eventstream orders": {"GetItem", "PutItem"},
	"checker orders":   {"GetItem", "PutItem", "UpdateItem", "TransactWriteItems"},
	"checker accounts": {"GetItem", "PutItem", "UpdateItem", "TransactWriteItems"},
	"checker stock":    {"GetItem", "PutItem", "UpdateItem", "TransactWriteItems", "BatchGetItem"},
}

// A resource of a new kind, or one that is created elsewhere, must have its alarms too.
func TestEveryResourceHasItsAlarms(t *testing.T) {
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) {
		require.Equal(t, wantedAlarms(t, pattern, c), alarmsOf(t, pattern, c))
		// The other resources do no work, or AWS recommends no alarm on their metrics.
		watched := []string{functionType, queueType, tableType, topicType, streamType, machineType, stageType}
		unwatched := []string{
			alarmType, compositeType, dashboardType, queryType, logGroupType, bucketType, mappingType, restAPIType, usagePlanType,
			"aws:iam/role:Role", rolePolicyType, "aws:lambda/permission:Permission", "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
			"aws:sqs/queuePolicy:QueuePolicy", "aws:sqs/redrivePolicy:RedrivePolicy", "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
			"aws:sns/topicPolicy:TopicPolicy", "aws:sns/topicSubscription:TopicSubscription",
			"aws:apigateway/deployment:Deployment", "aws:apigateway/methodSettings:MethodSettings",
		}
		for key, r := range c.registered {
			if strings.HasPrefix(r.TypeToken, "aws:") && !strings.HasPrefix(r.TypeToken, "aws:s3/bucket") {
				require.Contains(t, append(watched, unwatched...), r.TypeToken, key)
			}
		}
	})
}

func TestTheCompositeAlarmIsRaisedByEachAlarmAndHasNoAction(t *testing.T) {
	each(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		var terms []string
		for _, r := range c.registered {
			if r.TypeToken == alarmType {
				terms = append(terms, `ALARM("name:metricalarm/`+r.Name+`")`)
			}
		}
		in := c.inputs(t, compositeType, pattern)
		require.ElementsMatch(t, terms, strings.Split(in["alarmRule"].(string), " OR "))
		has(t, in, map[string]any{"alarmName": "project-stack-" + pattern, "alarmActions": nil, "okActions": nil, "insufficientDataActions": nil})
		require.LessOrEqual(t, len(terms), 100) // of a rule
	})
}

func TestTheAlarmsPublishToTheTopicAndNobodyElseDoes(t *testing.T) {
	each(t, common{Common: components.Common{Alarms: components.AlarmSettings{Email: pulumi.String("on-call@example.com")}}}, func(t *testing.T, pattern string, c *cloud) {
		topic := "arn:topic/" + pattern + "-alarms"
		require.Equal(t, []any{overTLSOnly("sns:Publish", topic), map[string]any{
			"Sid": "AlarmsPublish", "Effect": "Allow", "Principal": map[string]any{"Service": "cloudwatch.amazonaws.com"}, "Action": []any{"sns:Publish"},
			"Resource": []any{topic}, "Condition": map[string]any{
				"StringEquals": map[string]any{"aws:SourceAccount": "123456789012"},
				"ArnLike":      map[string]any{"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:" + pattern + "-*"},
			},
		}}, c.document(t, "aws:sns/topicPolicy:TopicPolicy", pattern+"-alarms", "policy")["Statement"])
		has(t, c.inputs(t, "aws:sns/topicSubscription:TopicSubscription", pattern+"-alarms-email"), map[string]any{
			"topic": topic, "protocol": "email", "endpoint": "on-call@example.com"})
	})
}

func TestAlarmsArePublishedToAnExistingTopic(t *testing.T) {
	const onCall = "arn:aws:sns:eu-west-1:123456789012:on-call"
	c := fanOut(t, func(a *components.FanOutArgs) { a.Common.Alarms.TopicArn = pulumi.String(onCall) })
	require.NotContains(t, c.registered, topicType+" fanout-alarms")
	has(t, c.inputs(t, alarmType, "fanout-store-order-age"), map[string]any{"alarmActions": []any{onCall}, "okActions": []any{onCall}})
}

func TestAlarmsAndTheDashboardCanBeTurnedOff(t *testing.T) {
	each(t, common{auth: tokens, Common: components.Common{Alarms: components.AlarmSettings{Off: true}}}, func(t *testing.T, pattern string, c *cloud) {
		for key, r := range c.registered {
			require.NotContains(t, []string{alarmType, compositeType, dashboardType}, r.TypeToken, key)
		}
		require.NotContains(t, c.registered, topicType+" "+pattern+"-alarms")
		require.Contains(t, c.registered, queryType+" "+pattern+"-query-order")
	})
}

func TestThresholdsOfAlarms(t *testing.T) {
	settings := components.AlarmSettings{
		QueueAgeSeconds: pulumi.Int(60), FunctionErrors: pulumi.Int(5), DurationPercent: pulumi.Int(50), IteratorAgeSeconds: pulumi.Int(2),
		ApiErrors: pulumi.Int(7), ApiLatencyMs: pulumi.Int(500).ToIntOutput().ToIntPtrOutput(), PendingSeconds: pulumi.Int(120),
	}
	want := map[string]float64{
		"fanout-store-order-age": 60, "fanout-messages-failing": 60, "fanout-store-order-errors": 5, "fanout-store-order-duration": 15_000, "fanout-get-order-duration": 5000,
		"fanout-authorize-caller-errors": 5, "eventstream-project-order-iterator-age": 2000, "fanout-api-errors": 7, "fanout-api-latency": 500,
		"checker-orders-pending": 120, "fanout-store-order-dead-letters": 0,
	}
	each(t, common{auth: tokens, Common: components.Common{Alarms: settings}}, func(t *testing.T, pattern string, c *cloud) {
		for name, threshold := range want {
			if strings.HasPrefix(name, pattern+"-") {
				require.EqualValues(t, threshold, c.inputs(t, alarmType, name)["threshold"], name)
			}
		}
	})
}

func TestBadSettingsOfAlarmsAreRefused(t *testing.T) {
	for want, edit := range map[string]func(*components.Common){
		"Alarms.QueueAgeSeconds: must be from 60 to 1209600, got 0": func(c *components.Common) { c.Alarms.QueueAgeSeconds = pulumi.Int(0) },
		"Alarms.FunctionErrors: must be from 0 to 1000000, got -1":  func(c *components.Common) { c.Alarms.FunctionErrors = pulumi.Int(-1) },
		"Alarms.DurationPercent: must be from 1 to 99, got 100":     func(c *components.Common) { c.Alarms.DurationPercent = pulumi.Int(100) },
		"Alarms.IteratorAgeSeconds: must be from 1 to 604800":       func(c *components.Common) { c.Alarms.IteratorAgeSeconds = pulumi.Int(0) },
		"Alarms.ApiErrors: must be from 0 to 1000000":               func(c *components.Common) { c.Alarms.ApiErrors = pulumi.Int(-1) },
		"Alarms.ApiLatencyMs: must be from 1 to 29000":              func(c *components.Common) { c.Alarms.ApiLatencyMs = pulumi.Int(30_000) },
		"Alarms.PendingSeconds: must be from 60 to 432000":          func(c *components.Common) { c.Alarms.PendingSeconds = pulumi.Int(1) },
		`Alarms.TopicArn: must be the ARN of a topic`:               func(c *components.Common) { c.Alarms.TopicArn = pulumi.String("on-call") },
		`Alarms.Email: must be an address`:                          func(c *components.Common) { c.Alarms.Email = pulumi.String("on-call") },
		"Alarms.Email: must not be set together with TopicArn: subscribe to that topic": func(c *components.Common) {
			c.Alarms.Email, c.Alarms.TopicArn = pulumi.String("a@example.com"), pulumi.String("arn:aws:sns:eu-west-1:123456789012:on-call")
		},
		"Alarms.Email: is accepted only with alarms, which are off": func(c *components.Common) {
			c.Alarms.Off, c.Alarms.Email = true, pulumi.String("a@example.com")
		},
		"LambdaInsightsLayerArn: is accepted only with LambdaInsights": func(c *components.Common) {
			c.LambdaInsightsLayerArn = pulumi.String("arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension:56")
		},
		"LambdaInsightsLayerArn: must be the ARN of a version of a layer": func(c *components.Common) {
			c.LambdaInsights, c.LambdaInsightsLayerArn = true, pulumi.String("arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension")
		},
	} {
		folder := inFolder(t)
		edit(&folder)
		refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "checker", &components.CheckerPipelineArgs{Orders: &components.CheckerPipelineOrders{}, Authorizer: open, Common: folder}, []string{"Common." + want})
	}
}

func TestAnApiThatIsUsedAloneHasItsAlarms(t *testing.T) {
	args := func() *components.OrderApiArgs {
		return &components.OrderApiArgs{Authorizer: tokens, Common: inFolder(t), Routes: []components.Route{{
			Method: "GET", Path: "/greeting", Responses: []components.Response{{Status: 200}},
			Function: &components.FunctionTarget{Name: pulumi.String("fn"), InvokeArn: pulumi.String("arn:fn")},
		}}}
	}
	names := func(c *cloud) []string { return slices.Sorted(maps.Keys(alarmsOf(t, "greetings", c))) }
	c := deploy(t, components.NewOrderApi, "greetings", args(), nil)
	require.Equal(t, []string{"api-errors", "api-latency", "authorize-caller-duration", "authorize-caller-errors", "authorize-caller-throttles"}, names(c))
	require.Equal(t, "greetings", at(t, c.inputs(t, functionType, "greetings-authorize-caller"), "environment", "variables")["PATTERN"])
	require.Contains(t, c.registered, compositeType+" greetings")
	require.Contains(t, c.registered, dashboardType+" greetings")
	off := deploy(t, components.NewOrderApi, "greetings", args(), func(a *components.OrderApiArgs) { a.Common.Alarms.Off = true })
	require.Empty(t, names(off))

	// An API that is part of a pattern has no alarms of its own.
	exported := map[string]any{}
	require.NoError(t, (&cloud{}).run(func(ctx *pulumi.Context) error {
		f, err := components.NewFanOut(ctx, "fanout", &components.FanOutArgs{Orders: &components.FanOutOrders{}, Authorizer: open, Common: inFolder(t)})
		if err != nil {
			return err
		}
		f.Api.Outputs().ToMapOutput().ApplyT(func(m map[string]any) error {
			exported = m
			return nil
		})
		return nil
	}))
	has(t, exported, map[string]any{"alarms": map[string]string{}, "alarmArn": "", "alarmTopicArn": "", "dashboardName": ""})
}
