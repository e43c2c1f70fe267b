package components_test

import (
	"debug/elf"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

const subscriptionType = "aws:sns/topicSubscription:TopicSubscription"

func TestExecutionsByDefault(t *testing.T) {
	c := orchestrator(t, nil)
	has(t, c.inputs(t, machineType, "orchestrator"), map[string]any{
		"type": "STANDARD", "roleArn": "arn:role/orchestrator-machine-role", "name": nil,
		"tracingConfiguration": map[string]any{"enabled": true},
		"loggingConfiguration": map[string]any{
			"level": "ERROR", "includeExecutionData": false, "logDestination": "arn:loggroup/orchestrator-executions:*",
		},
	})
	has(t, c.inputs(t, logGroupType, "orchestrator-executions"), map[string]any{"retentionInDays": 30.0})
	// Step Functions checks the permission to deliver logs when the machine is created.
	require.Contains(t, c.dependencies(t, machineType, "orchestrator"), "rolepolicy/orchestrator-machine-policy")
}

func TestExecutionsWithSettings(t *testing.T) {
	c := orchestrator(t, func(a *components.OrchestratorArgs) {
		a.Express, a.LogLevel, a.LogData, a.Common.LogRetentionDays = true, pulumi.String("ALL"), pulumi.Bool(true), pulumi.Int(7)
		task := components.Function{MemoryMB: pulumi.Int(512), TimeoutSeconds: pulumi.Int(20), ReservedConcurrency: pulumi.Int(9)}
		a.Orders.Functions = map[string]components.Function{
			"store-order-task": task, "write-invoice-task": task, "take-back-order-task": task, "get-order": {MemoryMB: pulumi.Int(128)},
		}
	})
	has(t, c.inputs(t, machineType, "orchestrator"), map[string]any{
		"type": "EXPRESS",
		"loggingConfiguration": map[string]any{
			"level": "ALL", "includeExecutionData": true, "logDestination": "arn:loggroup/orchestrator-executions:*",
		},
	})
	// Step Functions ends an Express execution after five minutes, even if its definition has a longer timeout.
	require.EqualValues(t, 300, c.document(t, machineType, "orchestrator", "definition")["TimeoutSeconds"])
	has(t, c.inputs(t, logGroupType, "orchestrator-executions"), map[string]any{"retentionInDays": 7.0})
	for _, name := range []string{"store-order-task", "write-invoice-task", "take-back-order-task"} {
		has(t, c.inputs(t, functionType, "orchestrator-"+name), map[string]any{
			"memorySize": 512.0, "timeout": 20.0, "reservedConcurrentExecutions": 9.0})
	}
	has(t, c.inputs(t, functionType, "orchestrator-get-order"), map[string]any{"memorySize": 128.0, "timeout": 10.0})
}

func TestTheMachineRunsItsOwnFunctionsAndNotifiesItsOwnTopic(t *testing.T) {
	for name, timeout := range map[string]pulumi.IntPtrInput{"by default": nil, "with a longer timeout": pulumi.Int(60)} {
		t.Run(name, func(t *testing.T) {
			c := orchestrator(t, func(a *components.OrchestratorArgs) {
				a.Orders.Functions = map[string]components.Function{"store-order-task": {TimeoutSeconds: timeout}}
			})
			doc := c.document(t, machineType, "orchestrator", "definition")
			ran := map[string]string{}
			for name, s := range at(t, doc, "States") {
				s := s.(map[string]any)
				parameters, _ := s["Parameters"].(map[string]any)
				switch s["Resource"] {
				case nil:
				case "arn:aws:states:::lambda:invoke":
					ran[name] = parameters["FunctionName"].(string)
					// The function's own timeout is shorter, because its error says more.
					function := strings.TrimPrefix(ran[name], "arn:function/")
					require.Greater(t, s["TimeoutSeconds"], c.inputs(t, functionType, function)["timeout"], name)
				case "arn:aws:states:::sqs:sendMessage":
					ran[name] = parameters["QueueUrl"].(string)
				case "arn:aws:states:::sns:publish":
					ran[name] = parameters["TopicArn"].(string)
				default:
					t.Errorf("%s runs %v", name, s["Resource"])
				}
			}
			require.Equal(t, map[string]string{
				"StoreOrder":    "arn:function/orchestrator-store-order-task",
				"WriteInvoice":  "arn:function/orchestrator-write-invoice-task",
				"TakeBackOrder": "arn:function/orchestrator-take-back-order-task",
				"Notify":        "arn:topic/orchestrator-placed",

				"MoveToFailureQueue": "https://queue/orchestrator-failures",
			}, ran)
		})
	}
}

func TestAnAddressIsNotifiedOfPlacedOrdersIfThereIsOne(t *testing.T) {
	c := orchestrator(t, func(a *components.OrchestratorArgs) { a.NotifyEmail = pulumi.String("orders@example.com") })
	require.Equal(t, map[string]any{
		"topic": "arn:topic/orchestrator-placed", "protocol": "email", "endpoint": "orders@example.com",
	}, c.inputs(t, subscriptionType, "orchestrator-email"))

	for key := range orchestrator(t, nil).registered {
		require.NotContains(t, key, subscriptionType)
	}
}

func TestTheMachineCanBeStartedWhenTheStageIsCreated(t *testing.T) {
	c := orchestrator(t, nil)
	for _, want := range []string{
		"rolepolicy/orchestrator-api-start-post-order-policy",
		"permission/orchestrator-api-invoke-get-order", "permission/orchestrator-api-invoke-get-invoice",
	} {
		require.Contains(t, c.dependencies(t, stageType, "orchestrator-api"), want)
	}
}

func TestOutputsOfTheOrchestrator(t *testing.T) {
	args := &components.OrchestratorArgs{Orders: &components.OrchestratorOrders{}, Authorizer: open, Common: inFolder(t)}
	exports(t, components.NewOrchestrator, "orchestrator", args, map[string]any{
		"url":             "https://stage/orchestrator-api",
		"stateMachineArn": machine("orchestrator"),
		"executionLogs":   "/aws/vendedlogs/states/name:role/orchestrator-machine-role",
		"machineRoleName": "name:role/orchestrator-machine-role",
		"topicArn":        "arn:topic/orchestrator-placed",
		"failureQueueUrl": "https://queue/orchestrator-failures",
		"tableName":       "name:table/orchestrator-orders",
		"tableArn":        "arn:table/orchestrator-orders",
		"bucketName":      "name:bucketv2/orchestrator-invoices",
		"accessLogGroup":  "name:loggroup/orchestrator-api-access-logs",
		"auth":            "none",
		"routeArns": map[string]string{
			"POST /order": "arn:restapi/orchestrator-api/prod/POST/order", "GET /order": "arn:restapi/orchestrator-api/prod/GET/order",
			"GET /invoice": "arn:restapi/orchestrator-api/prod/GET/invoice",
		},
		"apiRoleNames": []string{"name:role/orchestrator-api-start-post-order-role"},
	})
}

func TestOrchestratorRefusesBadArgumentsAndRegistersNothing(t *testing.T) {
	type args = components.OrchestratorArgs
	for _, c := range []struct {
		name string
		edit func(*args)
		want []string
	}{
		{"memory", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"store-order-task": {MemoryMB: pulumi.Int(127)}}
		}, []string{"Orders.Functions.store-order-task.MemoryMB: must be from 128 to 10240, got 127"}},
		{"timeout", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"get-order": {TimeoutSeconds: pulumi.Int(901)}}
		}, []string{"Orders.Functions.get-order.TimeoutSeconds: must be from 1 to 900, got 901"}},
		{"concurrency", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"store-order-task": {ReservedConcurrency: pulumi.Int(-1)}}
		}, []string{"Orders.Functions.store-order-task.ReservedConcurrency: must be from 0 to 1000, got -1"}},
		{"tasks that take longer than an Express execution", func(a *args) {
			a.Express, a.Orders.Functions = true, map[string]components.Function{"write-invoice-task": {TimeoutSeconds: pulumi.Int(81)}}
		},
			[]string{"Orders.Functions.write-invoice-task.TimeoutSeconds: must be at most 80 with Express, got 81"}},
		{"log level", func(a *args) { a.LogLevel = pulumi.String("DEBUG") }, []string{`LogLevel: must be one of ["ALL" "ERROR" "FATAL" "OFF"], got "DEBUG"`}},
		{"log level in small letters", func(a *args) { a.LogLevel = pulumi.String("error") }, []string{`LogLevel: must be one of`, `got "error"`}},
		{"no address", func(a *args) { a.NotifyEmail = pulumi.String("orders") }, []string{`NotifyEmail: must be an address such as orders@example.com, got "orders"`}},
		{"an address with a name", func(a *args) { a.NotifyEmail = pulumi.String("Orders <orders@example.com>") }, []string{`NotifyEmail: must be an address`}},
		{"two addresses", func(a *args) { a.NotifyEmail = pulumi.String("a@example.com,b@example.com") }, []string{`NotifyEmail: must be an address`}},
		{"rate", func(a *args) { a.Api.RateLimit = pulumi.Int(10001) }, []string{"Api.RateLimit: must be from 1 to 10000, got 10001"}},
		{"log retention", func(a *args) { a.Common.LogRetentionDays = pulumi.Int(31) }, []string{"Common.LogRetentionDays: must be one of [1 3 5 7 14 30 60", "got 31"}},
		{"an origin with a path", func(a *args) { a.Api.AllowOrigin = pulumi.String("https://shop.example.com/") }, []string{"Api.AllowOrigin", "without a path"}},
		{"an account without access logs", func(a *args) {
			a.Api.AccessLogs, a.Api.AccountRoleArn = pulumi.BoolRef(false), pulumi.String("arn:role")
		}, []string{"Api.AccountRoleArn: is accepted only with AccessLogs"}},
		{"architecture", func(a *args) { a.Common.Architecture = "mips" }, []string{`Common.Architecture: must be one of ["arm64" "x86_64"], got "mips"`}},
		{"a package for another kind of processor", func(a *args) {
			writePackage(t, a.Common.Packages, "take-back-order-task", "bootstrap", 0o755, executable(elf.EM_RISCV))
		}, []string{"/take-back-order-task.zip: is not an executable for arm64 or x86_64"}},
		{"everything at once", func(a *args) {
			a.Orders.Functions = map[string]components.Function{"store-order-task": {MemoryMB: pulumi.Int(1), TimeoutSeconds: pulumi.Int(-1)}, "get-order": {MemoryMB: pulumi.Int(1)}}
			a.LogLevel, a.NotifyEmail, a.Common.Architecture = pulumi.String("x"), pulumi.String("x"), "mips"
			a.Api.RateLimit, a.Api.BurstLimit, a.Api.AllowOrigin = pulumi.Int(-1), pulumi.Int(-1), pulumi.String("x")
			a.Common.LogRetentionDays = pulumi.Int(2)
			a.Common.Packages = filepath.Join(a.Common.Packages, "nowhere")
		}, []string{
			"Orders.Functions.store-order-task.MemoryMB", "Orders.Functions.store-order-task.TimeoutSeconds", "Orders.Functions.get-order.MemoryMB", "LogLevel", "NotifyEmail", "Common.Architecture",
			"Api.RateLimit", "Api.BurstLimit", "Api.AllowOrigin", "Common.LogRetentionDays",
			"Common.Packages: no package at /", "/nowhere/store-order-task.zip: run `make build`", "/write-invoice-task.zip: run `make build`",
			"/take-back-order-task.zip: run `make build`", "/get-order.zip: run `make build`", "/get-invoice.zip: run `make build`",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := &args{Authorizer: open, Common: inFolder(t), Orders: &components.OrchestratorOrders{}}
			c.edit(a)
			refuses(t, components.NewOrchestrator, "Orchestrator", "orchestrator", a, c.want)
		})
	}
}
