package components_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

const rolePolicyType = "aws:iam/rolePolicy:RolePolicy"

// trusted returns the service that may assume a role, for this account only.
func trusted(t *testing.T, c *cloud, role string) any {
	t.Helper()
	// Lambda and API Gateway do not document which account they name, or that they name one.
	condition := map[string]any{"StringEqualsIfExists": map[string]any{"aws:SourceAccount": "123456789012"}}
	if name, ok := strings.CutSuffix(role, "-machine-role"); ok {
		condition = map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": "123456789012"},
			"ArnLike":      map[string]any{"aws:SourceArn": machine(name) + "-*"},
		}
	}
	doc := c.document(t, "aws:iam/role:Role", role, "assumeRolePolicy")
	require.Equal(t, "2012-10-17", doc["Version"])
	statements := doc["Statement"].([]any)
	require.Len(t, statements, 1)
	has(t, statements[0].(map[string]any), map[string]any{"Effect": "Allow", "Action": []any{"sts:AssumeRole"}, "Condition": condition})
	principal := statements[0].(map[string]any)["Principal"].(map[string]any)
	require.Len(t, principal, 1)
	return principal["Service"]
}

// allow returns an Allow statement of a document, without its Sid.
func allow(resource string, actions ...any) map[string]any {
	return map[string]any{"Effect": "Allow", "Action": actions, "Resource": []any{resource}}
}

// grants returns the statements of a role's policy by Sid, and the service that may assume the role.
func grants(t *testing.T, c *cloud, name string) (statements map[string]any, service any) {
	t.Helper()
	doc := c.document(t, rolePolicyType, name+"-policy", "policy")
	require.Equal(t, "2012-10-17", doc["Version"])
	require.Equal(t, "name:role/"+name+"-role", c.inputs(t, rolePolicyType, name+"-policy")["role"])
	statements = map[string]any{}
	for _, s := range doc["Statement"].([]any) {
		statement := s.(map[string]any)
		sid := statement["Sid"].(string)
		require.NotContains(t, statements, sid)
		delete(statement, "Sid")
		statements[sid] = statement
	}
	return statements, trusted(t, c, name+"-role")
}

// All permissions of each function. An additional permission is a risk, a missing one an outage.
func TestEachFunctionMayDoWhatItDoesAndNothingElse(t *testing.T) {
	take := func(queue string) map[string]any {
		return allow("arn:queue/"+queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility")
	}
	giveUp := func(queue string) map[string]any { return allow("arn:queue/"+queue+"-dead-letters", "sqs:SendMessage") }
	const stream = "arn:stream/eventstream-events"
	reader := func(name, sid string, work map[string]any) map[string]any {
		return map[string]any{
			"FindShards":     allow(stream, "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"),
			"ReadRecords":    allow(stream, "kinesis:GetShardIterator", "kinesis:GetRecords"),
			"ReportFailures": allow("arn:queue/eventstream-"+name+"-failures", "sqs:SendMessage"),
			sid:              work,
		}
	}
	eachCoffeePattern(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		table, bucket := "arn:table/"+pattern+"-orders", "arn:bucketv2/"+pattern+"-invoices"
		invoices := bucket + "/invoices/*"
		find := allow(bucket, "s3:ListBucket")
		find["Condition"] = map[string]any{"StringLike": map[string]any{"s3:prefix": "invoices/*"}}
		may := map[string]map[string]any{
			"publish-order":        {"PublishOrder": allow("arn:topic/fanout-orders", "sns:Publish")},
			"store-order":          {"StoreOrder": allow(table, "dynamodb:PutItem"), "TakeMessages": take("fanout-store-order"), "GiveUpMessages": giveUp("fanout-store-order")},
			"write-invoice":        {"WriteInvoice": allow(invoices, "s3:PutObject"), "TakeMessages": take("fanout-write-invoice"), "GiveUpMessages": giveUp("fanout-write-invoice")},
			"append-order":         {"AppendOrder": allow(stream, "kinesis:PutRecord")},
			"project-order":        reader("project-order", "StoreOrder", allow(table, "dynamodb:PutItem")),
			"invoice-order":        reader("invoice-order", "WriteInvoice", allow(invoices, "s3:PutObject")),
			"store-order-task":     {"StoreOrder": allow(table, "dynamodb:PutItem")},
			"write-invoice-task":   {"WriteInvoice": allow(invoices, "s3:PutObject")},
			"take-back-order-task": {"TakeBackOrder": allow(table, "dynamodb:PutItem")},
			"get-order":            {"ReadOrder": allow(table, "dynamodb:GetItem")},
			"get-invoice":          {"FindInvoice": find, "ShareInvoice": allow(invoices, "s3:GetObject")},
		}
		for _, fn := range functions[pattern] {
			want := may[fn]
			want["WriteLogs"] = allow("arn:loggroup/"+pattern+"-"+fn+"-logs:*", "logs:CreateLogStream", "logs:PutLogEvents")
			want["WriteTraces"] = allow("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords")
			got, service := grants(t, c, pattern+"-"+fn)
			require.Empty(t, cmp.Diff(want, got), fn)
			require.Equal(t, "lambda.amazonaws.com", service, fn)
		}
	})
}

