package components_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// checkedPictures returns the arguments of a CheckerPipeline without orders: two checkers, Collect and Finish.
func checkedPictures(t *testing.T) *components.CheckerPipelineArgs {
	collect, finish, upload := own(t), own(t), own(t)
	finish.TimeoutSeconds = pulumi.Int(20)
	return &components.CheckerPipelineArgs{
		Checkers: map[string]components.Checker{
			"faces": {Function: own(t), FilterPolicy: pulumi.String(`{"kind":["photo"]}`)},
			"virus": {Function: own(t)},
		},
		Collect: &collect, Finish: &finish, CollectQueue: components.QueueSettings{BatchSize: pulumi.Int(4)},
		Routes:     []components.Route{{Method: "POST", Path: "/picture", Run: &upload, Publishes: true}},
		Authorizer: open,
	}
}

func TestACheckerPipelineWithoutOrdersHasNoBuiltInFunction(t *testing.T) {
	c := deploy(t, components.NewCheckerPipeline, "pictures", checkedPictures(t), nil)
	hasNoBuiltInFunction(t, c)
	var names []string
	for _, r := range c.registered {
		if r.TypeToken == functionType || r.TypeToken == queueType {
			names = append(names, strings.TrimPrefix(r.Name, "pictures-"))
		}
	}
	require.ElementsMatch(t, []string{
		"faces", "faces", "faces-dead-letters", "virus", "virus", "virus-dead-letters",
		"collect", "collect", "collect-dead-letters", "finish", "finish-failures", "post-picture",
	}, names)
	has(t, c.inputs(t, subscriptionType, "pictures-faces-subscription"), map[string]any{"filterPolicy": `{"kind":["photo"]}`, "filterPolicyScope": "MessageBody"})
	require.Equal(t, `{"message":$context.error.messageString}`,
		at(t, c.document(t, restAPIType, "pictures-api", "body"), "x-amazon-apigateway-gateway-responses", "DEFAULT_4XX", "responseTemplates")["application/json"])
	require.Contains(t, c.dependencies(t, stageType, "pictures-api"), "topicsubscription/pictures-faces-subscription")
	require.NotContains(t, alarmNames(c, "pictures"), "orders-not-done")
}

