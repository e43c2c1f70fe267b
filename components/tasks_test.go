package components_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// picture returns an own function.
func picture(seconds int) components.Function {
	return components.Function{
		Code: pulumi.NewFileArchive("testdata"), Runtime: pulumi.String("python3.13"), Handler: pulumi.String("app.handler"), TimeoutSeconds: pulumi.Int(seconds),
	}
}

// pictureArgs returns an Orchestrator of three tasks with a route that starts it. The first and the last task have compensations.
func pictureArgs() *components.OrchestratorArgs {
	undoResize, undoIndex := picture(7), picture(8)
	return &components.OrchestratorArgs{
		Tasks: []components.Task{
			{Name: "resize", Function: picture(60), Compensate: &undoResize, Permanent: []string{"NotAPicture"}},
			{Name: "moderate", Function: picture(20)},
			{Name: "index", Function: picture(9), Compensate: &undoIndex},
		},
		Start:      &components.StartRoute{Path: "/pictures", Body: `{"type": "object"}`, BodyRules: "A picture has an id.", IdPath: "$.id", AccountPath: "$.owner"},
		Authorizer: open,
	}
}

func pictureCloud(t *testing.T, edit func(*components.OrchestratorArgs)) *cloud {
	t.Helper()
	return deploy(t, components.NewOrchestrator, "pictures", pictureArgs(), edit)
}

func TestTheMachineRunsTheTasksAndItsRoleNothingElse(t *testing.T) {
	c := pictureCloud(t, nil)
	type run struct {
		resource string
		timeout  float64
	}
	ran := map[string]run{}
	for name, s := range at(t, c.document(t, machineType, "pictures", "definition"), "States") {
		if s := s.(map[string]any); s["Type"] == "Task" {
			parameters := s["Parameters"].(map[string]any)
			for _, key := range []string{"FunctionName", "TopicArn", "QueueUrl"} {
				if target, ok := parameters[key]; ok {
					ran[name] = run{target.(string), s["TimeoutSeconds"].(float64)}
				}
			}
		}
	}
	require.Equal(t, map[string]run{
		// The function's own timeout is shorter, because its error says more.
		"resize": {"arn:function/pictures-resize", 65}, "undo-resize": {"arn:function/pictures-undo-resize", 12},
		"moderate": {"arn:function/pictures-moderate", 25},
		"index":    {"arn:function/pictures-index", 14}, "undo-index": {"arn:function/pictures-undo-index", 13},
		"Notify": {"arn:topic/pictures-done", 15}, "MoveToFailureQueue": {"https://queue/pictures-failures", 15},
	}, ran)

	got, service := grants(t, c, "pictures-machine")
	require.Equal(t, "states.amazonaws.com", service)
	functions := []any{
		"arn:function/pictures-resize", "arn:function/pictures-undo-resize", "arn:function/pictures-moderate", "arn:function/pictures-index",
		"arn:function/pictures-undo-index",
	}
	require.Equal(t, []string{"DeliverLogs", "Notify", "ReportFailures", "RunTasks", "WriteTraces"}, slices.Sorted(maps.Keys(got)))
	require.Equal(t, map[string]any{"Effect": "Allow", "Action": []any{"lambda:InvokeFunction"}, "Resource": functions}, got["RunTasks"])
	require.Equal(t, allow("arn:topic/pictures-done", "sns:Publish"), got["Notify"])
	require.Equal(t, allow("arn:queue/pictures-failures", "sqs:SendMessage"), got["ReportFailures"])

	got, service = grants(t, c, "pictures-api-start-post-pictures")
	require.Equal(t, "apigateway.amazonaws.com", service)
	require.Equal(t, map[string]any{"StartExecution": allow(machine("pictures"), "states:StartExecution")}, got)
}

