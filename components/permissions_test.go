package components_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/components"
)

// trusted is the service that may assume a role.
func trusted(t *testing.T, c *cloud, role string) any {
	t.Helper()
	doc := c.document(t, "aws:iam/role:Role", role, "assumeRolePolicy")
	require.Equal(t, "2012-10-17", doc["Version"])
	statements := doc["Statement"].([]any)
	require.Len(t, statements, 1)
	has(t, statements[0].(map[string]any), map[string]any{"Effect": "Allow", "Action": []any{"sts:AssumeRole"}, "Condition": nil})
	principal := statements[0].(map[string]any)["Principal"].(map[string]any)
	require.Len(t, principal, 1)
	return principal["Service"]
}

// allow is an Allow statement as a document has it, without its Sid.
func allow(resource string, actions ...any) map[string]any {
	return map[string]any{"Effect": "Allow", "Action": actions, "Resource": []any{resource}}
}

// The whole of what each function may do. A permission more is a risk, one less an error at night.
func TestEachFunctionMayDoWhatItDoesAndNothingElse(t *testing.T) {
	const table, invoices = "arn:table/fanout-orders", "arn:bucketv2/fanout-invoices/invoices/*"
	take := func(queue string) map[string]any {
		return allow("arn:queue/"+queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
	}
	find := allow("arn:bucketv2/fanout-invoices", "s3:ListBucket")
	find["Condition"] = map[string]any{"StringLike": map[string]any{"s3:prefix": "invoices/*"}}
	c := fanOut(t, nil)
	for name, want := range map[string]map[string]any{
		"publish-order": {"PublishOrder": allow("arn:topic/fanout-orders", "sns:Publish")},
		"store-order":   {"StoreOrder": allow(table, "dynamodb:PutItem"), "TakeMessages": take("fanout-store-order")},
		"write-invoice": {"WriteInvoice": allow(invoices, "s3:PutObject"), "TakeMessages": take("fanout-write-invoice")},
		"get-order":     {"ReadOrder": allow(table, "dynamodb:GetItem")},
		"get-invoice":   {"FindInvoice": find, "ShareInvoice": allow(invoices, "s3:GetObject")},
	} {
		t.Run(name, func(t *testing.T) {
			want["WriteLogs"] = allow("arn:loggroup/fanout-"+name+"-logs:*", "logs:CreateLogStream", "logs:PutLogEvents")
			want["WriteTraces"] = allow("*", "xray:PutTraceSegments", "xray:PutTelemetryRecords")
			doc := c.document(t, "aws:iam/rolePolicy:RolePolicy", "fanout-"+name+"-policy", "policy")
			got := map[string]any{}
			for _, s := range doc["Statement"].([]any) {
				statement := s.(map[string]any)
				got[statement["Sid"].(string)] = statement
				delete(statement, "Sid")
			}
			require.Empty(t, cmp.Diff(want, got))
			require.Equal(t, "2012-10-17", doc["Version"])
			require.Equal(t, "name:role/fanout-"+name+"-role", c.inputs(t, "aws:iam/rolePolicy:RolePolicy", "fanout-"+name+"-policy")["role"])
			require.Equal(t, "lambda.amazonaws.com", trusted(t, c, "fanout-"+name+"-role"))
		})
	}
}

func TestNoRoleHasAWildcardButForTraces(t *testing.T) {
	c := fanOut(t, func(a *components.FanOutArgs) { a.Api.AccessLogs = true })
	policies := 0
	for _, r := range c.registered {
		if r.TypeToken != "aws:iam/rolePolicy:RolePolicy" {
			continue
		}
		policies++
		for _, s := range c.document(t, r.TypeToken, r.Name, "policy")["Statement"].([]any) {
			statement := s.(map[string]any)
			for _, action := range statement["Action"].([]any) {
				require.NotContains(t, action, "*", r.Name)
				for _, resource := range statement["Resource"].([]any) {
					require.Equal(t, strings.HasPrefix(action.(string), "xray:"), resource == "*", "%s: %s on %s", r.Name, action, resource)
				}
			}
		}
	}
	require.Equal(t, len(functions["fanout"]), policies)
}

func TestOnlyTheTopicSendsToTheQueues(t *testing.T) {
	c := fanOut(t, nil)
	for _, name := range []string{"fanout-store-order", "fanout-write-invoice"} {
		const typ = "aws:sqs/queuePolicy:QueuePolicy"
		require.Equal(t, "https://queue/"+name, c.inputs(t, typ, name+"-queue-policy")["queueUrl"])
		require.Equal(t, map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Sid": "TopicSends", "Effect": "Allow", "Principal": map[string]any{"Service": "sns.amazonaws.com"},
			"Action": []any{"sqs:SendMessage"}, "Resource": []any{"arn:queue/" + name},
			"Condition": map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": "arn:topic/fanout-orders"}},
		}}}, c.document(t, typ, name+"-queue-policy", "policy"))
	}
}

func TestTheAPIInvokesEachFunctionForItsRouteOnly(t *testing.T) {
	c := fanOut(t, nil)
	got := map[string]string{}
	for _, r := range c.registered {
		if r.TypeToken == "aws:lambda/permission:Permission" {
			inputs := r.Inputs.Mappable()
			has(t, inputs, map[string]any{"action": "lambda:InvokeFunction", "principal": "apigateway.amazonaws.com"})
			got[inputs["sourceArn"].(string)] = inputs["function"].(string)
		}
	}
	require.Equal(t, map[string]string{
		"arn:restapi/fanout-api/prod/POST/order":  "name:function/fanout-publish-order",
		"arn:restapi/fanout-api/prod/GET/order":   "name:function/fanout-get-order",
		"arn:restapi/fanout-api/prod/GET/invoice": "name:function/fanout-get-invoice",
	}, got)
}
