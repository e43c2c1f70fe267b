package permission

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/order-patterns/order-patterns/cmd/review/change"
)

func TestPoliciesOfResources(t *testing.T) {
	trust := statement(`"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"`)
	open := func(arn string) string {
		return statement(`"Effect":"Allow","Principal":"*","Action":"a:X","Resource":"` + arn + `"`)
	}
	r := func(typ, kind, name, arn string, inputs map[string]any) change.Resource {
		return change.Resource{Type: typ, Kind: kind, Name: name, ARN: arn, Inputs: inputs}
	}
	resources := []change.Resource{
		r("aws:iam/role:Role", "role", "r", "arn:aws:iam::1:role/r", map[string]any{"name": "r", "assumeRolePolicy": trust,
			"inlinePolicies": []any{map[string]any{"policy": allow(`"b:Y"`, `"arn:aws:dynamodb:r:1:table/t/index/i"`)}}, "managedPolicyArns": []any{"arn:aws:iam::aws:policy/M"}}),
		r("aws:iam/rolePolicy:RolePolicy", "role policy", "p", "", map[string]any{"role": "r", "policy": allow(`"c:Z"`, `"arn:aws:logs:r:1:log-group:g:*"`)}),
		r("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "role policy attachment", "a", "", map[string]any{"role": "r", "policyArn": "arn:aws:iam::aws:policy/N"}),
		r("aws:lambda/function:Function", "function", "f", "arn:aws:lambda:r:1:function:f", map[string]any{"name": "f"}),
		r("aws:lambda/permission:Permission", "permission", "i", "", map[string]any{"function": "f", "action": "lambda:InvokeFunction",
			"principal": "apigateway.amazonaws.com", "sourceArn": "arn:aws:execute-api:r:1:api/prod/GET/order/*"}),
		r("aws:sqs/queue:Queue", "queue", "q", "arn:aws:sqs:r:1:q:", map[string]any{"name": "q"}),
		r("aws:sqs/queuePolicy:QueuePolicy", "queue policy", "qp", "", map[string]any{"queueUrl": "http://127.0.0.1:1/1/q", "policy": open("arn:aws:sqs:r:1:q")}),
		r("aws:sns/topicPolicy:TopicPolicy", "topic policy", "tp", "", map[string]any{"arn": "arn:aws:sns:r:1:t", "policy": open("arn:aws:sns:r:1:t")}),
		r("aws:s3/bucketPolicy:BucketPolicy", "bucket policy", "bp", "", map[string]any{"bucket": "b", "policy": open("arn:aws:s3:::b/*")}),
		r("aws:kms/key:Key", "key", "k", "", map[string]any{"policy": open("*")}),
		r("aws:dynamodb/table:Table", "table", "t", "arn:aws:dynamodb:r:1:table/t", nil),
		r("aws:cloudwatch/logGroup:LogGroup", "log group", "g", "arn:aws:logs:r:1:log-group:g", nil),
		r("aws:s3/bucketV2:BucketV2", "bucket", "b", "arn:aws:s3:::b", nil),
		r("aws:cloudwatch/dashboard:Dashboard", "dashboard", "d", "", map[string]any{"dashboardBody": "{}"}),
	}
	entries, errs := Of(resources)
	require.Empty(t, errs)
	names := NamesOf(resources, resources)
	requireDifferences(t, []string{
		"Everybody may now use `a:X` on bucket `b` (`/*`).",
		"The service `apigateway.amazonaws.com` may now use `lambda:InvokeFunction` on function `f` if `aws:SourceArn` (`ArnLike`) is API `api` (`/prod/GET/order/*`).",
		"Everybody may now use `a:X` on every resource (`*`).",
		"Everybody may now use `a:X` on `arn:aws:sqs:r:1:q`.",
		"The service `lambda.amazonaws.com` may now assume the role `r`.",
		"The role `r` may now use `b:Y` on table `t` (`/index/i`).",
		"The role `r` has now the managed policy `arn:aws:iam::aws:policy/M`.",
		"The role `r` may now use `c:Z` on log group `g`.",
		"The role `r` has now the managed policy `arn:aws:iam::aws:policy/N`.",
		"Everybody may now use `a:X` on `arn:aws:sns:r:1:t`.",
	}, nil, Compare(nil, entries, names))
	require.Empty(t, Compare(entries, entries, names))
}

func TestPolicyThatCannotBeReadIsAnError(t *testing.T) {
	_, errs := Of([]change.Resource{{Type: "aws:iam/rolePolicy:RolePolicy", Inputs: map[string]any{"role": "r",
		"policy": statement(`"Effect":"Allow","NotPrincipal":"*","Action":"a:X","Resource":"*"`)}}})
	require.Len(t, errs, 1)
	require.ErrorContains(t, errs[0], `policy of the role r: json: unknown field "NotPrincipal"`)
}