func TestATaskRunsAnOwnFunction(t *testing.T) {
	c := pictureCloud(t, func(a *components.OrchestratorArgs) {
		a.Tasks[1].Function.Permissions = []components.Permission{{Actions: []string{"s3:GetObject"}, Resources: pulumi.StringArray{pulumi.String("arn:aws:s3:::p/*")}}}
		a.Tasks[1].Function.Environment = pulumi.StringMap{"LEVEL": pulumi.String("high")}
	})
	has(t, c.inputs(t, functionType, "pictures-moderate"), map[string]any{
		"runtime": "python3.13", "handler": "app.handler", "timeout": 20.0, "memorySize": 256.0, "tracingConfig": map[string]any{"mode": "Active"},
		"environment": map[string]any{"variables": map[string]any{"PATTERN": "pictures", "LEVEL": "high"}},
	})
	got, _ := grants(t, c, "pictures-moderate")
	require.Equal(t, []string{"Permission1", "WriteLogs", "WriteTraces"}, slices.Sorted(maps.Keys(got)))
	require.Equal(t, allow("arn:aws:s3:::p/*", "s3:GetObject"), got["Permission1"])
	got, _ = grants(t, c, "pictures-undo-index")
	require.Equal(t, []string{"WriteLogs", "WriteTraces"}, slices.Sorted(maps.Keys(got)))
}

func TestTasksHaveAlarms(t *testing.T) {
	c := pictureCloud(t, nil)
	hasNoBuiltInFunction(t, c)
	alarms := slices.Sorted(maps.Keys(alarmsOf(t, "pictures", c)))
	want := []string{"api-errors", "api-latency", "done-deliveries", "executions-failed", "executions-throttled", "executions-timed-out", "failures"}
	for _, function := range []string{"resize", "undo-resize", "moderate", "index", "undo-index"} {
		want = append(want, function+"-errors", function+"-throttles", function+"-duration")
	}
	slices.Sort(want)
	require.Equal(t, want, alarms)
}

func TestStartStartsAnExecutionWithTheBodyAsJSON(t *testing.T) {
	c := pictureCloud(t, nil)
	text := c.inputs(t, restAPIType, "pictures-api")["body"].(string)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context()))
	way := at(t, parse(t, text), "paths", "/pictures", "post", integration)
	require.Equal(t, map[string]any{"application/json": `#set($id = $input.json('$.id').replaceAll("[^A-Za-z0-9._-]",""))` +
		`#if($id == "")#set($id = $context.requestId)#end#set($context.requestOverride.header.X-Order-Id = $id)` +
		`#if($input.body.length() > 65536){}#else` +
		`{"stateMachineArn":"` + machine("pictures") + `","name":"$context.requestId",` +
		`"input":"{\"id\":\"$id\",\"requestid\":\"$context.requestId\",\"accepted\":$context.requestTimeEpoch,` +
		`\"body\":$util.escapeJavaScript($input.json('$')).replaceAll("\\'","'")}"}#end`,
	}, way["requestTemplates"])
	answers := at(t, way, "responses")
	require.Equal(t, `#set($id = $context.requestOverride.header.X-Order-Id){#if($id && $id != "")"id":"$id",#end`+
		`"requestid":"$context.requestId","executionArn":"$input.path('$.executionArn')"}`, at(t, answers, "200", "responseTemplates")["application/json"])
	require.Equal(t, `{"message":"The request was not accepted; try again"}`, at(t, answers, "default", "responseTemplates")["application/json"])
	require.NotContains(t, text, "The order was not accepted")
	require.Contains(t, text, "breaks one of these rules. A picture has an id.")
	require.Contains(t, c.dependencies(t, stageType, "pictures-api"), "rolepolicy/pictures-api-start-post-pictures-policy")
}

func TestStartComparesTheAccountWhereTokensAreVerified(t *testing.T) {
	start := func(edit func(*components.OrchestratorArgs)) string {
		c := deploy(t, components.NewOrchestrator, "pictures", pictureArgs(), func(a *components.OrchestratorArgs) {
			a.Common, a.Authorizer = inFolder(t), tokens
			edit(a)
		})
		way := at(t, c.document(t, restAPIType, "pictures-api", "body"), "paths", "/pictures", "post", integration)
		return at(t, way, "requestTemplates")["application/json"].(string)
	}
	template := start(func(*components.OrchestratorArgs) {})
	require.Contains(t, template, `$context.authorizer.account == $input.path('$.owner')`)
	require.Contains(t, template, `\"caller\":\"`)
	template = start(func(a *components.OrchestratorArgs) { a.Start.IdPath, a.Start.AccountPath = "", "" })
	require.True(t, strings.HasPrefix(template, `#set($id = $context.requestId)#set($context.requestOverride.header`), template)
	require.NotContains(t, template, "$input.path")
	template = start(func(a *components.OrchestratorArgs) { a.Start.Authorizer = components.AuthIam })
	require.NotContains(t, template, "authorizer")
}