func TestTheMachineMayRunItsTasksNotifyAndMoveFailuresAndNothingElse(t *testing.T) {
	c := orchestrator(t, nil)
	got, service := grants(t, c, "orchestrator-machine")
	run := allow("arn:function/orchestrator-store-order-task", "lambda:InvokeFunction")
	run["Resource"] = append(run["Resource"].([]any),
		"arn:function/orchestrator-write-invoice-task", "arn:function/orchestrator-take-back-order-task")
	require.Empty(t, cmp.Diff(map[string]any{
		"RunTasks": run,
		"Notify":   allow("arn:topic/orchestrator-placed", "sns:Publish"),

		"ReportFailures": allow("arn:queue/orchestrator-failures", "sqs:SendMessage"),
		"WriteTraces": allow("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules",
			"xray:GetSamplingTargets"),
		"DeliverLogs": allow("*", "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
			"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
	}, got))
	require.Equal(t, "states.amazonaws.com", service)
}

func TestTheAPIMayStartThisMachineAndNothingElse(t *testing.T) {
	c := orchestrator(t, nil)
	got, service := grants(t, c, "orchestrator-api-start-post-order")
	require.Empty(t, cmp.Diff(map[string]any{"StartExecution": allow(machine("orchestrator"), "states:StartExecution")}, got))
	require.Equal(t, "apigateway.amazonaws.com", service)
}

func TestNoRoleHasAWildcardButForTracesAndLogDeliveries(t *testing.T) {
	// The actions for which AWS has no resource-level permissions, by the name of the role.
	unlimited := func(policy, action string) bool {
		return strings.HasPrefix(action, "xray:") || strings.HasPrefix(action, "logs:") && policy == "orchestrator-machine-policy"
	}
	// The roles of functions, of the machine, and of the API that starts it.
	roles := map[string]int{"fanout": len(functions["fanout"]), "orchestrator": len(functions["orchestrator"]) + 2, "eventstream": len(functions["eventstream"]),
		"checker": len(functions["checker"])}
	test := func(t *testing.T, pattern string, c *cloud, more int) {
		policies := 0
		for _, r := range c.registered {
			if r.TypeToken != rolePolicyType {
				continue
			}
			policies++
			for _, s := range c.document(t, r.TypeToken, r.Name, "policy")["Statement"].([]any) {
				statement := s.(map[string]any)
				for _, action := range statement["Action"].([]any) {
					require.NotContains(t, action, "*", r.Name)
					for _, resource := range statement["Resource"].([]any) {
						require.Equal(t, unlimited(r.Name, action.(string)), resource == "*", "%s: %s on %s", r.Name, action, resource)
					}
				}
			}
		}
		require.Equal(t, roles[pattern]+more, policies)
	}
	each(t, common{}, func(t *testing.T, pattern string, c *cloud) { test(t, pattern, c, 0) })
	each(t, common{auth: signed}, func(t *testing.T, pattern string, c *cloud) { test(t, pattern, c, 0) })
	// The additional role is authorize-caller's.
	each(t, common{auth: tokens}, func(t *testing.T, pattern string, c *cloud) { test(t, pattern, c, 1) })
}

// overTLSOnly returns the statement that denies everybody an action over plain HTTP.
func overTLSOnly(action string, resources ...any) map[string]any {
	return map[string]any{
		"Sid": "TLSOnly", "Effect": "Deny", "Principal": "*", "Action": []any{action}, "Resource": resources,
		"Condition": map[string]any{"Bool": map[string]any{"aws:SecureTransport": "false"}},
	}
}

func TestEveryQueueTopicAndBucketRefusesPlainHTTP(t *testing.T) {
	each(t, common{}, func(t *testing.T, _ string, c *cloud) {
		refuses := func(typ, name, action string, resources ...any) {
			require.Contains(t, c.document(t, typ, name, "policy")["Statement"], overTLSOnly(action, resources...), name)
		}
		for _, r := range c.registered {
			switch r.TypeToken {
			case queueType:
				const policy = "aws:sqs/queuePolicy:QueuePolicy"
				refuses(policy, r.Name+"-queue-policy", "sqs:*", "arn:queue/"+r.Name)
				require.Equal(t, "https://queue/"+r.Name, c.inputs(t, policy, r.Name+"-queue-policy")["queueUrl"])
			case topicType:
				const policy = "aws:sns/topicPolicy:TopicPolicy"
				refuses(policy, r.Name, "sns:Publish", "arn:topic/"+r.Name)
				require.Equal(t, "arn:topic/"+r.Name, c.inputs(t, policy, r.Name)["arn"])
			case bucketType:
				refuses("aws:s3/bucketPolicy:BucketPolicy", r.Name, "s3:*", "arn:bucketv2/"+r.Name, "arn:bucketv2/"+r.Name+"/*")
			}
		}
	})
}

func TestOnlyTheTopicSendsToTheQueuesAndTheirDeadLetters(t *testing.T) {
	c := fanOut(t, nil)
	for _, name := range []string{"fanout-store-order", "fanout-write-invoice", "fanout-store-order-dead-letters", "fanout-write-invoice-dead-letters"} {
		const typ = "aws:sqs/queuePolicy:QueuePolicy"
		require.Equal(t, "https://queue/"+name, c.inputs(t, typ, name+"-queue-policy")["queueUrl"])
		require.Equal(t, map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Sid": "TopicSends", "Effect": "Allow", "Principal": map[string]any{"Service": "sns.amazonaws.com"},
			"Action": []any{"sqs:SendMessage"}, "Resource": []any{"arn:queue/" + name},
			"Condition": map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": "arn:topic/fanout-orders"}},
		}, overTLSOnly("sqs:*", "arn:queue/"+name)}}, c.document(t, typ, name+"-queue-policy", "policy"))
	}
}

