package console_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/local/console"
)

type mapped struct{ Components []console.Component }

// drawing is a component as lines: nodes and edges by their names.
func drawing(c console.Component) (lines []string) {
	names := map[string]string{}
	for _, n := range c.Nodes {
		names[n.ID] = n.Kind + " " + n.Name
		lines = append(lines, names[n.ID])
	}
	var edges []string
	for _, e := range c.Edges {
		edges = append(edges, strings.TrimSpace(fmt.Sprintf("%s -> %s: %s %s", names[e.From], names[e.To], e.Kind, e.Label)))
	}
	slices.Sort(edges)
	return append(lines, edges...)
}

func uri(f deployed) string {
	return "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/" + f.arn() + "/invocations"
}

// api deploys an API with a stage, whose integrations are given by method and path, and returns it with its URL.
func (w *world) api(t testing.TB, name string, integrations map[string]string) (api deployed, url string) {
	t.Helper()
	paths := []string{}
	for route, integration := range integrations {
		method, path, _ := strings.Cut(route, " ")
		paths = append(paths, fmt.Sprintf(`%q:{%q:{"responses":{"200":{"description":"x"}},"x-amazon-apigateway-integration":%s}}`, path, strings.ToLower(method), integration))
	}
	api = w.deploy(t, "aws:apigateway/restApi:RestApi", name, map[string]any{"body": `{"openapi":"3.0.1","paths":{` + strings.Join(paths, ",") + `}}`})
	deployment := w.deploy(t, "aws:apigateway/deployment:Deployment", name, map[string]any{"restApi": api.id})
	stage := w.deploy(t, "aws:apigateway/stage:Stage", name, map[string]any{"restApi": api.id, "stageName": "prod", "deployment": deployment.id})
	return api, stage.outputs["invokeUrl"].(string)
}

// shop is a program: an API, a function, a topic, a queue with dead letters, a function that reads it, and a table.
type shop struct {
	url                                        string
	api, topic, queue, dead, table, take, keep deployed
	mapping                                    deployed
}

func (w *world) shop(t testing.TB) *shop { return w.shopNamed(t, "shop") }