func TestWithoutARouteTasksHaveNoAPI(t *testing.T) {
	args := pictureArgs()
	args.Start, args.Authorizer = nil, components.Authorizer{}
	var outputs map[string]any
	c := &cloud{}
	require.NoError(t, c.run(func(ctx *pulumi.Context) error {
		o, err := components.NewOrchestrator(ctx, "pictures", args)
		if err != nil {
			return err
		}
		require.Nil(t, o.Api)
		o.Outputs().ToMapOutput().ApplyT(func(m map[string]any) error {
			outputs = m
			return nil
		})
		return nil
	}))
	for name, want := range map[string]any{
		"url": "", "auth": "", "accessLogGroup": "", "tableName": "", "tableArn": "", "bucketName": "", "routeArns": map[string]string{}, "apiRoleNames": []string{},
		"stateMachineArn": machine("pictures"), "topicArn": "arn:topic/pictures-done", "failureQueueUrl": "https://queue/pictures-failures",
		"machineRoleName": "name:role/pictures-machine-role",
	} {
		require.Empty(t, cmp.Diff(want, outputs[name]), name)
	}
	for _, r := range c.registered {
		for _, service := range []string{"aws:apigateway", "aws:s3", "aws:dynamodb"} {
			require.False(t, strings.HasPrefix(r.TypeToken, service), r.TypeToken)
		}
	}
}

func TestAFunctionBehindARouteMayStartExecutions(t *testing.T) {
	c := pictureCloud(t, func(a *components.OrchestratorArgs) {
		a.Start = nil
		start, read := picture(10), picture(10)
		a.Routes = []components.Route{{Method: "POST", Path: "/albums", Run: &start, Publishes: true}, {Method: "GET", Path: "/albums", Run: &read}}
	})
	has(t, c.inputs(t, functionType, "pictures-post-albums"), map[string]any{"environment": map[string]any{"variables": map[string]any{
		"PATTERN": "pictures", "ALLOW_ORIGIN": "*", "STATE_MACHINE_ARN": machine("pictures"),
	}}})
	got, _ := grants(t, c, "pictures-post-albums")
	require.Equal(t, allow(machine("pictures"), "states:StartExecution"), got["StartExecution"])
	got, _ = grants(t, c, "pictures-get-albums")
	require.NotContains(t, got, "StartExecution")
}

func TestATimeoutFromAnotherResourceIsComparedWithItsShareWhenItResolves(t *testing.T) {
	deploy := func(express bool) error {
		return (&cloud{}).run(fromOtherResource(47, "x", func(ctx *pulumi.Context, n pulumi.IntOutput, _ pulumi.StringOutput) error {
			a := pictureArgs()
			a.Express = express
			a.Tasks[0].Function.TimeoutSeconds = pulumi.Int(40)
			a.Tasks[1].Function.TimeoutSeconds = n
			_, err := components.NewOrchestrator(ctx, "pictures", a)
			return err
		}))
	}
	require.NoError(t, deploy(false))
	require.ErrorContains(t, deploy(true), "Tasks[1].Function.TimeoutSeconds: must be at most 46 with Express and this number of functions, got 47")
}

func TestTheLongestNameOfAnOrchestratorFitsItsTasks(t *testing.T) {
	refuses(t, components.NewOrchestrator, "Orchestrator", strings.Repeat("p", 42), pictureArgs(), []string{"name: must have at most 27 characters"})
	require.True(t, json.Valid([]byte(deploy(t, components.NewOrchestrator, strings.Repeat("p", 27), pictureArgs(), nil).
		inputs(t, machineType, strings.Repeat("p", 27))["definition"].(string))))
}