func TestCollectTakesTheFindingsAndInvokesFinish(t *testing.T) {
	c := deploy(t, components.NewCheckerPipeline, "pictures", checkedPictures(t), nil)
	const findings = "https://queue/pictures-collect"
	for name, want := range map[string]map[string]any{
		"collect":      {"FINISH_FUNCTION": "arn:function/pictures-finish", "QUEUE_URL": findings, "DEAD_LETTERS_URL": findings + "-dead-letters"},
		"finish":       {},
		"faces":        {"FINDINGS_QUEUE_URL": findings, "QUEUE_URL": "https://queue/pictures-faces", "DEAD_LETTERS_URL": "https://queue/pictures-faces-dead-letters"},
		"post-picture": {"TOPIC_ARN": "arn:topic/pictures-messages", "ALLOW_ORIGIN": "*"},
	} {
		want["PATTERN"] = "pictures"
		require.Equal(t, want, variables(t, c, "pictures-"+name))
	}
	has(t, c.inputs(t, functionType, "pictures-collect"), map[string]any{"timeout": 40.0, "memorySize": 256.0})
	has(t, c.inputs(t, functionType, "pictures-finish"), map[string]any{"timeout": 20.0, "memorySize": 256.0})
	has(t, c.inputs(t, mappingType, "pictures-collect-mapping"), map[string]any{
		"eventSourceArn": "arn:queue/pictures-collect", "functionName": "arn:function/pictures-collect", "batchSize": 4.0,
		"functionResponseTypes": []any{"ReportBatchItemFailures"},
	})
	has(t, c.inputs(t, invokeConfigType, "pictures-finish-invocations"), map[string]any{
		"functionName": "name:function/pictures-finish", "maximumRetryAttempts": 2.0, "maximumEventAgeInSeconds": 21600.0,
		"destinationConfig": map[string]any{"onFailure": map[string]any{"destination": "arn:queue/pictures-finish-failures"}},
	})
	has(t, c.inputs(t, queueType, "pictures-finish-failures"), map[string]any{"messageRetentionSeconds": 1209600.0})
	require.Contains(t, alarmNames(c, "pictures"), "finish-failures")

	for name, want := range map[string]map[string]any{
		"collect": {
			"Finish":         allow("arn:function/pictures-finish", "lambda:InvokeFunction"),
			"TakeMessages":   allow("arn:queue/pictures-collect", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"),
			"GiveUpMessages": allow("arn:queue/pictures-collect-dead-letters", "sqs:SendMessage"),
		},
		"finish":       {"ReportFailures": allow("arn:queue/pictures-finish-failures", "sqs:SendMessage")},
		"post-picture": {"Publish": allow("arn:topic/pictures-messages", "sns:Publish")},
	} {
		got, _ := grants(t, c, "pictures-"+name)
		require.Empty(t, cmp.Diff(everyFunctionMay("pictures-"+name, want), got), name)
	}
}

func TestOutputsOfACheckerPipelineWithoutOrders(t *testing.T) {
	for name, edit := range map[string]func(*components.CheckerPipelineArgs, map[string]any){
		"with an API": func(*components.CheckerPipelineArgs, map[string]any) {},
		"without": func(a *components.CheckerPipelineArgs, want map[string]any) {
			a.Routes, a.Authorizer = nil, components.Authorizer{}
			want["url"], want["auth"], want["accessLogGroup"], want["routeArns"] = "", "", "", map[string]string{}
		},
		"without a function that finishes": func(a *components.CheckerPipelineArgs, want map[string]any) {
			a.Finish, want["finishFailuresUrl"] = nil, ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]any{
				"url": "https://stage/pictures-api", "auth": "none", "accessLogGroup": "name:loggroup/pictures-api-access-logs",
				"routeArns":              map[string]string{"POST /picture": "arn:restapi/pictures-api/prod/POST/picture"},
				"topicArn":               "arn:topic/pictures-messages",
				"checkerQueueUrls":       map[string]string{"faces": "https://queue/pictures-faces", "virus": "https://queue/pictures-virus"},
				"checkerDeadLettersUrls": map[string]string{"faces": "https://queue/pictures-faces-dead-letters", "virus": "https://queue/pictures-virus-dead-letters"},
				"collectQueueUrl":        "https://queue/pictures-collect", "collectDeadLettersUrl": "https://queue/pictures-collect-dead-letters",
				"finishFailuresUrl": "https://queue/pictures-finish-failures",
			}
			for _, of := range []string{"orders", "accounts", "stock"} {
				want[of+"TableName"] = ""
			}
			for _, of := range []string{"balance", "stock", "update", "outbox"} {
				want[of+"QueueUrl"], want[of+"DeadLettersUrl"] = "", ""
			}
			want["apiKey"], want["shipFailuresUrl"] = "", ""
			args := checkedPictures(t)
			edit(args, want)
			_, got := outputsOf(t, components.NewCheckerPipeline, "pictures", args)
			for _, of := range []string{"functions", "keyArn", "keyPolicy", "alarms", "alarmArn", "alarmTopicArn", "dashboardName"} {
				require.Contains(t, got, of)
				delete(got, of)
			}
			require.Equal(t, want, got)
		})
	}
}

func TestACheckerPipelineWithoutOrdersReportsAllErrorsTogether(t *testing.T) {
	type args = components.CheckerPipelineArgs
	for name, c := range map[string]struct {
		edit func(*args)
		want []string
	}{
		"nothing": {func(a *args) { *a = args{} }, []string{
			"Checkers: at least one is required without Orders", "Collect: is required without Orders",
		}},
		"functions without code": {func(a *args) {
			a.Collect, a.Finish = &components.Function{MemoryMB: pulumi.Int(1)}, &components.Function{}
		}, []string{"Collect.Code: is required", "Collect.MemoryMB: must be from 128 to 10240, got 1", "Finish.Code: is required"}},
		"names that are taken": {func(a *args) {
			a.Checkers["collect"], a.Checkers["finish"] = a.Checkers["virus"], a.Checkers["virus"]
		}, []string{"Checkers.collect: has the same name as Collect", "Checkers.finish: has the same name as Finish"}},
		"a filter and a queue": {func(a *args) {
			a.Checkers["virus"] = components.Checker{Function: a.Checkers["virus"].Function, FilterPolicyScope: pulumi.String("MessageBody")}
			a.CollectQueue.RetentionDays = pulumi.Int(1)
		}, []string{"Checkers.virus.FilterPolicyScope: is accepted only with FilterPolicy", "CollectQueue.RetentionDays: must be at least 14, got"}},
		"variables of the component": {func(a *args) {
			a.Collect.Environment = pulumi.StringMap{"FINISH_FUNCTION": pulumi.String("x"), "QUEUE_URL": pulumi.String("x")}
		}, []string{"Collect.Environment: FINISH_FUNCTION is set by the component", "QUEUE_URL is set by the component"}},
		"a plan without an API": {func(a *args) {
			a.Routes, a.UsagePlan = nil, components.UsagePlan{RequireApiKey: true}
		}, []string{"UsagePlan: is accepted only with Routes or Orders", "Authorizer: is accepted only with Routes or Orders"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := checkedPictures(t)
			c.edit(a)
			refuses(t, components.NewCheckerPipeline, "CheckerPipeline", "pictures", a, c.want)
		})
	}
}