func TestTheAPIInvokesEachFunctionForItsRouteOnly(t *testing.T) {
	want := map[string]map[string]string{
		"fanout": {
			"arn:restapi/fanout-api/prod/POST/order":  "name:function/fanout-publish-order",
			"arn:restapi/fanout-api/prod/GET/order":   "name:function/fanout-get-order",
			"arn:restapi/fanout-api/prod/GET/invoice": "name:function/fanout-get-invoice",
		},
		"eventstream": {
			"arn:restapi/eventstream-api/prod/POST/order":  "name:function/eventstream-append-order",
			"arn:restapi/eventstream-api/prod/GET/order":   "name:function/eventstream-get-order",
			"arn:restapi/eventstream-api/prod/GET/invoice": "name:function/eventstream-get-invoice",
		},
		// None for POST /order, which invokes no function; its role starts the machine.
		"orchestrator": {
			"arn:restapi/orchestrator-api/prod/GET/order":   "name:function/orchestrator-get-order",
			"arn:restapi/orchestrator-api/prod/GET/invoice": "name:function/orchestrator-get-invoice",
		},
	}
	eachCoffeePattern(t, common{}, func(t *testing.T, pattern string, c *cloud) {
		got := map[string]string{}
		for _, r := range c.registered {
			if r.TypeToken == "aws:lambda/permission:Permission" {
				inputs := r.Inputs.Mappable()
				has(t, inputs, map[string]any{"action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com"})
				got[inputs["sourceArn"].(string)] = inputs["function"].(string)
			}
		}
		require.Equal(t, want[pattern], got)
	})
}