func (w *world) shopNamed(t testing.TB, name string) *shop {
	t.Helper()
	s := &shop{}
	s.topic = w.deploy(t, "aws:sns/topic:Topic", name+"-orders", nil)
	s.dead = w.deploy(t, "aws:sqs/queue:Queue", name+"-keep-dead-letters", nil)
	s.queue = w.deploy(t, "aws:sqs/queue:Queue", name+"-keep", map[string]any{"visibilityTimeoutSeconds": 30})
	w.deploy(t, "aws:sqs/redrivePolicy:RedrivePolicy", name+"-keep", map[string]any{
		"queueUrl": s.queue.id, "redrivePolicy": `{"deadLetterTargetArn":"` + s.dead.arn() + `","maxReceiveCount":1}`,
	})
	w.deploy(t, "aws:sqs/queuePolicy:QueuePolicy", name+"-keep", map[string]any{"queueUrl": s.queue.id, "policy": `{"Version":"2012-10-17","Statement":
		[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + s.queue.arn() + `"}]}`})
	w.deploy(t, "aws:sns/topicSubscription:TopicSubscription", name+"-keep", map[string]any{
		"topic": s.topic.arn(), "protocol": "sqs", "endpoint": s.queue.arn(), "redrivePolicy": `{"deadLetterTargetArn":"` + s.dead.arn() + `"}`,
	})
	s.table = w.deploy(t, "aws:dynamodb/table:Table", name+"-orders", map[string]any{
		"hashKey": "id", "attributes": []any{map[string]any{"name": "id", "type": "S"}}, "billingMode": "PAY_PER_REQUEST",
	})
	s.take = w.function(t, name+"-take", map[string]any{"TOPIC": s.topic.arn()}, []string{s.topic.arn(), "sns:Publish"})
	s.keep = w.function(t, name+"-keep", map[string]any{"TABLE": s.table.outputs["name"]},
		[]string{s.table.arn(), "dynamodb:PutItem"}, []string{s.table.arn() + "/index/*", "dynamodb:Query"}, []string{s.dead.arn(), "sqs:SendMessage"},
		[]string{s.queue.arn(), "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"})
	s.mapping = w.deploy(t, "aws:lambda/eventSourceMapping:EventSourceMapping", name+"-keep", map[string]any{"eventSourceArn": s.queue.arn(), "functionName": s.keep.arn(), "batchSize": 1})
	s.api, s.url = w.api(t, name+"-api", map[string]string{
		"POST /order":  fmt.Sprintf(`{"type":"aws_proxy","httpMethod":"POST","uri":%q}`, uri(s.take)),
		"OPTIONS /any": `{"type":"mock","requestTemplates":{"application/json":"{\"statusCode\": 200}"},"responses":{"default":{"statusCode":"200"}}}`,
	})
	w.deploy(t, "aws:lambda/permission:Permission", name+"-take", map[string]any{
		"function": s.take.outputs["name"], "action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com",
		"sourceArn": "arn:aws:execute-api:us-east-1:123456789012:" + s.api.id + "/*",
	})
	// What is no part of the diagram.
	alarms := w.deploy(t, "aws:sns/topic:Topic", name+"-alarms", nil)
	w.deploy(t, "aws:cloudwatch/metricAlarm:MetricAlarm", name+"-keep-errors", map[string]any{
		"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1, "threshold": 0, "metricName": "Errors", "namespace": "AWS/Lambda", "period": 60,
		"statistic": "Sum", "dimensions": map[string]any{"FunctionName": s.keep.outputs["name"]}, "alarmActions": []any{alarms.arn()}, "alarmDescription": "It fails", "treatMissingData": "notBreaching",
	})
	w.deploy(t, "aws:s3/bucketV2:BucketV2", name+"-code", nil)
	return s
}

func TestTheMapOfFunctionsAndQueues(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	m := get[mapped](t, w, "/api/map")
	require.Len(t, m.Components, 1)
	c := m.Components[0]
	require.Equal(t, "shop", c.Name)
	require.Equal(t, "test:index:Component", c.Type)
	require.Equal(t, []string{
		"api shop-api", "function shop-keep", "function shop-take", "topic shop-orders", "queue shop-keep", "table shop-orders", "deadletters shop-keep-dead-letters",
		"api shop-api -> function shop-take: call POST /order",
		"function shop-keep -> deadletters shop-keep-dead-letters: failure SendMessage",
		"function shop-keep -> table shop-orders: call PutItem, Query",
		"function shop-take -> topic shop-orders: call Publish",
		"queue shop-keep -> deadletters shop-keep-dead-letters: failure after 1 receives",
		"queue shop-keep -> function shop-keep: event",
		"topic shop-orders -> deadletters shop-keep-dead-letters: failure",
		"topic shop-orders -> queue shop-keep: event",
	}, drawing(c))
	require.Equal(t, console.Node{ID: s.keep.arn(), Kind: "function", Name: "shop-keep", Resource: s.keep.id, Description: "Does shop-keep"}, *c.Nodes[1])
	require.Equal(t, []string{s.mapping.id}, c.Nodes[4].Consumers)
}

func TestTheMapOfStreamsAndMachines(t *testing.T) {
	w := newWorld(t)
	stream := w.deploy(t, "aws:kinesis/stream:Stream", "river-events", map[string]any{"shardCount": 1})
	lost := w.deploy(t, "aws:sqs/queue:Queue", "river-read-failures", nil)
	bucket := w.deploy(t, "aws:s3/bucketV2:BucketV2", "river-files", nil)
	read := w.function(t, "river-read", nil, []string{stream.arn(), "kinesis:*"}, []string{lost.arn(), "sqs:SendMessage"}, []string{bucket.arn() + "/files/*", "s3:PutObject"})
	mapping := w.deploy(t, "aws:lambda/eventSourceMapping:EventSourceMapping", "river-read", map[string]any{
		"eventSourceArn": stream.arn(), "functionName": read.arn(), "startingPosition": "TRIM_HORIZON",
		"destinationConfig": map[string]any{"onFailure": map[string]any{"destinationArn": lost.arn()}},
	})

	failures := w.deploy(t, "aws:sqs/queue:Queue", "work-failures", nil)
	done := w.deploy(t, "aws:sns/topic:Topic", "work-done", nil)
	step := w.function(t, "work-step", nil)
	role := w.role(t, "work", "states", []string{failures.arn(), "sqs:SendMessage"}, []string{done.arn(), "sns:Publish"}, []string{step.arn(), "lambda:InvokeFunction"})
	machine := w.deploy(t, "aws:sfn/stateMachine:StateMachine", "work", map[string]any{"roleArn": role.arn(), "definition": fmt.Sprintf(`{"Comment":"Works","StartAt":"Step","States":{
		"Step":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Parameters":{"FunctionName":%q},"Catch":[{"ErrorEquals":["States.ALL"],"Next":"Keep"}],"Next":"Notify"},
		"Notify":{"Type":"Task","Resource":"arn:aws:states:::sns:publish","Parameters":{"TopicArn":%q,"Message":"x"},"End":true},
		"Keep":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Parameters":{"QueueUrl":%q,"MessageBody":"x"},"Next":"Failed"},
		"Failed":{"Type":"Fail"}}}`, step.arn(), done.arn(), failures.id)})
	start := w.role(t, "work-start", "apigateway", []string{machine.arn(), "states:StartExecution"})
	w.api(t, "work-api", map[string]string{"POST /work": fmt.Sprintf(
		`{"type":"aws","httpMethod":"POST","uri":"arn:aws:apigateway:us-east-1:states:action/StartExecution","credentials":%q,"responses":{"default":{"statusCode":"200"}}}`, start.arn())})

	m := get[mapped](t, w, "/api/map")
	require.Len(t, m.Components, 2)
	require.Equal(t, []string{
		"function river-read", "stream river-events", "bucket river-files", "deadletters river-read-failures",
		"function river-read -> bucket river-files: call PutObject",
		"function river-read -> deadletters river-read-failures: failure SendMessage",
		"stream river-events -> function river-read: event",
	}, drawing(m.Components[0]))
	require.Equal(t, []string{mapping.id}, m.Components[0].Nodes[1].Consumers)
	require.Equal(t, "work", m.Components[1].Name)
	require.Equal(t, "Works", m.Components[1].Nodes[2].Description)
	require.Equal(t, []string{
		"api work-api", "function work-step", "machine work", "topic work-done", "deadletters work-failures",
		"api work-api -> machine work: call POST /work",
		"machine work -> deadletters work-failures: failure Keep",
		"machine work -> function work-step: call Step",
		"machine work -> topic work-done: call Notify",
	}, drawing(m.Components[1]))
}

func TestTheMapOfNothing(t *testing.T) {
	require.Equal(t, map[string]any{"components": []any{}}, get[map[string]any](t, newWorld(t), "/api/map"))
}

func TestWhatIsDeletedLeavesTheMap(t *testing.T) {
	w := newWorld(t)
	s := w.shop(t)
	require.Len(t, get[mapped](t, w, "/api/map").Components[0].Nodes, 7)
	w.remove(t, s.mapping)
	require.Len(t, get[mapped](t, w, "/api/map").Components[0].Nodes, 7, "the queue has other edges")
	w.remove(t, s.table)
	require.Len(t, get[mapped](t, w, "/api/map").Components[0].Nodes, 6)
}
